package dump

import (
	"bytes"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// builder makes synthetic dumps, record by record.
type builder struct {
	meta  model.Meta
	cause model.Cause

	defs, objects, globals, sources, texts, losses []any
	goroutines                                     []*model.Goroutine
	memory                                         [][]model.Extent // a section each
	stats                                          *model.Stats

	ids  map[string]uint32
	long bool // let sections grow
}

func newBuilder() *builder {
	return &builder{
		meta:  model.Meta{Producer: "test", Program: "svc", Monotonic: 1_000_000, PID: 7, Depth: 3},
		cause: model.Cause{Kind: model.CausePanic, Text: "boom", Goroutine: 7, Frame: 0, AskFrame: -1},
		stats: &model.Stats{Figures: []model.Stat{{Name: "goroutines", Value: 1}}},
		ids:   make(map[string]uint32),
	}
}

func (b *builder) id(what string) uint32 {
	b.ids[what]++
	return b.ids[what]
}

// typ adds a type; its size follows from the kind where that fixes it.
func (b *builder) typ(t model.Type) model.TypeID {
	t.ID = model.TypeID(b.id("type"))
	if t.Size == 0 {
		t.Size = model.SizeOf(t.Kind, wordSize)
	}
	b.defs = append(b.defs, &t)
	return t.ID
}

func (b *builder) basic(name string, kind model.Kind) model.TypeID {
	return b.typ(model.Type{Kind: kind, Name: name, Flags: model.TypeNamed})
}

func (b *builder) pointer(to model.TypeID) model.TypeID {
	name := "*T"
	for _, rec := range b.defs {
		if t, ok := rec.(*model.Type); ok && t.ID == to {
			name = "*" + t.Name
		}
	}
	return b.typ(model.Type{Kind: model.KindPointer, Name: name, Elem: to, Flags: model.TypeDirect})
}

func (b *builder) function(name string, flags uint64) model.FuncID {
	f := &model.Func{ID: model.FuncID(b.id("func")), Name: name, Package: "main", File: "/src/main.go", StartLine: 3, Flags: flags}
	b.defs = append(b.defs, f)
	return f.ID
}

func (b *builder) loc(frames ...model.LocFrame) model.LocID {
	l := &model.Loc{ID: model.LocID(b.id("loc")), PC: 0x400000 + uint64(b.ids["loc"]), Frames: frames}
	b.defs = append(b.defs, l)
	return l.ID
}

func (b *builder) stack(s model.Stack) model.StackID {
	s.ID = model.StackID(b.id("stack"))
	b.defs = append(b.defs, &s)
	return s.ID
}

// put adds memory, in a section of its own.
func (b *builder) put(addr uint64, bytes []byte) {
	b.memory = append(b.memory, []model.Extent{{Addr: addr, Bytes: bytes}})
}

// words gives machine words as bytes.
func words(w ...uint64) []byte {
	var out []byte
	for _, x := range w {
		out = le.AppendUint64(out, x)
	}
	return out
}

// bytes writes the dump as a file.
func (b *builder) bytes(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := model.NewWriter(&out, model.WriterOptions{Salt: 1})
	if err != nil {
		t.Fatal(err)
	}
	add := func(recs ...any) {
		for _, rec := range recs {
			if err := w.Add(rec); err != nil {
				t.Fatalf("%T: %v", rec, err)
			}
		}
	}
	add(&b.meta, &b.cause)
	add(b.defs...)
	for _, g := range b.goroutines {
		add(g)
		b.cut(t, w)
	}
	for _, m := range b.memory {
		add(&model.Memory{Extents: m})
		b.cut(t, w)
	}
	for _, recs := range [][]any{b.objects, b.globals, b.sources, b.texts, b.losses} {
		add(recs...)
	}
	if b.stats != nil {
		add(b.stats)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// cut ends the section, so that a small dump has many of them.
func (b *builder) cut(t testing.TB, w *model.Writer) {
	t.Helper()
	if b.long {
		return
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// open gives the dump, which must be whole.
func (b *builder) open(t testing.TB, opts ...OpenOption) *Dump {
	t.Helper()
	d, err := b.openDamaged(t, opts...)
	if err != nil {
		t.Fatalf("opening a sound dump: %v", err)
	}
	return d
}

func (b *builder) openDamaged(t testing.TB, opts ...OpenOption) (*Dump, error) {
	t.Helper()
	file := b.bytes(t)
	d, err := NewReader(bytes.NewReader(file), int64(len(file)), opts...)
	if d == nil {
		t.Fatal(err)
	}
	return d, err
}
