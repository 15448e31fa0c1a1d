package model

import (
	"cmp"
	"math/bits"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Types that add up, and objects of the right kind.

// typeShape is what other records have to agree with: size and kind, in one
// word, since there may be millions of them.
type typeShape uint64

const kindBits = 8

func shapeOf(t *Type) typeShape { return typeShape(t.Size)<<kindBits | typeShape(t.Kind) }

func (s typeShape) size() int64 { return int64(s >> kindBits) } // at most MaxTypeSize, 2⁵⁶
func (s typeShape) kind() Kind  { return Kind(s) }

// wordSize gives the bytes of a word (SPEC §11.1).
func wordSize(goarch string) int64 {
	switch goarch {
	case "386", "arm", "mips", "mipsle":
		return 4
	}
	return 8
}

// SizeOf gives the size that values of a kind have where a word has so many
// bytes (SPEC §11.2); 0 for kinds whose values have any.
func SizeOf(k Kind, word int64) int64 {
	words, bytes := kindSize(k)
	return words*word + bytes
}

// kindSize gives the size of a kind's values: words of it and bytes; 0 and 0
// for kinds whose values have any.
func kindSize(k Kind) (words, bytes int64) {
	switch k {
	case KindBool, KindInt8, KindUint8:
		return 0, 1
	case KindInt16, KindUint16:
		return 0, 2
	case KindInt32, KindUint32, KindFloat32:
		return 0, 4
	case KindInt64, KindUint64, KindFloat64, KindComplex64:
		return 0, 8
	case KindComplex128:
		return 0, 16
	case KindInt, KindUint, KindUintptr, KindPointer, KindUnsafePointer, KindMap, KindChan, KindFunc:
		return 1, 0
	case KindString, KindInterface:
		return 2, 0
	case KindSlice:
		return 3, 0
	}
	return 0, 0
}

// parts holds a type's size against its kind and its parts, all types being known.
func (v *verifier) parts(t *Type) error {
	if t.Flags&TypeIncomplete != 0 {
		return nil
	}
	if t.Kind == KindInvalid {
		return wire.Malformed("type %d: no kind", t.ID)
	}
	if want := SizeOf(t.Kind, v.word); want != 0 && t.Size != want {
		return wire.Malformed("type %d: size %d of kind %s", t.ID, t.Size, Kinds.Values[t.Kind])
	}
	for _, f := range t.Fields {
		if f.Offset > t.Size-v.types[uint32(f.Type)].size() {
			return wire.Malformed("type %d: field %q at offset %d does not fit in %d", t.ID, f.Name, f.Offset, t.Size)
		}
	}
	if t.Kind == KindArray {
		hi, lo := bits.Mul64(uint64(t.Len), uint64(v.types[uint32(t.Elem)].size()))
		if hi != 0 || lo != uint64(t.Size) {
			return wire.Malformed("type %d: %d elements do not make a size of %d", t.ID, t.Len, t.Size)
		}
	}
	return nil
}

// object holds an object, or a global, against its type.
func (v *verifier) object(rec any) error {
	switch r := rec.(type) {
	case *TypeWord:
		if err := v.refer("type", uint32(r.Type)); err != nil {
			return err
		}
		if v.types[uint32(r.Type)].kind() == KindInterface {
			return wire.Malformed("typeword %#x: a dynamic type that is an interface", r.Addr)
		}
	case *MapObj:
		if r.Count > r.Len {
			return wire.Malformed("map at %#x: %d entries of %d", r.Addr, r.Count, r.Len)
		}
		return v.ofKind(r.Type, KindMap)
	case *ChanObj:
		if r.Count > r.Len || r.Len > r.Cap {
			return wire.Malformed("chan at %#x: %d elements of %d of %d", r.Addr, r.Count, r.Len, r.Cap)
		}
		return v.ofKind(r.Type, KindChan)
	case *FuncObj:
		return cmp.Or(v.refer("func", uint32(r.Func)), v.ofKind(r.Context, KindStruct))
	case *StubObj:
		return v.refer("type", uint32(r.Type))
	case *Global:
		return v.refer("type", uint32(r.Type))
	}
	return nil
}

// ofKind checks a reference to a type of a kind; 0 refers to nothing.
func (v *verifier) ofKind(id TypeID, kind Kind) error {
	if err := v.refer("type", uint32(id)); id == 0 || err != nil {
		return err
	}
	if got := v.types[uint32(id)].kind(); got != kind {
		return wire.Malformed("type %d has kind %s, should be %s", id, Kinds.Values[got], Kinds.Values[kind])
	}
	return nil
}
