package types

import (
	"debug/dwarf"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// closureKey tells closure contexts from other types of DWARF in error texts.
const closureKey = "func context"

// Context gives the struct that lies behind a func value of the function at
// entry: its code pointer and what it captured. A field whose name begins with
// & is a pointer to a variable captured by reference. Functions that capture
// nothing have none: nil.
func (ts *Types) Context(entry uint64) (*Type, error) {
	if t, ok := ts.byFunc[entry]; ok {
		return t, nil
	}
	subs, ok := ts.cfg.Image.(Subprograms)
	if !ok || ts.dwarf == nil {
		return nil, errNoDWARF
	}
	off, ok := subs.SubprogramOffset(entry)
	if !ok {
		return nil, fmt.Errorf("%w: no subprogram at %#x", errDamaged, entry)
	}
	captured, err := ts.captured(off)
	if err != nil {
		return nil, err
	}
	t, err := ts.contextType(captured)
	if err != nil {
		return nil, err
	}
	ts.byFunc[entry] = t
	return t, nil
}

// captured lists the variables of a function that have an offset in its closure.
func (ts *Types) captured(off dwarf.Offset) ([]Field, error) {
	e, err := ts.entry(off)
	if err != nil || !e.Children {
		return nil, err
	}
	var fields []Field
	var offs []dwarf.Offset
	for depth := 1; depth > 0; {
		kid, err := ts.reader.Next()
		if err != nil || kid == nil {
			return nil, fmt.Errorf("%w: %s at %#x: %w", errDamaged, closureKey, off, err)
		}
		switch {
		case kid.Tag == 0:
			depth--
			continue
		case kid.Tag == dwarf.TagInlinedSubroutine:
			if kid.Children {
				ts.reader.SkipChildren()
			}
			continue
		case kid.Children:
			depth++
		}
		at, ok := kid.Val(attrGoClosureOffset).(int64)
		typ, has := kid.Val(dwarf.AttrType).(dwarf.Offset)
		if kid.Tag != dwarf.TagVariable || !ok || !has {
			continue
		}
		name, _ := kid.Val(dwarf.AttrName).(string)
		fields, offs = append(fields, Field{Name: name, Offset: at}), append(offs, typ)
		if len(fields) > maxFields {
			return nil, fmt.Errorf("%w: %s of more than %d variables", ErrLimit, closureKey, maxFields)
		}
	}
	for i := range fields {
		if fields[i].Type, err = ts.FromDWARF(offs[i]); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// contextType makes the struct of captured variables.
func (ts *Types) contextType(captured []Field) (*Type, error) {
	if len(captured) == 0 {
		return nil, nil
	}
	word, err := ts.uintptr()
	if err != nil {
		return nil, err
	}
	t := &Type{state: completed}
	t.rec = model.Type{Kind: model.KindStruct, Name: "struct { F uintptr", Size: 8}
	t.fields = []Field{{Name: "F", Type: word}}
	for _, f := range captured {
		if f.Offset < 8 || f.Offset > maxSize {
			return nil, fmt.Errorf("%w: %s has %s at %d", errDamaged, closureKey, f.Name, f.Offset)
		}
		t.rec.Name += "; " + f.Name + " " + f.Type.Name()
		t.rec.Size = max(t.rec.Size, f.Offset+f.Type.Size())
		t.fields = append(t.fields, f)
	}
	t.rec.Name += " }"
	if err := ts.add(t); err != nil {
		return nil, err
	}
	s := new(Scan)
	for _, f := range captured {
		from := len(s.Words)
		s.include(f.Offset, f.Type)
		if strings.HasPrefix(f.Name, "&") && len(s.Words) == from+1 {
			s.Words[from].ByRef = true
		}
	}
	t.scan = s
	return t, nil
}

// uintptr is the type of a closure's code pointer.
func (ts *Types) uintptr() (*Type, error) {
	if t := ts.word; t != nil {
		return t, nil
	}
	t := &Type{state: completed}
	t.rec = model.Type{Kind: model.KindUintptr, Name: "uintptr", Size: 8, Flags: model.TypeNamed}
	if err := ts.add(t); err != nil {
		return nil, err
	}
	ts.word = t
	return t, nil
}
