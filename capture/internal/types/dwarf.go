package types

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Attributes that Go adds to DWARF.
const (
	attrGoKind          dwarf.Attr = 0x2900
	attrGoKey           dwarf.Attr = 0x2901
	attrGoElem          dwarf.Attr = 0x2902
	attrGoEmbeddedField dwarf.Attr = 0x2903
	attrGoRuntimeType   dwarf.Attr = 0x2904
	attrGoClosureOffset dwarf.Attr = 0x2907
)

var (
	errNoDWARF = errors.New("types: no DWARF")
	errDamaged = errors.New("types: damaged DWARF")
)

// FromDWARF gives the type whose DIE is at off.
func (ts *Types) FromDWARF(off dwarf.Offset) (*Type, error) {
	if t, ok := ts.byDIE[off]; ok {
		return t, nil
	}
	if ts.reader == nil {
		return nil, errNoDWARF
	}
	if err := ts.enter(); err != nil {
		return nil, err
	}
	defer ts.leave()
	e, err := ts.entry(off)
	if err != nil {
		return nil, err
	}
	t, err := ts.declareDWARF(e)
	if err != nil {
		return nil, err
	}
	ts.byDIE[off] = t
	return t, nil
}

// entry reads one DIE and leaves the reader before its children.
func (ts *Types) entry(off dwarf.Offset) (*dwarf.Entry, error) {
	ts.reader.Seek(off)
	e, err := ts.reader.Next()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if e == nil || e.Offset != off || e.Tag == 0 {
		return nil, fmt.Errorf("%w: no DIE at %#x", errDamaged, off)
	}
	return e, nil
}

// declareDWARF makes a type of a DIE, without its fields and elements.
func (ts *Types) declareDWARF(e *dwarf.Entry) (*Type, error) {
	kind, hasKind := e.Val(attrGoKind).(int64)
	switch e.Tag {
	case dwarf.TagTypedef:
		// A named struct is a typedef of a structure with the same name; so are
		// type parameters and C's typedefs in their way.
		if !hasKind {
			return ts.target(e)
		}
	case dwarf.TagConstType, dwarf.TagVolatileType, dwarf.TagRestrictType:
		return ts.target(e)
	}
	name, _ := e.Val(dwarf.AttrName).(string)
	if len(name) > maxName {
		return nil, fmt.Errorf("%w: a name of %d bytes", ErrLimit, len(name))
	}
	rtype := ts.runtimeAddress(e)
	if t, ok := ts.byRType[rtype]; ok && rtype != 0 {
		return t, nil
	}
	t := &Type{die: e.Offset}
	t.rec = model.Type{Name: name, Kind: model.Kind(kind), Size: -1, RType: rtype}
	if size, ok := e.Val(dwarf.AttrByteSize).(int64); ok {
		t.rec.Size = size
	}
	if !hasKind || kind == 0 {
		t.rec.Kind = kindOfDIE(e)
	}
	if !ts.shape(t, e) {
		return nil, fmt.Errorf("%w: %q at %#x has tag %#x", errDamaged, name, e.Offset, e.Tag)
	}
	if isNamed(t.rec.Name) && (hasKind || t.rec.Kind == model.KindUnsafePointer) {
		t.rec.Flags |= model.TypeNamed
	}
	if err := ts.add(t); err != nil {
		return nil, err
	}
	if rtype != 0 {
		ts.byRType[rtype] = t
	}
	t.setDirect()
	return t, nil
}

// shape settles the size by kind and gives nameless types a name.
func (ts *Types) shape(t *Type, e *dwarf.Entry) bool {
	r := &t.rec
	switch r.Kind {
	case model.KindPointer, model.KindUnsafePointer, model.KindMap, model.KindChan, model.KindFunc:
		r.Size = 8
	case model.KindString, model.KindInterface:
		r.Size = 16
	case model.KindSlice:
		r.Size = 24
	case model.KindInvalid:
		r.Size = max(r.Size, 0)
	case model.KindArray:
		if r.Size < 0 { // C's, which give the length alone
			n, err := ts.arrayLen(e)
			elem, err2 := ts.target(e)
			if err == nil && err2 == nil && (elem.Size() == 0 || n <= maxSize/elem.Size()) {
				r.Size = n * elem.Size()
				r.Name = fmt.Sprintf("[%d]%s", n, elem.Name())
			}
		}
	}
	switch r.Kind {
	case model.KindMap:
		t.under, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
	case model.KindInterface:
		t.under, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
		if ts.nameAt(t.under) == "runtime.eface" {
			r.Flags |= model.TypeEmptyIface
		}
	}
	if r.Name == "" {
		switch r.Kind {
		case model.KindUnsafePointer:
			r.Name = "unsafe.Pointer"
		case model.KindPointer:
			if elem, err := ts.target(e); err == nil {
				r.Name = "*" + elem.Name()
			}
		}
	}
	return r.Size >= 0
}

