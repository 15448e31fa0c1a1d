package restore

import (
	"go/constant"
	"math"

	"github.com/gopostmortem/postmortem/dump"
)

// operand is what an expression, or a part of one, stands for.
type operand struct {
	form form
	typ  dump.Type // not valid for an untyped constant, and for a type that the dump does not have
	name string    // of the type; "" for an untyped constant
	kind dump.Kind

	d   *dump.Dump     // formWindow
	v   dump.Value     // what the operand is, points to or is a part of
	c   constant.Value // what was computed
	low int64          // formWindow, formTail: where it begins in v
	n   int64          // formWindow: its length
	cap int64          // formWindow: its capacity

	elems []constant.Value // formList
}

// form says how an operand came to be.
type form uint8

const (
	formValue   form = iota // v, in the dump
	formConst               // computed
	formNil                 // the word nil
	formPointer             // made up: points to v
	formWindow              // v[low:low+n], of an array, slice or string
	formTail                // map v without its first low entries
	formList                // []byte and []rune converted from a string
)

func valueOperand(v dump.Value) operand {
	return operand{form: formValue, typ: v.Type(), name: v.Type().Name(), kind: v.Kind(), v: v}
}

func constOperand(c constant.Value) operand {
	o := operand{form: formConst, c: c}
	switch c.Kind() {
	case constant.Bool:
		o.kind = dump.KindBool
	case constant.String:
		o.kind = dump.KindString
	case constant.Int:
		o.kind = dump.KindInt
		if _, exact := constant.Int64Val(c); !exact && constant.Sign(c) > 0 {
			o.kind = dump.KindUint64
		}
	case constant.Float:
		o.kind = dump.KindFloat64
	case constant.Complex:
		o.kind = dump.KindComplex128
	}
	return o
}

// typedConst is a computed value of a known type.
func typedConst(c constant.Value, t typeRef) operand {
	return operand{form: formConst, c: c, typ: t.typ, name: t.name, kind: t.kind}
}

// typeName names the operand's type for messages.
func (o operand) typeName() string {
	switch {
	case o.form == formNil:
		return "nil"
	case o.name == "":
		return o.kind.String()
	}
	return o.name
}

// ref is the operand's type.
func (o operand) ref() typeRef { return typeRef{name: o.name, kind: o.kind, typ: o.typ} }

// untyped reports whether the operand is a constant that takes the type of its surroundings.
func (o operand) untyped() bool { return o.form == formConst && o.name == "" }

// pointer gives the address that a pointer-shaped operand holds.
func (o operand) pointer() uint64 {
	switch o.form {
	case formPointer:
		return o.v.Addr()
	case formConst:
		addr, _ := constant.Uint64Val(o.c)
		return addr
	}
	return o.v.Pointer()
}

// present gives an error if the operand is a value that the dump does not hold.
func (o operand) present() error {
	if o.form != formValue {
		return nil
	}
	if s, absent := absence(o.v); absent {
		if s.Type == "" {
			s.Type = o.name
		}
		return &AbsentError{Stub: s}
	}
	return nil
}

// notKept is the error for an operand whose length the dump does not know, or
// the type of what it holds.
func (o operand) notKept() error {
	_, stub := o.v.Kept()
	return &AbsentError{Stub: stub}
}

// maxCompareString is the longest string that an expression computes with.
const maxCompareString = 1 << 20

// scalar gives the value of a basic operand as a constant to compute with.
func (o operand) scalar() (constant.Value, error) {
	switch {
	case o.form == formConst:
		return o.c, nil
	case o.form == formWindow && o.kind == dump.KindString:
		return o.windowText(maxCompareString)
	case o.form != formValue:
		return nil, nil
	}
	if err := o.present(); err != nil {
		return nil, err
	}
	switch {
	case o.kind == dump.KindBool:
		b, _ := o.v.Bool()
		return constant.MakeBool(b), nil
	case isSigned(o.kind):
		i, _ := o.v.Int()
		return constant.MakeInt64(i), nil
	case isUnsigned(o.kind):
		u, _ := o.v.Uint()
		return constant.MakeUint64(u), nil
	case isFloat(o.kind):
		f, _ := o.v.Float()
		return finite(f)
	case isComplex(o.kind):
		c, _ := o.v.Complex()
		return finiteComplex(c)
	case o.kind == dump.KindString:
		return o.wholeText()
	}
	return nil, nil
}

func finite(f float64) (constant.Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fail(ErrOperand, "operations on non-finite floats are not supported")
	}
	return constant.MakeFloat64(f), nil
}

func finiteComplex(c complex128) (constant.Value, error) {
	re, err := finite(real(c))
	if err != nil {
		return nil, err
	}
	im, err := finite(imag(c))
	if err != nil {
		return nil, err
	}
	return constant.ToComplex(constant.BinaryOp(re, addToken, constant.MakeImag(im))), nil
}

// wholeText reads a string that has to be there to its end.
func (o operand) wholeText() (constant.Value, error) {
	n, _ := o.v.Len()
	s, stub, ok := o.v.Text(maxCompareString)
	switch {
	case n > maxCompareString:
		return nil, fail(ErrTooMuch, "the string is too long to compute with: %d bytes", n)
	case !ok || int64(len(s)) < n:
		if stub.Type == "" {
			stub.Type = o.name
		}
		return nil, &AbsentError{Stub: stub}
	}
	return constant.MakeString(s), nil
}

// windowText reads at most limit bytes of a slice of a string.
func (o operand) windowText(limit int64) (constant.Value, error) {
	want := min(o.n, limit)
	s, stub, ok := o.v.Text(int(min(o.low+want, math.MaxInt32)))
	if !ok || int64(len(s)) < o.low+want {
		return nil, &AbsentError{Stub: stub}
	}
	return constant.MakeString(s[o.low : o.low+want]), nil
}

// integer gives the operand as an index.
func (o operand) integer() (int64, error) {
	c, err := o.scalar()
	if err != nil {
		return 0, err
	}
	if c == nil || c.Kind() != constant.Int || !isInteger(o.kind) {
		return 0, fail(ErrOperand, "can not convert a value of type %s to int", o.typeName())
	}
	i, exact := constant.Int64Val(c)
	if !exact {
		return 0, fail(ErrRange, "index out of bounds")
	}
	return i, nil
}

// length is len of the operand.
func (o operand) length() (int64, bool) {
	switch o.form {
	case formValue:
		return o.v.Len()
	case formConst:
		if o.kind == dump.KindString {
			return int64(len(constant.StringVal(o.c))), true
		}
	case formWindow:
		return o.n, true
	case formTail:
		return o.v.Len()
	case formList:
		return o.n, true
	}
	return 0, false
}
