package dump

import (
	"math"
	"math/bits"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Value is a value of the program: a type, and the place of its bytes in the
// dump. It is read when it is asked for. Whatever the dump holds, no method
// panics: where a value is absent, or is not of the kind that a method is
// for, the method gives false or zero, and [Value.Stub] says what is missing.
type Value struct {
	d    *Dump
	typ  model.TypeID
	addr uint64
	held *held // what has no address
}

// held is a value that lies nowhere in memory.
type held struct {
	bytes []byte     // from registers, or constant
	stub  *mock.Stub // why there are none
	lost  losses     // of the bytes, those that mean nothing
}

// wordSize is the size of a pointer in every dump of version 1.
const wordSize = 8

// At gives the value of type t at an address of the image.
func (d *Dump) At(t Type, addr uint64) Value { return Value{d: d, typ: t.id, addr: addr} }

// Held gives a value of type t that has no address but consists of data,
// which must be as long as the type says.
func (d *Dump) Held(t Type, data []byte) Value {
	return Value{d: d, typ: t.id, held: &held{bytes: data}}
}

// lost gives a value of which nothing is there but the reason.
func (d *Dump) lost(t Type, s mock.Stub) Value {
	return Value{d: d, typ: t.id, addr: s.Addr, held: &held{stub: &s}}
}

// corrupt gives a value that the dump contradicts.
func (d *Dump) corrupt(t Type, addr uint64, detail string) Value {
	return d.lost(t, mock.Stub{Reason: mock.Corrupt, Addr: addr, Len: -1, Detail: detail})
}

// pointerValue gives a pointer-shaped value whose word is known.
func (d *Dump) pointerValue(t Type, word uint64) Value {
	return d.Held(t, le.AppendUint64(nil, word))
}

// Valid reports whether v is a value of a dump, present or not.
func (v Value) Valid() bool { return v.d != nil }

// Dump is what the value is a part of.
func (v Value) Dump() *Dump { return v.d }

// Type is the value's static type.
func (v Value) Type() Type { return Type{v.d, v.typ} }

// Kind is the kind of its type.
func (v Value) Kind() Kind { return v.Type().Kind() }

// Addr is the value's address; 0 if it has none, as in a register.
func (v Value) Addr() uint64 { return v.addr }

// Stub says why the value is not in the dump. It is false for a value that is
// there, and for an array or struct of which a part is there: elements and
// fields tell for themselves.
func (v Value) Stub() (mock.Stub, bool) {
	if v.d == nil {
		return mock.Stub{Len: -1}, true
	}
	t := v.Type()
	if v.held != nil && v.held.stub != nil {
		s := *v.held.stub
		if s.Type == "" {
			s.Type = t.Name()
		}
		return s, true
	}
	if reason, detail := t.unreadable(); reason != mock.Unknown {
		return mock.Stub{Reason: reason, Type: t.Name(), Addr: v.addr, Len: -1, Detail: detail}, true
	}
	size := uint64(t.Size())
	switch {
	case size == 0:
		return mock.Stub{}, false
	case v.held != nil && uint64(len(v.held.bytes)) != size:
		return mock.Stub{Reason: mock.Corrupt, Type: t.Name(), Len: -1, Detail: "its size is not its type's"}, true
	case v.held != nil && v.whole(t.Kind()) && v.held.lost.within(0, t.needed()):
		return v.broken(), true
	case v.held == nil && v.whole(t.Kind()):
		if n := v.d.image().run(v.addr, size); n < size {
			return v.missing(n), true
		}
	case v.held == nil && !v.d.image().any(v.addr, size):
		return v.missing(0), true
	}
	return v.contradiction()
}

// needed is how many bytes of a value are of use only as a whole: a slice can do
// without its capacity, which compilers forget first.
func (t Type) needed() int64 {
	if t.Kind() == KindSlice {
		return 2 * wordSize
	}
	return t.Size()
}

// whole reports whether values of a kind are of use only as a whole.
func (v Value) whole(k Kind) bool { return k != KindStruct && k != KindArray }

// missing is the stub for a value of which the first n bytes are there.
func (v Value) missing(n uint64) mock.Stub {
	s := v.d.stubAt(v.addr+n, v.Type().Name())
	s.Addr = v.addr
	return s
}

// contradiction finds what is wrong with the words of a value.
func (v Value) contradiction() (mock.Stub, bool) {
	k := v.Kind()
	if k != KindString && k != KindSlice {
		return mock.Stub{}, false
	}
	n, okLen := v.word(wordSize)
	c := n
	okCap := okLen
	if k == KindSlice && (v.held == nil || !v.held.lost.within(2*wordSize, wordSize)) {
		c, okCap = v.word(2 * wordSize)
	}
	if okLen && okCap && n <= math.MaxInt64 && c <= math.MaxInt64 && n <= c {
		return mock.Stub{}, false
	}
	return mock.Stub{Reason: mock.Corrupt, Type: v.Type().Name(), Addr: v.addr, Len: -1, Detail: "its length makes no sense"}, true
}

// unreadable says why no value of the type could be read; Unknown if it can.
func (t Type) unreadable() (mock.Reason, string) {
	r := t.rec()
	if r == &noType {
		if t.id == 0 {
			return mock.Untyped, ""
		}
		return mock.Damaged, "its type is missing"
	}
	if r.Kind > model.KindUnsafePointer {
		return mock.Unsupported, Kind(r.Kind).String()
	}
	if r.Kind == model.KindInvalid {
		return mock.Unsupported, "its kind is not known"
	}
	if want := model.SizeOf(r.Kind, wordSize); r.Size < 0 || want != 0 && r.Size != want {
		return mock.Corrupt, "its size is not its kind's"
	}
	return mock.Unknown, ""
}

// Bytes gives the value's bytes as they lay in memory, Type().Size() of them.
func (v Value) Bytes() ([]byte, bool) {
	if reason, _ := v.Type().unreadable(); v.d == nil || reason != mock.Unknown {
		return nil, false
	}
	size := v.Type().Size()
	if v.held != nil {
		return v.held.bytes, v.held.stub == nil && int64(len(v.held.bytes)) == size && !v.held.lost.within(0, size)
	}
	if size > v.d.largest || v.d.image().run(v.addr, uint64(size)) < uint64(size) {
		return nil, false
	}
	b := make([]byte, size)
	return b, v.d.image().read(v.addr, b) == len(b)
}

// read fills p from offset off of the value.
func (v Value) read(off int64, p []byte) bool {
	switch {
	case v.d == nil || off < 0:
		return false
	case v.held == nil:
		at, carry := bits.Add64(v.addr, uint64(off), 0)
		return carry == 0 && v.d.image().read(at, p) == len(p)
	case v.held.stub != nil || off > int64(len(v.held.bytes)) || v.held.lost.within(off, int64(len(p))):
		return false
	}
	return copy(p, v.held.bytes[off:]) == len(p)
}

// word reads the machine word at offset off of the value.
func (v Value) word(off int64) (uint64, bool) {
	var b [wordSize]byte
	ok := v.read(off, b[:])
	return le.Uint64(b[:]), ok
}

// inside gives the value of type t at offset off of v, which must lie in v.
func (v Value) inside(t Type, off int64) Value {
	size := v.Type().Size()
	switch {
	case v.held != nil && v.held.stub != nil:
		s := *v.held.stub
		s.Type, s.Len = "", -1
		return v.d.lost(t, s)
	case off < 0 || t.Size() < 0 || off > size || t.Size() > size-off:
		return v.d.corrupt(t, v.addr, "it does not lie within "+v.Type().Name())
	case v.held == nil:
		return v.d.At(t, v.addr+uint64(off))
	case int64(len(v.held.bytes)) < off+t.Size():
		return v.d.corrupt(t, 0, "its size is not its type's")
	}
	return v.d.heldInPart(t, v.held.bytes[off:off+t.Size():off+t.Size()], v.held.lost.cut(off, t.Size()), v.held.lost.reason)
}