// nameAt is the name of the DIE at off, "" if it has none.
func (ts *Types) nameAt(off dwarf.Offset) string {
	e, err := ts.entry(off)
	if err != nil {
		return ""
	}
	name, _ := e.Val(dwarf.AttrName).(string)
	return name
}

// target gives the type that DW_AT_type names.
func (ts *Types) target(e *dwarf.Entry) (*Type, error) { return ts.ref(e, dwarf.AttrType) }

func (ts *Types) ref(e *dwarf.Entry, attr dwarf.Attr) (*Type, error) {
	off, ok := e.Val(attr).(dwarf.Offset)
	if !ok {
		return nil, fmt.Errorf("%w: the entry at %#x, tag %#x, has no attribute %#x", errDamaged, e.Offset, e.Tag, attr)
	}
	return ts.FromDWARF(off)
}

// runtimeAddress gives the address of the type's descriptor, 0 if it has none.
// DWARF holds its offset in the module's types, in every Go version.
func (ts *Types) runtimeAddress(e *dwarf.Entry) uint64 {
	off, _ := e.Val(attrGoRuntimeType).(uint64)
	m := ts.module
	if off == 0 || off >= m.ETypes-m.Types {
		return 0
	}
	return m.Types + off
}

// kindOfDIE gives the kind of types without DW_AT_go_kind: C's, and those the
// linker makes up.
func kindOfDIE(e *dwarf.Entry) model.Kind {
	size, _ := e.Val(dwarf.AttrByteSize).(int64)
	switch e.Tag {
	case dwarf.TagPointerType:
		if e.Val(dwarf.AttrType) == nil {
			return model.KindUnsafePointer
		}
		return model.KindPointer
	case dwarf.TagStructType, dwarf.TagUnionType, dwarf.TagClassType:
		return model.KindStruct
	case dwarf.TagArrayType:
		return model.KindArray
	case dwarf.TagEnumerationType:
		return sized(size, model.KindInt8, model.KindInt16, model.KindInt32, model.KindInt64)
	case dwarf.TagBaseType:
		enc, _ := e.Val(dwarf.AttrEncoding).(int64)
		return kindOfEncoding(enc, size)
	}
	return model.KindInvalid
}

// DWARF's encodings of base types (DWARF 5 §7.8).
const (
	encBoolean      = 0x02
	encComplex      = 0x03
	encFloat        = 0x04
	encSigned       = 0x05
	encSignedChar   = 0x06
	encUnsigned     = 0x07
	encUnsignedChar = 0x08
	encUTF          = 0x10
)

func kindOfEncoding(enc, size int64) model.Kind {
	switch enc {
	case encBoolean:
		return sized(size, model.KindBool, model.KindInvalid, model.KindInvalid, model.KindInvalid)
	case encFloat:
		return sized(size, model.KindInvalid, model.KindInvalid, model.KindFloat32, model.KindFloat64)
	case encComplex:
		if size == 16 {
			return model.KindComplex128
		}
		return sized(size, model.KindInvalid, model.KindInvalid, model.KindInvalid, model.KindComplex64)
	case encSigned, encSignedChar:
		return sized(size, model.KindInt8, model.KindInt16, model.KindInt32, model.KindInt64)
	case encUnsigned, encUnsignedChar, encUTF:
		return sized(size, model.KindUint8, model.KindUint16, model.KindUint32, model.KindUint64)
	}
	return model.KindInvalid
}

func sized(size int64, k1, k2, k4, k8 model.Kind) model.Kind {
	switch size {
	case 1:
		return k1
	case 2:
		return k2
	case 4:
		return k4
	case 8:
		return k8
	}
	return model.KindInvalid
}

// isNamed tells a defined type's name from a type literal.
func isNamed(name string) bool {
	if name == "" || name[0] == '*' || name[0] == '[' || name[0] == '<' {
		return false
	}
	for _, literal := range []string{"map[", "chan ", "chan<- ", "func(", "struct {", "interface {", "noalg."} {
		if strings.HasPrefix(name, literal) {
			return false
		}
	}
	return true
}
