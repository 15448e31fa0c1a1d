package types

import "github.com/gopostmortem/postmortem/internal/model"

// This file gives out the records of types. A type whose values are in the
// dump is described whole, with all that its values contain; of a type that is
// only pointed to, name, kind and size are enough.

// refer notes that a record of the dump names the type.
func (t *Type) refer() {
	if t.named != t.ts.capture {
		t.named = t.ts.capture
		t.ts.named = append(t.ts.named, t)
	}
}

// Emit gives out the record of t and of every type that a value of t contains.
func (t *Type) Emit() {
	if t == nil || t.emitted == t.ts.capture {
		return
	}
	work := []*Type{t}
	for len(work) > 0 {
		t := work[len(work)-1]
		work = work[:len(work)-1]
		if t.emitted == t.ts.capture {
			continue
		}
		t.emitted = t.ts.capture
		t.refer()
		t.complete()
		for i := range t.fields {
			work = append(work, t.fields[i].Type)
		}
		if t.rec.Kind == model.KindArray && t.elem != nil {
			work = append(work, t.elem)
		}
		t.ts.emit(t.record())
	}
}

// ByID gives the type with that number, nil if there is none.
func (ts *Types) ByID(id model.TypeID) *Type {
	if id == 0 || int(id) > len(ts.all) {
		return nil
	}
	return ts.all[id-1]
}

// Finish ends a capture: it emits the types that records name but no value
// has, without their fields.
func (ts *Types) Finish() {
	for i := 0; i < len(ts.named); i++ { // grows while it runs
		t := ts.named[i]
		if t.emitted == ts.capture {
			continue
		}
		t.emitted = ts.capture
		if t.cheap() {
			t.complete()
			ts.emit(t.record())
			continue
		}
		r := model.Type{ID: t.rec.ID, Kind: t.rec.Kind, Flags: t.rec.Flags | model.TypeIncomplete, Name: t.rec.Name, Size: t.rec.Size, RType: t.rec.RType}
		ts.emit(&r)
	}
}

// cheap tells the types whose record names no further type.
func (t *Type) cheap() bool {
	switch t.rec.Kind {
	case model.KindArray, model.KindChan, model.KindFunc, model.KindMap, model.KindPointer, model.KindSlice, model.KindStruct:
		return t.state == completed && t.rec.Kind != model.KindStruct
	}
	return true
}

// record builds the record of a completed type.
func (t *Type) record() *model.Type {
	r := t.rec
	r.Elem, r.Key = t.elem.ID(), t.key.ID()
	if len(t.fields) > 0 {
		r.Fields = make([]model.Field, len(t.fields))
		for i, f := range t.fields {
			r.Fields[i] = model.Field{Name: f.Name, Type: f.Type.ID(), Offset: f.Offset, Embedded: f.Embedded}
		}
	}
	r.In, r.Out = ids(t.in), ids(t.out)
	r.Methods = t.methods
	r.Consts = t.constants()
	return &r
}

func ids(list []*Type) []model.TypeID {
	if len(list) == 0 {
		return nil
	}
	out := make([]model.TypeID, len(list))
	for i, t := range list {
		out[i] = t.ID()
	}
	return out
}
