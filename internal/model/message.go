package model

import "github.com/gopostmortem/postmortem/internal/wire"

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

// field is one field of a T.
type field[T any] struct {
	FieldInfo
	wire     int  // wire type
	repeated bool // the tag may occur several times in a row
	append   func(e *encoder, r *T)
	decode   func(d *decoder, f wire.Field, r *T) error
	text     func(b []byte, r *T) []byte // appends the value, nothing when it is zero
}

// message is the table of a T.
type message[T any] []field[T]

// encoder collects the bytes of records, and apart from them those of data fields.
type encoder struct {
	b    []byte
	data []byte

	elements int // of the present record's lists
}

// decoder is the state of decoding one section.
type decoder struct {
	names    *names
	data     []byte // what data fields still have to take
	noData   bool   // data fields stay empty
	lost     bool   // the data section is missing from a damaged file
	elements int    // of the present record's lists
}

// element accounts for n elements of lists before they are allocated.
func (d *decoder) element(n int) error {
	if d.elements += n; d.elements > MaxElements {
		return wire.Limit("a record of more than %d list elements", MaxElements)
	}
	return nil
}

func (m message[T]) append(e *encoder, r *T) {
	for i := range m {
		if m[i].append != nil {
			m[i].append(e, r)
		}
	}
}

// decode reads a message in the one spelling that SPEC §6.1 allows.
func (m message[T]) decode(d *decoder, b []byte, r *T) error {
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
		if f.Num > uint64(len(m)) || m[f.Num-1].decode == nil {
			continue // of a later version, or retired
		}
		spec := &m[f.Num-1]
		if f.Type != spec.wire {
			return wire.Malformed("field %s with wire type %d", spec.Name, f.Type)
		}
		if again && !spec.repeated {
			return wire.Malformed("field %s occurs twice", spec.Name)
		}
		if err := spec.decode(d, f, r); err != nil {
			return err
		}
	}
	return nil
}

// appendText appends ` name=value` for each field that is not zero.
func (m message[T]) appendText(b []byte, r *T) []byte {
	for i := range m {
		if m[i].text == nil {
			continue
		}
		start := len(b)
		b = append(b, ' ')
		b = append(b, m[i].Name...)
		b = append(b, '=')
		value := len(b)
		if b = m[i].text(b, r); len(b) == value {
			b = b[:start]
		}
	}
	return b
}

func (m message[T]) info() []FieldInfo {
	var out []FieldInfo
	for i := range m {
		out = append(out, m[i].FieldInfo)
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
	if len(b) > maxName {
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
