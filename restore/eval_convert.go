package restore

import (
	"go/constant"

	"github.com/gopostmortem/postmortem/dump"
)

// convert evaluates T(x).
func (e *evaluator) convert(o operand, t typeRef, label string) (operand, error) {
	refused := fail(ErrOperand, "can not convert %q to %s", label, t.name)
	switch {
	case t.kind == dump.KindPointer || t.kind == dump.KindUnsafePointer:
		return e.toPointer(o, t, refused)
	case isNumber(t.kind):
		return e.toNumber(o, t, refused)
	case t.kind == dump.KindString:
		return e.toString(o, t, refused)
	case t.kind == dump.KindSlice && (o.kind == dump.KindString):
		return e.toList(o, t, refused)
	case t.kind == dump.KindBool && o.kind == dump.KindBool:
		c, err := o.scalar()
		if err != nil {
			return operand{}, err
		}
		return typedConst(c, t), nil
	case o.form == formNil && nillable(t.kind):
		return o, nil
	}
	return e.retype(o, t, refused)
}

// retype looks at the same bytes as another type of the same kind and size.
func (e *evaluator) retype(o operand, t typeRef, refused error) (operand, error) {
	switch {
	case o.form != formValue || o.kind != t.kind:
		return operand{}, refused
	case o.name == t.name:
		return o, nil
	case !t.typ.Valid() || o.v.Addr() == 0 || t.typ.Size() != o.typ.Size() || t.typ.NumField() != o.typ.NumField():
		return operand{}, refused
	}
	return valueOperand(e.sc.s.d.At(t.typ, o.v.Addr())), nil
}

// toPointer makes a pointer of a number or of another pointer.
func (e *evaluator) toPointer(o operand, t typeRef, refused error) (operand, error) {
	var addr uint64
	switch {
	case o.form == formNil:
		return o, nil
	case o.kind == dump.KindPointer || o.kind == dump.KindUnsafePointer:
		addr = o.pointer()
	case isInteger(o.kind):
		c, err := o.scalar()
		if err != nil {
			return operand{}, err
		}
		addr, _ = constant.Uint64Val(fitInteger(c, dump.KindUint64))
	default:
		return operand{}, refused
	}
	if t.kind == dump.KindUnsafePointer {
		return typedConst(constant.MakeUint64(addr), t), nil
	}
	elem := t.element()
	if !elem.typ.Valid() {
		return operand{}, fail(ErrUnknown, "could not find type %q in the dump", elem.name)
	}
	if addr == 0 {
		return operand{form: formNil, name: t.name, kind: dump.KindPointer}, nil
	}
	return operand{form: formPointer, name: t.name, kind: dump.KindPointer, typ: t.typ, v: e.sc.s.d.At(elem.typ, addr)}, nil
}

func (e *evaluator) toNumber(o operand, t typeRef, refused error) (operand, error) {
	if (o.kind == dump.KindPointer || o.kind == dump.KindUnsafePointer) && isUnsigned(t.kind) && o.form != formConst {
		return typedConst(fitInteger(constant.MakeUint64(o.pointer()), t.kind), t), nil
	}
	c, err := o.scalar()
	if err != nil {
		return operand{}, err
	}
	if c == nil || !isNumber(o.kind) && o.kind != dump.KindUnsafePointer || isComplex(o.kind) && !isComplex(t.kind) {
		return operand{}, refused
	}
	switch {
	case isInteger(t.kind):
		return typedConst(fitInteger(truncated(c), t.kind), t), nil
	case isFloat(t.kind):
		return typedConst(rounded(c, t.kind), t), nil
	}
	return typedConst(constant.ToComplex(c), t), nil
}

// truncated gives the integer part of a number.
func truncated(c constant.Value) constant.Value {
	if c.Kind() == constant.Int {
		return c
	}
	if f, _ := constant.Float64Val(c); f >= -1<<63 && f < 1<<63 {
		return constant.MakeInt64(int64(f))
	}
	return constant.MakeInt64(-1 << 63) // what amd64 gives
}

func rounded(c constant.Value, k dump.Kind) constant.Value {
	f := constant.ToFloat(c)
	if k == dump.KindFloat32 {
		x, _ := constant.Float32Val(f)
		if r := constant.MakeFloat64(float64(x)); r.Kind() != constant.Unknown {
			return r
		}
	}
	return f
}

// toString converts strings, integers, []byte and []rune.
func (e *evaluator) toString(o operand, t typeRef, refused error) (operand, error) {
	switch {
	case o.kind == dump.KindString:
		if o.form == formConst {
			return typedConst(o.c, t), nil
		}
		o.name, o.typ = t.name, t.typ
		return o, nil
	case isInteger(o.kind):
		c, err := o.scalar()
		if err != nil {
			return operand{}, err
		}
		i, _ := constant.Int64Val(c)
		if i != int64(rune(i)) {
			i = 0xFFFD
		}
		return typedConst(constant.MakeString(string(rune(i))), t), nil
	case o.form == formList || o.kind != dump.KindSlice && o.kind != dump.KindArray:
		return operand{}, refused
	}
	text, err := e.listText(o, refused)
	if err != nil {
		return operand{}, err
	}
	return typedConst(constant.MakeString(text), t), nil
}

// listText reads a []byte or []rune as text.
func (e *evaluator) listText(o operand, refused error) (string, error) {
	elem := o.v.Type().Elem().Kind()
	if elem != dump.KindUint8 && elem != dump.KindInt32 {
		return "", refused
	}
	n, _ := o.length()
	if n > maxCompareString {
		return "", fail(ErrTooMuch, "too long to convert: %d elements", n)
	}
	var text []byte
	for i := range n {
		if err := e.step(); err != nil {
			return "", err
		}
		c, err := valueOperand(elementAt(e.sc.s.d, o.v, o.low+i)).scalar()
		if err != nil {
			return "", err
		}
		x, _ := constant.Int64Val(c)
		if elem == dump.KindUint8 {
			text = append(text, byte(x))
		} else {
			text = append(text, string(rune(x))...)
		}
	}
	return string(text), nil
}

// toList converts a string to []byte or []rune.
func (e *evaluator) toList(o operand, t typeRef, refused error) (operand, error) {
	c, err := o.scalar()
	if err != nil {
		return operand{}, err
	}
	list := operand{form: formList, name: t.name, typ: t.typ, kind: dump.KindSlice}
	text := constant.StringVal(c)
	switch t.element().kind {
	case dump.KindUint8:
		for i := range len(text) {
			list.elems = append(list.elems, constant.MakeInt64(int64(text[i])))
		}
	case dump.KindInt32:
		for _, r := range text {
			list.elems = append(list.elems, constant.MakeInt64(int64(r)))
		}
	default:
		return operand{}, refused
	}
	list.n = int64(len(list.elems))
	return list, nil
}
