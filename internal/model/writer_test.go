package model

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gopostmortem/postmortem/internal/wire"
)

func newWriter(t *testing.T, out io.Writer) *Writer {
	t.Helper()
	w, err := NewWriter(out, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// add adds records, each of which has to be taken.
func add(t *testing.T, w *Writer, recs ...any) {
	t.Helper()
	for _, rec := range recs {
		if err := w.Add(rec); err != nil {
			t.Fatalf("Add(%T): %v", rec, err)
		}
	}
}

func TestOrder(t *testing.T) {
	w := newWriter(t, io.Discard)
	steps := []struct {
		rec any
		ok  bool
	}{
		{&Cause{}, false}, {&Memory{[]Extent{{1, []byte{1}}}}, false}, {&Type{ID: 1}, false}, {&Meta{}, true}, {&Meta{}, false}, {&Type{ID: 1}, false},
		{&Cause{}, true}, {&Cause{}, false}, {&Type{ID: 1}, true}, {&Type{}, false}, {Type{ID: 2}, false}, {&Stats{}, true}, {&Stats{}, false},
		{&Loss{}, false}, {&Memory{[]Extent{{1, []byte{1}}}}, false},
	}
	for i, step := range steps {
		err := w.Add(step.rec)
		if (err == nil) != step.ok || err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("step %d, %T: %v, want taken: %v", i, step.rec, err, step.ok)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(&Loss{}); err == nil {
		t.Error("a record was taken after Close")
	}
}

// TestBackwards fills sections until they are cut: whatever is cut, the
// definitions added so far go out before it.
func TestBackwards(t *testing.T) {
	var buf bytes.Buffer
	w := newWriter(t, &buf)
	add(t, w, &Meta{}, &Cause{})
	for id := TypeID(1); id <= 3; id++ {
		add(t, w, &Type{ID: id})
		for n := range GoID(300) {
			add(t, w, &Global{Name: string(bytes.Repeat([]byte{'a'}, 1000)), Type: id}, &Goroutine{ID: n + 1000*GoID(id), Stack: 0})
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	known, sections := TypeID(0), 0
	r := open(t, buf.Bytes())
	for i, s := range r.Sections() {
		if s.Kind == wire.KindGlobals {
			sections++
		}
		err := r.Records(i, func(rec any) error {
			switch rec := rec.(type) {
			case *Type:
				known = rec.ID
			case *Global:
				if rec.Type > known {
					t.Fatalf("section %d refers to type %d before its definition", i, rec.Type)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind == wire.KindGoroutines && (s.Lo != 1000 || s.Hi != 3299) {
			t.Errorf("goroutines %d to %d in the index", s.Lo, s.Hi)
		}
	}
	if sections < 3 {
		t.Errorf("%d sections of globals, want them cut", sections)
	}
}

func TestFlush(t *testing.T) {
	var buf bytes.Buffer
	w := newWriter(t, &buf)
	add(t, w, &Meta{}, &Cause{}, &Loss{Area: "a"}, &Func{ID: 1}, &Memory{[]Extent{{16, []byte("x")}}})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if w.Size() != int64(buf.Len()) {
		t.Errorf("Size %d, written %d", w.Size(), buf.Len())
	}
	recs, errs := read(open(t, buf.Bytes()))
	if len(recs) != 5 || len(errs) != 1 || !errors.Is(errs[0], wire.ErrTruncated) {
		t.Errorf("%d records, %v", len(recs), errs)
	}
}

// TestMemory adds extents in any order, some longer than a section, some that overlap.
func TestMemory(t *testing.T) {
	var buf bytes.Buffer
	w := newWriter(t, &buf)
	long := make([]byte, 3*SectionTarget+5)
	for i := range long {
		long[i] = byte(i * 7 >> 3)
	}
	add(t, w, &Meta{}, &Cause{},
		&Memory{[]Extent{{0x9000, []byte("late")}}},
		&Memory{[]Extent{{0x1000, []byte("abcd")}, {0x1004, []byte("ef")}}},
		&Memory{[]Extent{{0x1002, []byte("cdefgh")}}},
		&Memory{[]Extent{{0x1001, []byte("b")}}},
		&Memory{[]Extent{{0x100000, long}}})
	for _, bad := range [][]Extent{nil, {{1, nil}}, {{8, []byte("ab")}, {9, []byte("c")}}, {{1<<64 - 1, []byte("ab")}}} {
		if err := w.Add(&Memory{bad}); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := open(t, buf.Bytes())
	got := map[uint64]byte{}
	for i, s := range r.Sections() {
		if s.Kind != wire.KindMemory {
			continue
		}
		readMemory(t, r, i, got)
	}
	want := map[uint64]byte{}
	for i, c := range []byte("abcdefgh") {
		want[0x1000+uint64(i)] = c
	}
	for i, c := range []byte("late") {
		want[0x9000+uint64(i)] = c
	}
	for i, c := range long {
		want[0x100000+uint64(i)] = c
	}
	if !maps.Equal(want, got) {
		t.Error("bytes differ")
	}
}

// readMemory puts the bytes of a section into all, by directory and data, and
// checks that its records say the same and the index holds.
func readMemory(t *testing.T, r *Reader, i int, all map[uint64]byte) {
	t.Helper()
	dir, err := r.MemoryDirectory(i)
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.MemoryData(i)
	if err != nil {
		t.Fatal(err)
	}
	var extents []Extent
	for _, x := range dir {
		p := data[x.Off : x.Off+int64(x.Len)]
		extents = append(extents, Extent{x.Addr, p})
		for n, c := range p {
			if _, ok := all[x.Addr+uint64(n)]; ok {
				t.Fatalf("address %#x is there twice", x.Addr+uint64(n))
			}
			all[x.Addr+uint64(n)] = c
		}
	}
	last := dir[len(dir)-1]
	if s := r.Sections()[i]; s.Lo != dir[0].Addr || s.Hi != last.Addr+last.Len-1 {
		t.Errorf("range %#x to %#x in the index, %v", s.Lo, s.Hi, dir)
	}
	err = r.Records(i, func(rec any) error {
		if diff := cmp.Diff(&Memory{extents}, rec); diff != "" {
			t.Error(diff)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	err = r.Heads(i, func(rec any) error {
		if m := rec.(*Memory); len(m.Extents) != len(dir) || m.Extents[0].Bytes != nil {
			t.Errorf("head: %v", m)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	var buf bytes.Buffer
	w := newWriter(t, &buf)
	big := make([]byte, wire.MaxSection-100)
	add(t, w, &Meta{}, &Cause{}, &Stack{ID: 1, Spans: []Span{{0, int64(len(big))}}})
	add(t, w, &Goroutine{ID: 1})
	for _, rec := range []any{
		&SourceText{Hash: emptyHash, Text: make([]byte, wire.MaxSection)},
		&Goroutine{ID: 2, Stack: 1, Image: make([]byte, wire.MaxSection+1)},
		&Type{ID: 1, Fields: make([]Field, MaxElements+1)},
		&Type{ID: MaxID + 1},
	} {
		if err := w.Add(rec); !errors.Is(err, wire.ErrLimit) {
			t.Errorf("%T: %v", rec, err)
		}
	}
	// The second of these does not fit into the section of the first.
	add(t, w, &SourceText{Hash: emptyHash, Text: make([]byte, 1000)}, &SourceText{Hash: emptyHash, Text: big}, &Goroutine{ID: 3, Stack: 1, Image: big})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	recs, errs := read(open(t, buf.Bytes()))
	if len(errs) > 0 || len(recs) != 7 {
		t.Errorf("%d records, %v", len(recs), errs)
	}
}

// failing fails at the nth write.
type failing struct{ n int }

var errDisk = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return len(p) / 2, errDisk
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	for n := range 16 {
		w, err := NewWriter(&failing{n}, WriterOptions{})
		for _, rec := range valid() {
			if err == nil {
				err = w.Add(rec)
			}
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("failure at write %d: %v", n, err)
		}
	}
}
