package types

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// completeRType reads what the descriptor of t refers to and contains.
func (t *Type) completeRType() error {
	ts := t.ts
	d, err := ts.descriptor(t.rec.RType)
	if err != nil {
		return err
	}
	if d.kind != t.rec.Kind {
		return fmt.Errorf("types: descriptor at %#x changed", d.addr)
	}
	switch d.kind {
	case model.KindArray, model.KindChan, model.KindPointer, model.KindSlice:
		t.elem, err = ts.FromRType(d.word(rtBytes))
	case model.KindMap:
		if t.key, err = ts.FromRType(d.word(rtBytes)); err == nil {
			t.elem, err = ts.FromRType(d.word(rtBytes + 8))
		}
	case model.KindStruct:
		fields, _, err := ts.structFields(d)
		if err != nil {
			return err
		}
		for _, f := range fields {
			if err := t.addField(f); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return err
	}
	if d.kind == model.KindArray {
		t.rec.Len = int64(d.word(rtBytes + 16))
		if t.rec.Len < 0 || !product(t.rec.Len, t.elem.Size(), t.rec.Size) {
			return fmt.Errorf("types: %s: %d bytes", t.rec.Name, t.rec.Size)
		}
	}
	t.describe(d)
	return nil
}

// fromDescriptor adds to a type of DWARF what only its descriptor tells.
func (t *Type) fromDescriptor() {
	switch t.rec.Kind {
	case model.KindChan, model.KindFunc, model.KindInterface:
		if d, err := t.ts.descriptor(t.rec.RType); err == nil && d.kind == t.rec.Kind {
			t.describe(d)
		}
	}
}

// describe reads what neither layout nor name depends on. A descriptor that
// does not have it whole leaves it out.
func (t *Type) describe(d *descriptor) {
	switch d.kind {
	case model.KindChan:
		if dir := d.word(rtBytes + 8); dir >= 1 && dir <= 3 {
			t.rec.Dir = dir
		}
	case model.KindFunc:
		in, out, variadic, err := t.ts.signature(d)
		if err != nil {
			return
		}
		t.in, t.out = in, out
		if variadic {
			t.rec.Flags |= model.TypeVariadic
		}
	case model.KindInterface:
		methods, err := t.ts.interfaceMethods(d)
		if err != nil {
			return
		}
		for _, m := range methods {
			t.methods = append(t.methods, m.name[strings.LastIndexByte(m.name, '.')+1:])
		}
	}
}

// setDirect finds out whether interfaces hold values of the type of DWARF in
// their data word itself. Pointers to what is not on Go's heap are not held so.
func (t *Type) setDirect() {
	switch t.rec.Kind {
	case model.KindUnsafePointer, model.KindMap, model.KindChan, model.KindFunc:
		t.rec.Flags |= model.TypeDirect
	case model.KindPointer, model.KindStruct, model.KindArray:
		if t.rec.Size != 8 || t.rec.RType == 0 {
			return // without a descriptor no interface holds it
		}
		if d, err := t.ts.descriptor(t.rec.RType); err == nil && d.direct() {
			t.rec.Flags |= model.TypeDirect
		}
	}
}
