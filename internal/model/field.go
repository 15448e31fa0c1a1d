package model

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// The types of fields (SPEC §6.2). Each has a codec, and a function that makes
// the row of a table, for the field at an offset. These functions are simple
// enough for the compiler to build the tables: no code runs for them. That row
// and field have the same type is for a test to see.

func str(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "string", 0}, &stringCodec, off, nil, nil}
}

var stringCodec = codec{
	wire: wire.TypeBytes,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if s := *(*string)(p); s != "" {
			e.b = appendLength(e.b, f.Num, len(s))
			e.b = append(e.b, s...)
		}
	},
	decode: func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if len(v.Bytes) == 0 {
			return zero(f.Name)
		}
		*(*string)(p) = d.names.get(v.Bytes)
		return nil
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		if s := *(*string)(p); s != "" {
			b = appendQuoted(b, s)
		}
		return b
	},
}

func blob(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "bytes", 0}, &bytesCodec, off, nil, nil}
}

var bytesCodec = codec{
	wire: wire.TypeBytes,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if s := *(*[]byte)(p); len(s) != 0 {
			e.b = appendLength(e.b, f.Num, len(s))
			e.b = append(e.b, s...)
		}
	},
	decode: func(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if len(v.Bytes) == 0 {
			return zero(f.Name)
		}
		*(*[]byte)(p) = v.Bytes
		return nil
	},
	text: hexText,
}

func hexText(b []byte, _ *field, p unsafe.Pointer) []byte { return appendHex(b, *(*[]byte)(p)) }

// data is a field whose bytes lie in the data section; the record holds their length.
func data(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "data", 0}, &dataCodec, off, nil, nil}
}

var dataCodec = codec{
	wire: wire.TypeVarint,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if s := *(*[]byte)(p); len(s) != 0 {
			e.b = wire.AppendVarintField(e.b, f.Num, uint64(len(s)))
			e.data = append(e.data, s...)
		}
	},
	decode: func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if v.Value == 0 {
			return zero(f.Name)
		}
		s, err := d.take(v.Value)
		*(*[]byte)(p) = s
		return err
	},
	text: hexText,
}

// take gives the next n bytes of the data section.
func (d *decoder) take(n uint64) ([]byte, error) {
	switch {
	case d.noData:
		return nil, nil
	case d.lost:
		return nil, wire.ErrTruncated
	}
	if n > uint64(len(d.data)) {
		return nil, wire.Malformed("%d bytes of data where %d are left", n, len(d.data))
	}
	p := d.data[:n:n]
	d.data = d.data[n:]
	return p, nil
}

func unsigned32(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "uint32", 0}, &uint32Codec, off, nil, nil}
}

func unsigned64(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "uint64", 0}, &uint64Codec, off, nil, nil}
}

var (
	uint32Codec = codec{wire.TypeVarint, false, appendUint32, decodeUint32, func(b []byte, _ *field, p unsafe.Pointer) []byte { return textUint(b, uint64(*(*uint32)(p))) }}
	uint64Codec = codec{wire.TypeVarint, false, appendUint64, decodeUint64, func(b []byte, _ *field, p unsafe.Pointer) []byte { return textUint(b, *(*uint64)(p)) }}

	// An unsigned number that is read as an address or as flags.
	addressCodec = codec{wire.TypeVarint, false, appendUint64, decodeUint64, func(b []byte, _ *field, p unsafe.Pointer) []byte {
		if v := *(*uint64)(p); v != 0 {
			b = appendAddress(b, v)
		}
		return b
	}}
	// A number with names; a reader has to bear with numbers it does not know.
	enumCodec = codec{wire.TypeVarint, false, appendUint8, decodeUint8, func(b []byte, f *field, p unsafe.Pointer) []byte {
		if v := *(*uint8)(p); v != 0 {
			b = f.enum.append(b, v)
		}
		return b
	}}
)

func appendUint8(e *encoder, f *field, p unsafe.Pointer)  { e.number(f, uint64(*(*uint8)(p))) }
func appendUint32(e *encoder, f *field, p unsafe.Pointer) { e.number(f, uint64(*(*uint32)(p))) }
func appendUint64(e *encoder, f *field, p unsafe.Pointer) { e.number(f, *(*uint64)(p)) }

func decodeUint8(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
	*(*uint8)(p) = uint8(v.Value)
	return checkNumber(f, v.Value, 1<<8-1)
}

func decodeUint32(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
	*(*uint32)(p) = uint32(v.Value)
	return checkNumber(f, v.Value, 1<<32-1)
}

func decodeUint64(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
	*(*uint64)(p) = v.Value
	return checkNumber(f, v.Value, 1<<64-1)
}

// number appends a number that is not zero.
func (e *encoder) number(f *field, v uint64) {
	if v != 0 {
		e.b = wire.AppendVarintField(e.b, f.Num, v)
	}
}

func checkNumber(f *field, v, limit uint64) error {
	switch {
	case v == 0:
		return zero(f.Name)
	case v > limit:
		return wire.Malformed("field %s beyond %d", f.Name, limit)
	}
	return nil
}

func textUint(b []byte, v uint64) []byte {
	if v != 0 {
		b = appendUint(b, v)
	}
	return b
}

// address is an unsigned number that is read as an address.
func address(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "address", 0}, &addressCodec, off, nil, nil}
}

// flags is a set of bits.
func flags(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "flags", 0}, &addressCodec, off, nil, nil}
}

func enum(num int, name string, e *Enum, off uintptr) field {
	return field{FieldInfo{num, name, "", 0}, &enumCodec, off, e, nil}
}

func signed(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "sint64", 0}, &signedCodec, off, nil, nil}
}

var signedCodec = codec{
	wire:   wire.TypeVarint,
	append: func(e *encoder, f *field, p unsafe.Pointer) { e.number(f, wire.Zigzag(*(*int64)(p))) },
	decode: func(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		*(*int64)(p) = wire.Unzigzag(v.Value)
		return checkNumber(f, v.Value, 1<<64-1)
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		if v := *(*int64)(p); v != 0 {
			b = appendInt(b, v)
		}
		return b
	},
}

func boolean(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "bool", 0}, &boolCodec, off, nil, nil}
}

var boolCodec = codec{
	wire: wire.TypeVarint,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if *(*bool)(p) {
			e.number(f, 1)
		}
	},
	decode: func(_ *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if v.Value != 1 {
			return wire.Malformed("bool %s is %d", f.Name, v.Value)
		}
		*(*bool)(p) = true
		return nil
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		if *(*bool)(p) {
			b = append(b, "true"...)
		}
		return b
	},
}

// zero is the error for a field that should have been left out.
func zero(name string) error { return wire.Malformed("field %s is present but zero", name) }

func appendLength(b []byte, num, n int) []byte {
	b = wire.AppendUvarint(b, uint64(num)<<3|wire.TypeBytes)
	return wire.AppendUvarint(b, uint64(n))
}
