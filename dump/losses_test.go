package dump

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// TestHeldInPart: of a value that is known in part the rest says why it is not
// there, and nothing is made up.
func TestHeldInPart(t *testing.T) {
	b := newBuilder()
	num, text := b.basic("int", model.KindInt), b.basic("string", model.KindString)
	whole := b.typ(model.Type{Kind: model.KindStruct, Size: 24, Name: "main.T", Fields: []model.Field{{Name: "A", Type: num}, {Name: "S", Type: text, Offset: 8}}})
	list := b.typ(model.Type{Kind: model.KindArray, Size: 24, Len: 3, Elem: num, Name: "[3]int"})
	d := b.open(t)
	data := make([]byte, 24)
	data[0], data[16] = 7, 5
	lost := []model.Span{{Off: 8, Len: 8}}

	v := d.heldInPart(Type{d, whole}, data, lost, mock.OptimizedOut)
	if s, absent := v.Stub(); absent {
		t.Errorf("the struct is absent: %v", s)
	}
	if n, ok := v.Field(0).Int(); !ok || n != 7 {
		t.Errorf("A = %d, %v", n, ok)
	}
	if s, absent := v.Field(1).Stub(); !absent || s.Reason != mock.OptimizedOut || s.Len != 5 {
		t.Errorf("S without its pointer: %v, %v; want a stub that knows its length", s, absent)
	}
	if _, ok := v.Field(1).Len(); ok {
		t.Error("a string without a pointer has a length")
	}
	if _, ok := v.Bytes(); ok {
		t.Error("the bytes of the whole are given")
	}
	v = d.heldInPart(Type{d, list}, data, lost, mock.OptimizedOut)
	if n, s := v.Kept(); n != 1 || s.Reason != mock.OptimizedOut {
		t.Errorf("%d elements are kept before the lost one (%v), want 1", n, s)
	}
	if n, ok := v.Index(2).Int(); !ok || n != 5 {
		t.Errorf("[2] = %d, %v", n, ok)
	}
	if s, absent := v.Index(1).Stub(); !absent || s.Reason != mock.OptimizedOut {
		t.Errorf("[1]: %v, %v", s, absent)
	}
}
