package dump

import (
	"iter"

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
	bytes []byte    // from registers, or constant
	stub  mock.Stub // when there are none
	lost  bool      // stub counts
}

// At gives the value of type t at an address of the image.
func (d *Dump) At(t Type, addr uint64) Value { return Value{d: d, typ: t.id, addr: addr} }

// pointerValue gives a pointer-shaped value that lies nowhere: the word itself is known.
func (d *Dump) pointerValue(t Type, word uint64) Value { return Value{d: d, typ: t.id} }

// Valid reports whether v is a value of a dump, present or not.
func (v Value) Valid() bool { return v.d != nil }

// Type is the value's static type.
func (v Value) Type() Type { return Type{v.d, v.typ} }

// Kind is the kind of its type.
func (v Value) Kind() Kind { return v.Type().Kind() }

// Addr is the value's address; 0 if it has none, as in a register.
func (v Value) Addr() uint64 { return v.addr }

// Stub says why the value is not in the dump. It is false for a value that is
// there, and for an array or struct of which a part is there: elements and
// fields tell for themselves.
func (v Value) Stub() (mock.Stub, bool) { return mock.Stub{}, false }

// Bytes gives the value's bytes as they lay in memory, Type().Size() of them.
func (v Value) Bytes() ([]byte, bool) { return nil, false }

// Bool gives a bool.
func (v Value) Bool() (b, ok bool) { return false, false }

// Int gives a signed integer.
func (v Value) Int() (int64, bool) { return 0, false }

// Uint gives an unsigned integer or uintptr.
func (v Value) Uint() (uint64, bool) { return 0, false }

// Float gives a floating-point number.
func (v Value) Float() (float64, bool) { return 0, false }

// Complex gives a complex number.
func (v Value) Complex() (complex128, bool) { return 0, false }

// Text gives a string, at most max bytes of it, or all that is kept for max < 0.
// When the dump keeps fewer bytes than Len, stub says why.
func (v Value) Text(max int) (s string, stub mock.Stub, ok bool) { return "", mock.Stub{}, false }

// Len is the length of a string, slice, array, map or channel.
func (v Value) Len() (int64, bool) { return 0, false }

// Cap is the capacity of a slice, array or channel.
func (v Value) Cap() (int64, bool) { return 0, false }

// IsNil reports whether a pointer, unsafe.Pointer, map, channel, func, slice
// or interface is known to be nil.
func (v Value) IsNil() bool { return false }

// Pointer gives the address that a pointer, unsafe.Pointer, map, channel or
// func holds, and that of the data of a slice or string.
func (v Value) Pointer() uint64 { return 0 }

// Elem gives what a pointer points to, or an interface's dynamic value, whose
// Type is the dynamic type. It is not valid for nil.
func (v Value) Elem() Value { return Value{} }

// Dynamic gives the dynamic type of an interface value.
func (v Value) Dynamic() (Type, bool) { return Type{}, false }

// NumField is the number of fields of a struct.
func (v Value) NumField() int { return 0 }

// Field gives a field of a struct.
func (v Value) Field(i int) Value { return Value{} }

// FieldByName finds a field of a struct, also through embedded structs.
func (v Value) FieldByName(name string) (Value, bool) { return Value{}, false }

// Index gives an element of an array or slice, or of a channel's buffer in the order of receiving.
func (v Value) Index(i int64) Value { return Value{} }

// Entries lists the entries of a map that the dump keeps, in the order of the runtime's table.
func (v Value) Entries() iter.Seq2[Value, Value] { return func(func(Value, Value) bool) {} }

// Kept tells how many of the Len elements of a string, slice, array, map or
// channel the dump keeps, counted from the first, and why not all.
func (v Value) Kept() (int64, mock.Stub) { return 0, mock.Stub{} }

// ChanInfo is the state of a channel.
type ChanInfo struct {
	Len, Cap   int64
	Closed     bool
	Recv, Send []Waiter // goroutines that wait, first in line first
}

// Waiter is a goroutine in a channel's queue.
type Waiter struct {
	Goroutine GoID
	Elem      Value // being sent, or where to receive; not valid if there is none
}

// ChanInfo gives the state of a channel; false for nil.
func (v Value) ChanInfo() (ChanInfo, bool) { return ChanInfo{}, false }

// FuncValue is a func value: a function and what it captured.
type FuncValue struct {
	Function Function
	Addr     uint64 // of the closure
	Captured []Variable
}

// Func gives a func value; false for nil.
func (v Value) Func() (FuncValue, bool) { return FuncValue{}, false }

func (d *Dump) funcValue(closure uint64) (FuncValue, bool) { return FuncValue{}, false }
