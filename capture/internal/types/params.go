package types

import (
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Params lists the parameters of the function at entry, its receiver first, in
// their order and without results. Their offsets mean nothing.
func (ts *Types) Params(entry uint64) ([]Field, error) {
	e, end, err := ts.function(entry)
	if err != nil {
		return nil, err
	}
	defer end()
	return ts.params(e)
}

// function gives the DIE of the function at entry, whose children the reader
// gives next, until end is called.
func (ts *Types) function(entry uint64) (e *dwarf.Entry, end func(), err error) {
	off, s, err := ts.subprogram(entry)
	if err != nil {
		return nil, nil, err
	}
	end = ts.turn(s)
	if e, err = ts.entry(off); err != nil {
		end()
		return nil, nil, err
	}
	return e, end, nil
}

// InlinedParams lists the parameters of the call that was inlined first in the
// function at entry.
func (ts *Types) InlinedParams(entry uint64) ([]Field, error) {
	e, end, err := ts.function(entry)
	if err != nil {
		return nil, err
	}
	defer end()
	for e.Children {
		kid, err := ts.reader.Next()
		if err != nil || kid == nil || kid.Tag == 0 {
			break
		}
		if origin, ok := kid.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok && kid.Tag == dwarf.TagInlinedSubroutine {
			if e, err = ts.entry(origin); err != nil {
				return nil, err
			}
			return ts.params(e)
		}
		if kid.Children {
			ts.reader.SkipChildren()
		}
	}
	return nil, fmt.Errorf("%w: no inlined call at %#x", errDamaged, entry)
}

// params lists the parameters of the function whose DIE was read last.
func (ts *Types) params(e *dwarf.Entry) ([]Field, error) {
	kids, err := ts.parameters(e)
	if err != nil {
		return nil, err
	}
	var out []Field
	for _, kid := range kids {
		if origin, ok := kid.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
			if kid, err = ts.entry(origin); err != nil {
				return nil, err
			}
		}
		if result, _ := kid.Val(dwarf.AttrVarParam).(bool); result {
			continue
		}
		f := Field{}
		f.Name, _ = kid.Val(dwarf.AttrName).(string)
		if f.Type, err = ts.target(kid); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// parameters reads the DIEs of a function's parameters and results.
func (ts *Types) parameters(e *dwarf.Entry) (kids []*dwarf.Entry, err error) {
	for e.Children {
		kid, err := ts.reader.Next()
		if err != nil || kid == nil {
			return nil, fmt.Errorf("%w: parameters at %#x: %w", errDamaged, e.Offset, err)
		}
		if kid.Tag == 0 {
			break
		}
		if kid.Tag == dwarf.TagFormalParameter {
			kids = append(kids, kid)
		}
		if kid.Children {
			ts.reader.SkipChildren()
		}
		if len(kids) > maxFields {
			return nil, fmt.Errorf("%w: more than %d parameters", ErrLimit, maxFields)
		}
	}
	return kids, nil
}

// Describe tells what a function's closures hold where DWARF does not: the
// wrappers that the compiler makes of deferred calls name nothing.
func (ts *Types) Describe(entry uint64, captured []Field) error {
	t, err := ts.contextType(captured)
	if err == nil {
		ts.byFunc[entry] = t
	}
	return err
}

// Part is one register's share of an argument.
type Part struct {
	Offset int64
	Float  bool
}

// Registers lists the registers in which Go passes an argument of type t; false
// for what goes on the stack whatever is free (the Go ABI, "Function call argument and
// result passing").
func (t *Type) Registers() (parts []Part, ok bool) { return t.registers(nil, 0, 0) }

func (t *Type) registers(parts []Part, off int64, depth int) ([]Part, bool) {
	const most = 32
	if depth > maxNesting || len(parts) > most {
		return nil, false
	}
	words := func(n int64, float bool) ([]Part, bool) {
		for i := range n {
			parts = append(parts, Part{off + i*t.Size()/n, float})
		}
		return parts, true
	}
	switch t.Kind() {
	case model.KindString, model.KindInterface:
		return words(2, false)
	case model.KindSlice:
		return words(3, false)
	case model.KindFloat32, model.KindFloat64:
		return words(1, true)
	case model.KindComplex64, model.KindComplex128:
		return words(2, true)
	case model.KindArray:
		switch {
		case t.Len() == 0:
			return parts, true
		case t.Len() == 1 && t.Elem() != nil:
			return t.Elem().registers(parts, off, depth+1)
		}
		return nil, false
	case model.KindStruct:
		ok := t.Err() == nil
		for _, f := range t.Fields() {
			if ok {
				parts, ok = f.Type.registers(parts, off+f.Offset, depth+1)
			}
		}
		return parts, ok
	case model.KindInvalid:
		return nil, false
	}
	return words(1, false)
}
