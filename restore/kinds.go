package restore

import "github.com/gopostmortem/postmortem/dump"

func isSigned(k dump.Kind) bool   { return k >= dump.KindInt && k <= dump.KindInt64 }
func isUnsigned(k dump.Kind) bool { return k >= dump.KindUint && k <= dump.KindUintptr }
func isInteger(k dump.Kind) bool  { return isSigned(k) || isUnsigned(k) }
func isFloat(k dump.Kind) bool    { return k == dump.KindFloat32 || k == dump.KindFloat64 }
func isComplex(k dump.Kind) bool  { return k == dump.KindComplex64 || k == dump.KindComplex128 }
func isNumber(k dump.Kind) bool   { return isInteger(k) || isFloat(k) || isComplex(k) }

// bitsOf is the size of a number of kind k.
func bitsOf(k dump.Kind) int {
	switch k {
	case dump.KindInt8, dump.KindUint8:
		return 8
	case dump.KindInt16, dump.KindUint16:
		return 16
	case dump.KindInt32, dump.KindUint32, dump.KindFloat32:
		return 32
	case dump.KindComplex128:
		return 128
	}
	return 64
}

// basicKinds are the types that need no description in a dump.
var basicKinds = map[string]dump.Kind{
	"bool": dump.KindBool, "string": dump.KindString,
	"int": dump.KindInt, "int8": dump.KindInt8, "int16": dump.KindInt16, "int32": dump.KindInt32, "int64": dump.KindInt64,
	"uint": dump.KindUint, "uint8": dump.KindUint8, "uint16": dump.KindUint16, "uint32": dump.KindUint32,
	"uint64": dump.KindUint64, "uintptr": dump.KindUintptr, "byte": dump.KindUint8, "rune": dump.KindInt32,
	"float32": dump.KindFloat32, "float64": dump.KindFloat64,
	"complex64": dump.KindComplex64, "complex128": dump.KindComplex128,
	"unsafe.Pointer": dump.KindUnsafePointer,
}
