package types

import (
	"fmt"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Scan lists where a value refers to other memory, flattened: following a
// value is a loop over it, whatever structs and arrays it is made of.
type Scan struct {
	Words   []Word
	Repeats []Repeat
}

// Word is one place of a value that refers to other memory: a pointer, string,
// slice, map, channel, func or interface.
type Word struct {
	Offset int64
	Kind   model.Kind
	Type   *Type
	ByRef  bool // the place of a variable that a closure captured by reference
	Parent bool // the context.Context from which this one was made
}

// Repeat is an array within a value.
type Repeat struct {
	Offset, Stride, Count int64
	Body                  *Scan
}

// maxWords bounds a flattened list; beyond it structs stay repeats of one.
const maxWords = 1 << 12

var noScan = new(Scan)

// Empty reports whether values refer to nothing.
func (s *Scan) Empty() bool { return len(s.Words) == 0 && len(s.Repeats) == 0 }

// Scan gives the list for values of t.
func (t *Type) Scan() *Scan {
	if t.scan != nil {
		return t.scan
	}
	if err := t.ts.enter(); err != nil {
		return noScan
	}
	defer t.ts.leave()
	t.scan = noScan // what contains itself ends here
	t.complete()
	s := new(Scan)
	switch t.rec.Kind {
	case model.KindPointer, model.KindString, model.KindSlice, model.KindMap, model.KindChan, model.KindFunc, model.KindInterface:
		s.Words = []Word{{Kind: t.rec.Kind, Type: t}}
	case model.KindArray:
		if t.elem != nil && t.rec.Len > 0 {
			s.array(0, t.rec.Len, t.elem)
		}
	case model.KindStruct:
		if t.rec.Flags&model.TypeIncomplete == 0 {
			for i := range t.fields {
				f := &t.fields[i]
				from := len(s.Words)
				s.include(f.Offset, f.Type)
				if t.isParent(f) && len(s.Words) == from+1 {
					s.Words[from].Parent = true
				}
			}
		}
	}
	if s.Empty() {
		s = noScan
	}
	t.scan = s
	return s
}

// isParent reports whether a field makes a context out of another one: the
// program's own do that by embedding it, as package context's do.
func (t *Type) isParent(f *Field) bool {
	if f.Type.Name() != "context.Context" {
		return false
	}
	return f.Embedded || t.rec.Name == "context.withoutCancelCtx"
}

// include adds the list of a part of the value.
func (s *Scan) include(off int64, t *Type) {
	if t.Size() == 0 {
		return
	}
	part := t.Scan()
	if part.Empty() {
		return
	}
	if len(s.Words)+len(part.Words)+len(s.Repeats)+len(part.Repeats) > maxWords {
		s.Repeats = append(s.Repeats, Repeat{off, t.Size(), 1, part})
		return
	}
	for _, w := range part.Words {
		w.Offset += off
		s.Words = append(s.Words, w)
	}
	for _, r := range part.Repeats {
		s.Repeats = append(s.Repeats, Repeat{off + r.Offset, r.Stride, r.Count, r.Body})
	}
}

func (s *Scan) array(off, n int64, elem *Type) {
	if n == 1 {
		s.include(off, elem)
		return
	}
	if body := elem.Scan(); !body.Empty() && elem.Size() > 0 {
		s.Repeats = append(s.Repeats, Repeat{off, elem.Size(), n, body})
	}
}

// String lists the places, for tests and messages.
func (s *Scan) String() string {
	out := ""
	for _, w := range s.Words {
		out += fmt.Sprintf("%d:%s ", w.Offset, w.Type.Name())
	}
	for _, r := range s.Repeats {
		out += fmt.Sprintf("%d:%dx%d(%s) ", r.Offset, r.Count, r.Stride, r.Body)
	}
	return out
}
