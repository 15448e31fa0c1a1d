package model

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// A message is the table of a struct's fields: one table drives the encoder,
// the decoder, the text twin and the comparison with SPEC.md. Field n is at
// index n-1; a retired number keeps its place with an empty Name.

// FieldInfo describes a field as SPEC.md's tables do.
type FieldInfo struct {
	Num   int
	Name  string
	Type  string
	Since int // minor version that introduced it
}

// field is one field of a struct: where it lies, and what its type does with it.
type field struct {
	FieldInfo
	*codec
	off  uintptr // in the struct
	enum *Enum   // of an enumeration
	list *elems  // of a list of messages
}

// codec is what a type of fields does; p is where the field lies. There is one
// for each type, not one for each field or struct: that would make a program
// that links this package larger by a megabyte.
type codec struct {
	wire     int  // wire type
	repeated bool // the tag may occur several times in a row
	append   func(e *encoder, f *field, p unsafe.Pointer)
	decode   func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error
	text     func(b []byte, f *field, p unsafe.Pointer) []byte // appends the value, nothing when it is zero
}

// fields is the table of a struct.
type fields []field

// encoder collects the bytes of records, and apart from them those of data fields.
type encoder struct {
	b    []byte
	data []byte

	elements int // of the present record's lists
}

// decoder is the state of decoding one section.
type decoder struct {
	names    *names
	data     []byte  // what data fields still have to take
	noData   bool    // data fields stay empty
	lost     bool    // the data section is missing from a damaged file
	only     *Record // others are passed over; nil: none are
	elements int     // of the present record's lists
	run      int     // fields of one number from the present one on, where it is the first
}

// element accounts for n elements of lists before they are allocated.
func (d *decoder) element(n int) error {
	if d.elements += n; d.elements > MaxElements {
		return wire.Limit("a record of more than %d list elements", MaxElements)
	}
	return nil
}

// same counts the fields of a number that b begins with, but not more than the
// record may have.
func (d *decoder) same(num uint64, b []byte) int {
	n := 0
	for len(b) > 0 && n < MaxElements-d.elements {
		f, rest, err := wire.NextField(b)
		if err != nil || f.Num != num {
			break
		}
		b = rest
		n++
	}
	return n
}

func (m fields) append(e *encoder, r unsafe.Pointer) {
	for i := range m {
		if f := &m[i]; f.codec != nil {
			f.codec.append(e, f, unsafe.Add(r, f.off))
		}
	}
}

// decode reads a message in the one spelling that SPEC §6.1 allows.
func (m fields) decode(d *decoder, b []byte, r unsafe.Pointer) error {
	last := uint64(0)
	for len(b) > 0 {
		f, rest, err := wire.NextField(b)
		if err != nil {
			return err
		}
		b = rest
		if f.Num < last {
			return wire.Malformed("field %d after field %d", f.Num, last)
		}
		again := f.Num == last
		last = f.Num
		if f.Num > uint64(len(m)) || m[f.Num-1].codec == nil {
			continue // of a later version, or retired
		}
		spec := &m[f.Num-1]
		if f.Type != spec.wire {
			return wire.Malformed("field %s with wire type %d", spec.Name, f.Type)
		}
		if again && !spec.repeated {
			return wire.Malformed("field %s occurs twice", spec.Name)
		}
		if spec.repeated && !again {
			d.run = 1 + d.same(f.Num, b)
		}
		if err := spec.codec.decode(d, spec, f, unsafe.Add(r, spec.off)); err != nil {
			return err
		}
	}
	return nil
}

// appendText appends ` name=value` for each field that is not zero.
func (m fields) appendText(b []byte, r unsafe.Pointer) []byte {
	for i := range m {
		f := &m[i]
		if f.codec == nil {
			continue
		}
		start := len(b)
		b = append(b, ' ')
		b = append(b, f.Name...)
		b = append(b, '=')
		value := len(b)
		if b = f.text(b, f, unsafe.Add(r, f.off)); len(b) == value {
			b = b[:start]
		}
	}
	return b
}

// info describes the fields. The tables ask for it once each, at start-up:
// inlined there it would be the largest function of the package.
//
//go:noinline
func (m fields) info() []FieldInfo { return m.grown(len(m)) }

// grown describes a table to which minor version 1 added the fields from old on.
func (m fields) grown(old int) []FieldInfo {
	var out []FieldInfo
	for i := range m {
		f := m[i].FieldInfo
		if i >= old {
			f.Since = 1
		}
		switch {
		case m[i].enum != nil:
			f.Type = m[i].enum.Name
		case m[i].list != nil:
			f.Type = "[]" + m[i].list.of
		}
		out = append(out, f)
	}
	return out
}

// names keeps one copy of each short string.
type names struct{ seen map[string]string }

const (
	maxName  = 256     // longer strings are not worth keeping
	maxNames = 1 << 16 // nor are more of them
)

func (n *names) get(b []byte) string {
	if len(b) == 0 || len(b) > maxName {
		return string(b)
	}
	if s, ok := n.seen[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(n.seen) < maxNames {
		n.seen[s] = s
	}
	return s
}
