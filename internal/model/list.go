package model

import (
	"encoding/binary"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Fields that hold several values.

// strs is a list of strings: the tag is repeated.
func strs[T any](num int, name string, at func(*T) *[]string) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "[]string", 0}, wire: wire.TypeBytes, repeated: true,
		append: func(e *encoder, r *T) {
			e.elements += len(*at(r))
			for _, s := range *at(r) {
				e.b = appendLength(e.b, num, len(s))
				e.b = append(e.b, s...)
			}
		},
		decode: func(d *decoder, f wire.Field, r *T) error {
			if err := d.element(1); err != nil {
				return err
			}
			*at(r) = append(*at(r), d.names.get(f.Bytes))
			return nil
		},
		text: func(b []byte, r *T) []byte {
			return appendList(b, *at(r), func(b []byte, s *string) []byte { return appendQuoted(b, *s) })
		},
	}
}

// numbers is a list of numbers, packed in one field.
func numbers[T any, N ~uint32](num int, name string, at func(*T) *[]N) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "[]uint32", 0}, wire: wire.TypeBytes,
		append: func(e *encoder, r *T) {
			if list := *at(r); len(list) > 0 {
				e.elements += len(list)
				e.nested(num, func() {
					for _, v := range list {
						e.b = wire.AppendUvarint(e.b, uint64(v))
					}
				})
			}
		},
		decode: func(d *decoder, f wire.Field, r *T) error {
			if len(f.Bytes) == 0 {
				return zero(name)
			}
			for b := f.Bytes; len(b) > 0; {
				if err := d.element(1); err != nil {
					return err
				}
				v, rest, err := wire.Uvarint(b)
				if err != nil {
					return err
				}
				if v > uint64(^N(0)) {
					return wire.Malformed("field %s beyond %d", name, ^N(0))
				}
				*at(r), b = append(*at(r), N(v)), rest
			}
			return nil
		},
		text: func(b []byte, r *T) []byte {
			return appendList(b, *at(r), func(b []byte, v *N) []byte { return appendUint(b, uint64(*v)) })
		},
	}
}

// list is a list of messages: the tag is repeated.
func list[T, E any](num int, name, of string, m message[E], at func(*T) *[]E) field[T] {
	return field[T]{
		FieldInfo: FieldInfo{num, name, "[]" + of, 0}, wire: wire.TypeBytes, repeated: true,
		append: func(e *encoder, r *T) {
			list := *at(r)
			e.elements += len(list)
			for i := range list {
				e.nested(num, func() { m.append(e, &list[i]) })
			}
		},
		decode: func(d *decoder, f wire.Field, r *T) error {
			if err := d.element(1); err != nil {
				return err
			}
			list := append(*at(r), *new(E))
			*at(r) = list
			return m.decode(d, f.Bytes, &list[len(list)-1])
		},
		text: func(b []byte, r *T) []byte {
			return appendList(b, *at(r), func(b []byte, el *E) []byte {
				b = append(b, '{')
				start := len(b)
				if b = m.appendText(b, el); len(b) > start { // without the first space
					b = append(b[:start], b[start+1:]...)
				}
				return append(b, '}')
			})
		},
	}
}

// nested appends a field of wire type bytes that fill appends to e.b.
func (e *encoder) nested(num int, fill func()) {
	e.b = wire.AppendUvarint(e.b, uint64(num)<<3|wire.TypeBytes)
	at := len(e.b)
	e.b = append(e.b, 0)
	fill()
	e.setLength(at)
}

// setLength puts the length of what follows the one byte reserved at e.b[at] there.
func (e *encoder) setLength(at int) {
	n := len(e.b) - at - 1
	if n < 0x80 {
		e.b[at] = byte(n)
		return
	}
	var buf [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(buf[:], uint64(n))
	e.b = append(e.b, buf[1:k]...)
	copy(e.b[at+k:], e.b[at+1:at+1+n])
	copy(e.b[at:], buf[:k])
}

// extents is the field of a Memory record: for each extent the distance from
// the end of the one before it, and its length. The bytes are data.
func extents(num int, name string) field[Memory] {
	return field[Memory]{
		FieldInfo: FieldInfo{num, name, "extents", 0}, wire: wire.TypeBytes,
		append: func(e *encoder, m *Memory) {
			if len(m.Extents) > 0 {
				e.nested(num, func() { e.extents(m.Extents) })
			}
		},
		decode: func(d *decoder, f wire.Field, m *Memory) error {
			if len(f.Bytes) == 0 {
				return zero(name)
			}
			return eachRange(f.Bytes, func(addr, n uint64) error {
				if err := d.element(1); err != nil {
					return err
				}
				p, err := d.take(n)
				m.Extents = append(m.Extents, Extent{addr, p})
				return err
			})
		},
		text: func(b []byte, m *Memory) []byte {
			return appendList(b, m.Extents, func(b []byte, x *Extent) []byte {
				b = appendAddress(b, x.Addr)
				return appendHex(append(b, ':'), x.Bytes)
			})
		},
	}
}

func (e *encoder) extents(list []Extent) {
	end := uint64(0)
	for _, x := range list {
		e.b = wire.AppendUvarint(e.b, x.Addr-end)
		e.b = wire.AppendUvarint(e.b, uint64(len(x.Bytes)))
		e.data = append(e.data, x.Bytes...)
		end = x.Addr + uint64(len(x.Bytes))
	}
}

// eachRange calls fn for each address and length of an extents field.
func eachRange(b []byte, fn func(addr, n uint64) error) error {
	end := uint64(0)
	for len(b) > 0 {
		gap, rest, err := wire.Uvarint(b)
		if err != nil {
			return err
		}
		n, rest, err := wire.Uvarint(rest)
		if err != nil {
			return err
		}
		addr := end + gap
		if n == 0 || addr < end || addr+n < addr {
			return wire.Malformed("extent of %d bytes %d behind %#x", n, gap, end)
		}
		if err := fn(addr, n); err != nil {
			return err
		}
		end, b = addr+n, rest
	}
	return nil
}
