package dump

import (
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Type is a Go type of the program. The zero Type is not valid, and every
// method of it gives zero.
type Type struct {
	d  *Dump
	id model.TypeID
}

// Field is a field of a struct type.
type Field struct {
	Name     string
	Type     Type
	Offset   int64 // bytes
	Embedded bool
}

// Const is a constant declared with a named integer type.
type Const struct {
	Name  string
	Value int64
}

var noType model.Type

// rec gives the type's record, or one of zeros.
func (t Type) rec() *model.Type {
	if t.d != nil && t.id != 0 {
		if r := t.d.typeRecord(t.id); r != nil {
			return r
		}
	}
	return &noType
}

// Types lists the types of the dump.
func (d *Dump) Types() iter.Seq[Type] {
	return func(yield func(Type) bool) {
		for _, id := range d.definitions().typeIDs {
			if !yield(Type{d, id}) {
				return
			}
		}
	}
}

// TypeByName finds a type by the name that [Type.Name] gives.
func (d *Dump) TypeByName(name string) (Type, bool) {
	id, ok := d.definitions().byName[name]
	return Type{d, id}, ok
}

// Valid reports whether the dump describes the type.
func (t Type) Valid() bool { return t.rec() != &noType }

// ID is the type's number in the dump.
func (t Type) ID() uint32 { return uint32(t.id) }

// Name is the type as Go writes it, with full package paths: map[string]*net/http.Request.
func (t Type) Name() string { return t.rec().Name }

// String gives Name.
func (t Type) String() string { return t.Name() }

// Kind is the kind of the type.
func (t Type) Kind() Kind { return Kind(t.rec().Kind) }

// Size is what a value takes in memory, in bytes.
func (t Type) Size() int64 { return t.rec().Size }

// Elem is the element type of an array, channel, map, pointer or slice.
func (t Type) Elem() Type { return Type{t.d, t.rec().Elem} }

// Key is the key type of a map.
func (t Type) Key() Type { return Type{t.d, t.rec().Key} }

// Len is the number of elements of an array.
func (t Type) Len() int64 { return t.rec().Len }

// NumField is the number of fields of a struct.
func (t Type) NumField() int { return len(t.rec().Fields) }

// Field gives a field of a struct; a zero Field when i is out of range.
func (t Type) Field(i int) Field {
	fields := t.rec().Fields
	if i < 0 || i >= len(fields) {
		return Field{}
	}
	f := &fields[i]
	return Field{Name: f.Name, Type: Type{t.d, f.Type}, Offset: f.Offset, Embedded: f.Embedded}
}

// ChanDir is the direction of a channel.
func (t Type) ChanDir() ChanDir { return ChanDir(t.rec().Dir) }

// In lists the parameter types of a function.
func (t Type) In() []Type { return t.list(t.rec().In) }

// Out lists the result types of a function.
func (t Type) Out() []Type { return t.list(t.rec().Out) }

func (t Type) list(ids []model.TypeID) []Type {
	var out []Type
	for _, id := range ids {
		out = append(out, Type{t.d, id})
	}
	return out
}

// Methods lists the method names of an interface.
func (t Type) Methods() []string { return t.rec().Methods }

// NumConst is the number of constants declared with a named integer type.
func (t Type) NumConst() int { return len(t.rec().Consts) }

// Const gives a constant declared with a named integer type; a zero Const when i is out of range.
func (t Type) Const(i int) Const {
	consts := t.rec().Consts
	if i < 0 || i >= len(consts) {
		return Const{}
	}
	return Const(consts[i])
}

// Consts lists the constants declared with a named integer type.
func (t Type) Consts() []Const {
	var out []Const
	for i := range t.NumConst() {
		out = append(out, t.Const(i))
	}
	return out
}

// Named reports whether the type was defined with a name.
func (t Type) Named() bool { return t.rec().Flags&model.TypeNamed != 0 }

// Variadic reports whether the last parameter of a function is a ... parameter.
func (t Type) Variadic() bool { return t.rec().Flags&model.TypeVariadic != 0 }

// Incomplete reports whether the description of the type is partial.
func (t Type) Incomplete() bool { return t.rec().Flags&model.TypeIncomplete != 0 }

// direct reports whether an interface holds values of the type in its data word itself.
func (t Type) direct() bool { return t.rec().Flags&model.TypeDirect != 0 }
