package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"
)

func build(t testing.TB, opts WriterOptions, payloads ...string) []byte {
	t.Helper()
	return buildKind(t, KindPrivate, opts, payloads...)
}

func buildKind(t testing.TB, kind Kind, opts WriterOptions, payloads ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range payloads {
		if err := w.Section(kind, i, uint64(i), uint64(i)*2, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func openBytes(b []byte, limits Limits) (*Reader, error) {
	return Open(bytes.NewReader(b), int64(len(b)), limits)
}

// repetitive compresses, and is no repetition of one byte.
func repetitive(n int) string { return string(bytes.Repeat([]byte("ab "), n)) }

func TestSections(t *testing.T) {
	payloads := []string{"", "a", repetitive(10000), "\x00\xff"}
	file := build(t, WriterOptions{Salt: 9}, payloads...)
	r, err := openBytes(file, Limits{})
	if err != nil || !r.Indexed() || len(r.Damage()) > 0 || len(r.Entries()) != len(payloads) {
		t.Fatal(err, r)
	}
	for i, want := range payloads {
		got, err := r.Payload(i)
		if err != nil || string(got) != want {
			t.Errorf("payload %d: %d bytes, %v", i, len(got), err)
		}
		if e := r.Entries()[i]; int(e.Count) != i || e.Lo != uint64(i) || e.Hi != uint64(i)*2 || e.Kind != KindPrivate {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	if len(file) > 1000 {
		t.Errorf("%d bytes: not compressed", len(file))
	}
	if r.Salt() != 9 {
		t.Errorf("salt %d", r.Salt())
	}
}

// TestMiddleBroken breaks a section between others: with the index and without
// it the others can be read, and the broken one is reported.
func TestMiddleBroken(t *testing.T) {
	file := build(t, WriterOptions{Store: true}, "first", "second", "third")
	r, _ := openBytes(file, Limits{})
	second := r.Entries()[1].Offset
	for _, indexed := range []bool{true, false} {
		for _, at := range []int64{0, 5, 20, SectionHeaderSize} { // mark, kind, length, payload
			b := bytes.Clone(file)
			b[second+at] ^= 0x40
			if !indexed {
				b[len(b)-1] ^= 1
			}
			r, err := openBytes(b, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			errs := r.Damage()
			for i := range r.Entries() {
				p, err := r.Payload(i)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				got = append(got, string(p))
			}
			if len(got) != 2 || got[0] != "first" || got[1] != "third" || len(errs) == 0 {
				t.Errorf("indexed %v, byte %d: %q, %v", indexed, at, got, errs)
			}
			for _, err := range errs {
				var format *FormatError
				if !errors.Is(err, ErrChecksum) || !errors.As(err, &format) || format.Offset < second {
					t.Errorf("indexed %v, byte %d: %v", indexed, at, err)
				}
			}
		}
	}
}

// TestForeignSection breaks a header before a payload that holds another dump:
// its sections are not taken for those of this one.
func TestForeignSection(t *testing.T) {
	inner := build(t, WriterOptions{Salt: 1, Store: true}, "a", "b", "c", "d")
	file := build(t, WriterOptions{Salt: 2, Store: true}, string(inner), "last")
	file[HeaderSize] ^= 1
	r, err := openBytes(file[:len(file)-1], Limits{})
	if err != nil || len(r.Entries()) != 1 {
		t.Fatal(err, r.Entries())
	}
	if p, err := r.Payload(0); err != nil || string(p) != "last" {
		t.Errorf("%q, %v", p, err)
	}
}

func TestLimits(t *testing.T) {
	file := buildKind(t, KindLosses, WriterOptions{}, repetitive(1000), repetitive(1000), repetitive(1000))
	for _, limits := range []Limits{{MaxSection: 2999}, {MaxTotal: 8999}, {MaxRecordBytes: 8999}, {MaxSections: 2}, {MaxRecords: 2}} {
		r, err := openBytes(file, limits)
		if err != nil {
			t.Fatal(err)
		}
		errs := r.Damage()
		for i := range r.Entries() {
			if _, err := r.Payload(i); err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) == 0 || !errors.Is(errs[0], ErrLimit) {
			t.Errorf("%+v: %v", limits, errs)
		}
	}
	if r, err := openBytes(file, Limits{MaxSection: 3000, MaxTotal: 9000, MaxRecordBytes: 9000, MaxSections: 3, MaxRecords: 3}); err != nil || len(r.Damage()) > 0 {
		t.Errorf("within the limits: %v %v", err, r.Damage())
	}
	w, err := NewWriter(io.Discard, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Section(KindMeta, 1, 0, 0, make([]byte, MaxSection+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a section beyond the limit: %v", err)
	}
}

// TestMemory opens files that claim much and hold little.
func TestMemory(t *testing.T) {
	var claims []byte
	claims = fileHeader{major: Major}.append(claims)
	for seq := range uint32(30000) {
		claims = sectionHeader{kind: KindDefs, seq: seq, count: 500, raw: 8000}.append(claims, 0)
	}
	broken := append(fileHeader{major: Major}.append(nil), bytes.Repeat([]byte(sectionMark), 1<<18)...)
	for name, file := range map[string][]byte{"claims": claims, "marks": broken} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := openBytes(file, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Entries() {
			if _, err := r.Payload(i); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s: payload %d: %v", name, i, err)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, n, len(file))
		}
		if len(r.Damage()) == 0 || len(r.Damage()) > maxDamage {
			t.Errorf("%s: %d damages", name, len(r.Damage()))
		}
	}
}

func TestUvarint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 1 << 32, math.MaxUint64} {
		got, rest, err := Uvarint(append(AppendUvarint(nil, v), 7))
		if got != v || len(rest) != 1 || err != nil {
			t.Errorf("%d: %d, %v, %v", v, got, rest, err)
		}
	}
	for _, bad := range [][]byte{nil, {0x80}, {0x80, 0}, {0xff, 0x80, 0}, bytes.Repeat([]byte{0xff}, 11)} {
		if v, _, err := Uvarint(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%x: %d, %v", bad, v, err)
		}
	}
	for _, v := range []int64{0, -1, 1, math.MinInt64, math.MaxInt64} {
		if got := Unzigzag(Zigzag(v)); got != v {
			t.Errorf("zigzag of %d is %d", v, got)
		}
	}
}

func TestFormatError(t *testing.T) {
	err := &FormatError{"META", 24, Malformed("no %s", "id")}
	if got, want := err.Error(), "section META at offset 24: malformed dump: no id"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (&FormatError{"", -1, ErrLimit}).Error(), "dump: limit exceeded"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
