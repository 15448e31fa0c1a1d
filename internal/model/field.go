package model

import (
	"fmt"
	"math/bits"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// The types of fields (SPEC §6.2), each as a function that makes the row of a table.

func str[T any](num int, name string, at func(*T) *string) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "string", 0}, wire: wire.TypeBytes,
		append: func(e *encoder, r *T) {
			if s := *at(r); s != "" {
				e.b = appendLength(e.b, num, len(s))
				e.b = append(e.b, s...)
			}
		},
		decode: func(d *decoder, f wire.Field, r *T) error {
			if len(f.Bytes) == 0 {
				return zero(name)
			}
			*at(r) = d.names.get(f.Bytes)
			return nil
		},
		text: func(b []byte, r *T) []byte {
			if s := *at(r); s != "" {
				b = appendQuoted(b, s)
			}
			return b
		},
	}
}

func blob[T any](num int, name string, at func(*T) *[]byte) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "bytes", 0}, wire: wire.TypeBytes,
		append: func(e *encoder, r *T) {
			if p := *at(r); len(p) != 0 {
				e.b = appendLength(e.b, num, len(p))
				e.b = append(e.b, p...)
			}
		},
		decode: func(_ *decoder, f wire.Field, r *T) error {
			if len(f.Bytes) == 0 {
				return zero(name)
			}
			*at(r) = f.Bytes
			return nil
		},
		text: func(b []byte, r *T) []byte { return appendHex(b, *at(r)) },
	}
}

// data is a field whose bytes lie in the data section; the record holds their length.
func data[T any](num int, name string, at func(*T) *[]byte) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "data", 0}, wire: wire.TypeVarint,
		append: func(e *encoder, r *T) {
			if p := *at(r); len(p) != 0 {
				e.b = wire.AppendVarintField(e.b, num, uint64(len(p)))
				e.data = append(e.data, p...)
			}
		},
		decode: func(d *decoder, f wire.Field, r *T) error {
			if f.Value == 0 {
				return zero(name)
			}
			p, err := d.take(f.Value)
			*at(r) = p
			return err
		},
		text: func(b []byte, r *T) []byte { return appendHex(b, *at(r)) },
	}
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

type unsignedInt interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

func unsigned[T any, N unsignedInt](num int, name string, at func(*T) *N) field[T] {
	limit := uint64(^N(0))
	return field[T]{
		FieldInfo: FieldInfo{num, name, fmt.Sprintf("uint%d", bits.Len64(limit)), 0}, wire: wire.TypeVarint,
		append: func(e *encoder, r *T) {
			if v := *at(r); v != 0 {
				e.b = wire.AppendVarintField(e.b, num, uint64(v))
			}
		},
		decode: func(_ *decoder, f wire.Field, r *T) error {
			if f.Value == 0 {
				return zero(name)
			}
			if f.Value > limit {
				return wire.Malformed("field %s beyond %d", name, limit)
			}
			*at(r) = N(f.Value)
			return nil
		},
		text: func(b []byte, r *T) []byte {
			if v := *at(r); v != 0 {
				b = appendUint(b, uint64(v))
			}
			return b
		},
	}
}

// address is an unsigned number that is read as an address or as flags.
func address[T any](num int, name string, at func(*T) *uint64) field[T] {
	f := unsigned(num, name, at)
	f.Type = "address"
	f.text = func(b []byte, r *T) []byte {
		if v := *at(r); v != 0 {
			b = appendAddress(b, v)
		}
		return b
	}
	return f
}

// flags is a set of bits.
func flags[T any](num int, name string, at func(*T) *uint64) field[T] {
	f := address(num, name, at)
	f.Type = "flags"
	return f
}

// enum is a number with names; a reader has to bear with numbers it does not know.
func enum[T any, N ~uint8](num int, name string, e *Enum, at func(*T) *N) field[T] {
	f := unsigned(num, name, at)
	f.Type = e.Name
	f.text = func(b []byte, r *T) []byte {
		if v := *at(r); v != 0 {
			b = e.append(b, uint8(v))
		}
		return b
	}
	return f
}

func signed[T any](num int, name string, at func(*T) *int64) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "sint64", 0}, wire: wire.TypeVarint,
		append: func(e *encoder, r *T) {
			if v := *at(r); v != 0 {
				e.b = wire.AppendVarintField(e.b, num, wire.Zigzag(v))
			}
		},
		decode: func(_ *decoder, f wire.Field, r *T) error {
			if f.Value == 0 {
				return zero(name)
			}
			*at(r) = wire.Unzigzag(f.Value)
			return nil
		},
		text: func(b []byte, r *T) []byte {
			if v := *at(r); v != 0 {
				b = appendInt(b, v)
			}
			return b
		},
	}
}

func boolean[T any](num int, name string, at func(*T) *bool) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "bool", 0}, wire: wire.TypeVarint,
		append: func(e *encoder, r *T) {
			if *at(r) {
				e.b = wire.AppendVarintField(e.b, num, 1)
			}
		},
		decode: func(_ *decoder, f wire.Field, r *T) error {
			if f.Value != 1 {
				return wire.Malformed("bool %s is %d", name, f.Value)
			}
			*at(r) = true
			return nil
		},
		text: func(b []byte, r *T) []byte {
			if *at(r) {
				b = append(b, "true"...)
			}
			return b
		},
	}
}

// zero is the error for a field that should have been left out.
func zero(name string) error { return wire.Malformed("field %s is present but zero", name) }

func appendLength(b []byte, num, n int) []byte {
	b = wire.AppendUvarint(b, uint64(num)<<3|wire.TypeBytes)
	return wire.AppendUvarint(b, uint64(n))
}
