package types

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
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
	e, end, err := ts.function(entry)
	if err != nil {
		return nil, err
	}
	defer end()
	captured, err := ts.captured(e)
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

// subprogram finds a function in the modules.
func (ts *Types) subprogram(entry uint64) (dwarf.Offset, *source, error) {
	err := errNoDWARF
	for _, s := range ts.sources {
		subs, ok := s.image.(Subprograms)
		if !ok || s.reader == nil {
			continue
		}
		if off, ok := subs.SubprogramOffset(entry); ok {
			return off, s, nil
		}
		err = fmt.Errorf("%w: no subprogram at %#x", errDamaged, entry)
	}
	return 0, nil, err
}

// captured lists the variables of the function whose DIE was read last that
// have an offset in its closure.
func (ts *Types) captured(e *dwarf.Entry) ([]Field, error) {
	if !e.Children {
		return nil, nil
	}
	var fields []Field
	var offs []dwarf.Offset
	for depth := 1; depth > 0; {
		kid, err := ts.reader.Next()
		if err != nil || kid == nil {
			return nil, fmt.Errorf("%w: %s at %#x: %w", errDamaged, closureKey, e.Offset, err)
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
		var err error
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
	word, err := ts.Word(8)
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

// Word is an unsigned type of 8 bytes or fewer, for what has no type that is
// known. That of 8 is uintptr, a closure's code pointer for one.
func (ts *Types) Word(size int64) (*Type, error) {
	rec := model.Type{Kind: model.KindUintptr, Name: "uintptr", Size: 8, Flags: model.TypeNamed}
	switch size {
	case 1:
		rec.Kind, rec.Name = model.KindUint8, "uint8"
	case 2:
		rec.Kind, rec.Name = model.KindUint16, "uint16"
	case 4:
		rec.Kind, rec.Name = model.KindUint32, "uint32"
	case 8:
	default:
		return nil, fmt.Errorf("types: no word of %d bytes", size)
	}
	rec.Size = size
	return ts.made(&ts.unsigned[size&7], rec)
}

// EmptyInterface is the type of any value at all, for programs whose DWARF does
// not have it.
func (ts *Types) EmptyInterface(name string) (*Type, error) {
	return ts.made(&ts.anything, model.Type{Kind: model.KindInterface, Name: name, Size: 16, Flags: model.TypeEmptyIface})
}

// made gives a type that is known without the program's description of it, the
// same each time.
func (ts *Types) made(kept **Type, rec model.Type) (*Type, error) {
	if *kept != nil {
		return *kept, nil
	}
	t := &Type{state: completed, rec: rec}
	if err := ts.add(t); err != nil {
		return nil, err
	}
	*kept = t
	return t, nil
}

// ChanOf gives the type of channels of both directions with elements of a type.
func (ts *Types) ChanOf(elem *Type) (*Type, error) {
	if t, ok := ts.chans[elem]; ok {
		return t, nil
	}
	const both = 3
	t := &Type{state: completed, elem: elem, rec: model.Type{Kind: model.KindChan, Name: "chan " + elem.Name(), Size: 8, Dir: both}}
	if err := ts.add(t); err != nil {
		return nil, err
	}
	ts.chans[elem] = t
	return t, nil
}
