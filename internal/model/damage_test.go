package model

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// valid is a sample that also passes Verify: its references resolve.
func valid() []any {
	recs := slices.Insert(sample(), 3, any(&Type{ID: 2, Kind: KindMap, Size: 8, Elem: 1, Key: 1}), any(&Type{ID: 3, Kind: KindChan, Size: 8, Elem: 1}))
	for _, rec := range recs {
		switch r := rec.(type) {
		case *Cause:
			r.Frame = 1
		case *MapObj:
			r.Type = 2
		case *ChanObj:
			r.Type = 3
		case *Type:
			if r.ID > 1 {
				continue
			}
			r.Elem, r.Key, r.In, r.Out, r.Fields = 1, 1, []TypeID{1}, []TypeID{1}, []Field{{"a", 1, 0, false}}
		case *SourceText:
			r.Hash, r.Text = bytes.Clone(emptyHash), nil
		case *SourceFile:
			r.Hash = bytes.Clone(emptyHash)
		}
	}
	return recs
}

// emptyHash is the SHA-256 of no bytes.
var emptyHash = []byte("\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55")

func TestVerify(t *testing.T) {
	r := open(t, write(t, WriterOptions{}, valid()...))
	if errs := r.Verify(context.Background()); len(errs) > 0 {
		t.Error(errs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if errs := r.Verify(ctx); len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("canceled: %v", errs)
	}
}

// TestCut cuts a dump at every byte: it opens up to the last whole section,
// says that it is cut, and gives the records of these sections.
func TestCut(t *testing.T) {
	file := write(t, WriterOptions{}, valid()...)
	whole := open(t, file)
	want, _ := read(whole)
	for n := range file {
		r, err := NewReader(bytes.NewReader(file[:n]), int64(n), Limits{})
		if n < wire.HeaderSize {
			if class := wire.ErrTruncated; n > 0 && !errors.Is(err, class) || n == 0 && !errors.Is(err, wire.ErrNotDump) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		sections := 0
		for _, s := range whole.Sections() {
			if s.Offset+wire.SectionHeaderSize+int64(s.Stored) <= int64(n) {
				sections++
			}
		}
		got, errs := read(r)
		if len(r.Sections()) != sections || len(errs) == 0 {
			t.Fatalf("cut at %d: %d sections of %d, errors %v", n, len(r.Sections()), sections, errs)
		}
		for _, err := range errs {
			if !errors.Is(err, wire.ErrTruncated) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
		if len(got) > len(want) || len(got) > 0 && !reflect.DeepEqual(got, want[:len(got)]) {
			t.Fatalf("cut at %d: the records are others", n)
		}
	}
}

// TestCutByReader is about a file that became shorter after it was opened.
func TestCutByReader(t *testing.T) {
	file := write(t, WriterOptions{}, valid()...)
	r, err := NewReader(bytes.NewReader(file[:len(file)/2]), int64(len(file)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := read(r); len(errs) == 0 || !errors.Is(errs[0], wire.ErrTruncated) {
		t.Errorf("%v, want truncated", errs)
	}
}

// TestFlip flips every bit of a dump: each flip is noticed, and no record that
// is read differs from what was written.
func TestFlip(t *testing.T) {
	file := write(t, WriterOptions{}, valid()...)
	want, _ := read(open(t, file))
	for bit := range len(file) * 8 {
		file[bit/8] ^= 1 << (bit % 8)
		checkDamaged(t, bit, file, want)
		file[bit/8] ^= 1 << (bit % 8)
	}
}

func checkDamaged(t *testing.T, bit int, file []byte, want []any) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		if bit/8 >= wire.HeaderSize {
			t.Fatalf("bit %d: nothing can be read: %v", bit, err)
		}
		return
	}
	got, errs := read(r)
	if len(errs) == 0 {
		t.Fatalf("bit %d: not noticed", bit)
	}
	for _, rec := range got {
		for len(want) > 0 && !reflect.DeepEqual(rec, want[0]) {
			want = want[1:]
		}
		if len(want) == 0 {
			t.Fatalf("bit %d: %+v was not written", bit, rec)
		}
	}
}

// TestMutations changes dumps at random, with checksums put right in half of
// the cases, so that the decoder sees what the checksum would have held back.
func TestMutations(t *testing.T) {
	file := write(t, WriterOptions{Store: true}, valid()...)
	rnd := rand.New(rand.NewPCG(1, 2))
	classes := map[error]int{}
	for n := range 10000 {
		b := bytes.Clone(file)
		for range 1 + rnd.IntN(4) {
			b[rnd.IntN(len(b))] = byte(rnd.Uint32())
		}
		if n%2 == 0 {
			resum(b)
		}
		r, err := NewReader(bytes.NewReader(b), int64(len(b)), Limits{})
		errs := []error{err}
		if err == nil {
			errs = r.Verify(context.Background())
		}
		for _, err := range errs {
			classes[classOf(t, err)]++
		}
	}
	for _, class := range []error{wire.ErrNotDump, wire.ErrChecksum, wire.ErrMalformed, wire.ErrTruncated} {
		if classes[class] == 0 {
			t.Errorf("no mutation was %v: %v", class, classes)
		}
	}
}

// resum puts the checksums of a dump's sections right where they are still found.
func resum(b []byte) {
	r, err := wire.Open(bytes.NewReader(b), int64(len(b)), wire.Limits{})
	if err != nil {
		return
	}
	le, castagnoli := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	for _, e := range r.Entries() {
		if e.Offset+wire.SectionHeaderSize+int64(e.Stored) > int64(len(b)) {
			continue
		}
		head, payload := b[e.Offset:][:wire.SectionHeaderSize], b[e.Offset+wire.SectionHeaderSize:][:e.Stored]
		le.PutUint32(head[24:], crc32.Checksum(payload, castagnoli))
		le.PutUint32(head[28:], crc32.Checksum(append(le.AppendUint32(nil, r.Salt()), head[:28]...), castagnoli))
	}
}

// classOf gives the class of an error, which has to have one.
func classOf(t testing.TB, err error) error {
	t.Helper()
	var format *wire.FormatError
	if !errors.As(err, &format) {
		t.Fatalf("%T: %v", err, err)
	}
	for _, class := range classes {
		if class != nil && errors.Is(err, class) {
			return class
		}
	}
	t.Fatalf("no class: %v", err)
	return nil
}
