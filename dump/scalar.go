package dump

import (
	"encoding/binary"
	"math"

	"github.com/gopostmortem/postmortem/mock"
)

// Values are little endian in every dump of version 1.
var le = binary.LittleEndian

// number reads the bits of a value of at most eight bytes.
func (v Value) number(first, last Kind) (bits uint64, size int64, ok bool) {
	t := v.Type()
	if reason, _ := t.unreadable(); reason != mock.Unknown || t.Kind() < first || t.Kind() > last {
		return 0, 0, false
	}
	var b [wordSize]byte
	size = t.Size()
	ok = size <= wordSize && v.read(0, b[:size])
	return le.Uint64(b[:]), size, ok
}

// Bool gives a bool.
func (v Value) Bool() (b, ok bool) {
	n, _, ok := v.number(KindBool, KindBool)
	return ok && n != 0, ok
}

// Int gives a signed integer.
func (v Value) Int() (int64, bool) {
	n, size, ok := v.number(KindInt, KindInt64)
	if !ok {
		return 0, false
	}
	unused := 8 * (wordSize - size)
	return int64(n<<unused) >> unused, true
}

// Uint gives an unsigned integer or uintptr.
func (v Value) Uint() (uint64, bool) {
	n, _, ok := v.number(KindUint, KindUintptr)
	return n, ok
}

// Float gives a floating-point number.
func (v Value) Float() (float64, bool) {
	n, size, ok := v.number(KindFloat32, KindFloat64)
	switch {
	case !ok:
		return 0, false
	case size == 4:
		return float64(math.Float32frombits(uint32(n))), true
	}
	return math.Float64frombits(n), true
}

// Complex gives a complex number.
func (v Value) Complex() (complex128, bool) {
	b, ok := v.Bytes()
	switch {
	case ok && v.Kind() == KindComplex64:
		re, im := math.Float32frombits(le.Uint32(b)), math.Float32frombits(le.Uint32(b[4:]))
		return complex(float64(re), float64(im)), true
	case ok && v.Kind() == KindComplex128:
		return complex(math.Float64frombits(le.Uint64(b)), math.Float64frombits(le.Uint64(b[8:]))), true
	}
	return 0, false
}

// Pointer gives the address that a pointer, unsafe.Pointer, map, channel or
// func holds, and that of the data of a slice or string; 0 also where it is not known.
func (v Value) Pointer() uint64 {
	switch v.Kind() {
	case KindPointer, KindUnsafePointer, KindMap, KindChan, KindFunc, KindSlice, KindString:
		p, ok := v.word(0)
		if ok {
			return p
		}
	}
	return 0
}

// IsNil reports whether a pointer, unsafe.Pointer, map, channel, func, slice
// or interface is known to be nil.
func (v Value) IsNil() bool {
	switch v.Kind() {
	case KindPointer, KindUnsafePointer, KindMap, KindChan, KindFunc, KindSlice, KindInterface:
		p, ok := v.word(0)
		return ok && p == 0
	}
	return false
}

// Elem gives what a pointer points to, or an interface's dynamic value, whose
// Type is the dynamic type. It is not valid for nil. Where the dump does not know
// the dynamic type, the result is a stub.
func (v Value) Elem() Value {
	switch v.Kind() {
	case KindInterface:
		return v.dynamicValue()
	case KindPointer:
		p, ok := v.word(0)
		switch {
		case ok && p == 0:
			return Value{}
		case ok:
			return v.d.At(v.Type().Elem(), p)
		}
		if s, lost := v.Stub(); lost {
			s.Type, s.Addr = "", 0
			return v.d.lost(v.Type().Elem(), s)
		}
	}
	return Value{}
}

// Dynamic gives the dynamic type of an interface value; false for nil, and
// where the dump does not know it.
func (v Value) Dynamic() (Type, bool) {
	if v.Kind() != KindInterface {
		return Type{}, false
	}
	word, ok := v.word(0)
	if !ok || word == 0 {
		return Type{}, false
	}
	t := Type{v.d, v.d.typeWords()[word]}
	return t, t.Valid() && t.Kind() != KindInterface
}

func (v Value) dynamicValue() Value {
	word, ok1 := v.word(0)
	data, ok2 := v.word(wordSize)
	if ok1 && word == 0 {
		return Value{}
	}
	t, known := v.Dynamic()
	switch {
	case !ok1 || !ok2:
		s, _ := v.Stub()
		s.Type, s.Addr = "", 0
		return v.d.lost(Type{d: v.d}, s)
	case !known:
		s := mock.Stub{Reason: v.d.absent(), Addr: data, Len: -1, Detail: "its dynamic type is not known"}
		return v.d.lost(Type{d: v.d}, s)
	case t.direct():
		return v.directWord(t)
	}
	return v.d.At(t, data)
}

// directWord gives a value that lies in the data word of interface v itself.
func (v Value) directWord(t Type) Value {
	if t.Size() > wordSize {
		return v.d.corrupt(t, v.addr, "it is larger than the word it lies in")
	}
	return v.inside(t, wordSize)
}
