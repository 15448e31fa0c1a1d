package restore

import (
	"go/constant"
	"go/token"

	"github.com/gopostmortem/postmortem/dump"
)

// compare evaluates a op b for the six operators that compare.
func (e *evaluator) compare(op token.Token, a, b operand) (bool, error) {
	if a.form == formNil || b.form == formNil {
		return compareNil(op, a, b)
	}
	if a.kind != dump.KindInterface && b.kind != dump.KindInterface {
		if _, err := e.common(op, a, b); err != nil {
			return false, err
		}
	}
	if op == token.EQL || op == token.NEQ {
		same, err := e.equal(a, b, 0)
		return same == (op == token.EQL), err
	}
	ca, cb, err := scalars(a, b)
	if err != nil {
		return false, err
	}
	if ca == nil || cb == nil || !ordered(a.kind) || !ordered(b.kind) {
		return false, fail(ErrOperand, "operator %s not defined on %s", op, a.typeName())
	}
	return constant.Compare(ca, op, cb), nil
}

func ordered(k dump.Kind) bool { return isInteger(k) || isFloat(k) || k == dump.KindString }

func scalars(a, b operand) (ca, cb constant.Value, err error) {
	if ca, err = a.scalar(); err != nil {
		return nil, nil, err
	}
	cb, err = b.scalar()
	return ca, cb, err
}

func compareNil(op token.Token, a, b operand) (bool, error) {
	if a.form == formNil {
		a = b
	}
	switch {
	case op != token.EQL && op != token.NEQ:
		return false, fail(ErrOperand, "operator %s can not be applied to \"nil\"", op)
	case a.form != formNil && !nillable(a.kind):
		return false, fail(ErrOperand, "can not compare %s to nil", a.typeName())
	}
	isNil := a.form == formNil || a.form == formValue && a.v.IsNil()
	return isNil == (op == token.EQL), nil
}

// equal reports whether two values of comparable types are the same.
func (e *evaluator) equal(a, b operand, depth int) (bool, error) {
	if err := e.step(); err != nil {
		return false, err
	}
	if depth > maxDepth {
		return false, fail(ErrTooMuch, "values too deep for comparison")
	}
	for _, o := range []operand{a, b} {
		if err := o.present(); err != nil {
			return false, err
		}
	}
	if a.kind == dump.KindString && b.kind == dump.KindString {
		na, _ := a.length()
		nb, _ := b.length()
		if na != nb {
			return false, nil
		}
		if err := e.textSteps(a); err != nil {
			return false, err
		}
	}
	if a.kind == dump.KindInterface || b.kind == dump.KindInterface {
		return e.equalInterfaces(a, b, depth)
	}
	ca, cb, err := scalars(a, b)
	switch {
	case err != nil:
		return false, err
	case ca != nil && cb != nil:
		return comparable(ca, cb) && constant.Compare(ca, token.EQL, cb), nil
	}
	return e.equalParts(a, b, depth)
}

// comparable reports whether go/constant can compare the two.
func comparable(a, b constant.Value) bool {
	number := func(c constant.Value) bool { return c.Kind() >= constant.Int }
	return a.Kind() == b.Kind() || number(a) && number(b)
}

func (e *evaluator) equalParts(a, b operand, depth int) (bool, error) {
	if a.kind != b.kind {
		return false, nil
	}
	switch a.kind {
	case dump.KindPointer, dump.KindUnsafePointer, dump.KindChan:
		return a.pointer() == b.pointer(), nil
	case dump.KindStruct:
		if a.v.NumField() != b.v.NumField() {
			return false, nil
		}
		return e.equalAll(int64(a.v.NumField()), depth,
			func(i int64) dump.Value { return a.v.Field(int(i)) }, func(i int64) dump.Value { return b.v.Field(int(i)) })
	case dump.KindArray:
		na, _ := a.v.Len()
		if nb, _ := b.v.Len(); na != nb {
			return false, nil
		}
		return e.equalAll(na, depth, a.v.Index, b.v.Index)
	}
	return false, fail(ErrOperand, "can not compare %s variables", a.kind)
}

func (e *evaluator) equalAll(n int64, depth int, a, b func(int64) dump.Value) (bool, error) {
	for i := range n {
		same, err := e.equal(valueOperand(a(i)), valueOperand(b(i)), depth+1)
		if !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// equalInterfaces compares dynamic types and values; one side may be no interface.
func (e *evaluator) equalInterfaces(a, b operand, depth int) (bool, error) {
	unwrap := func(o operand) (operand, bool) {
		if o.kind != dump.KindInterface {
			return o, false
		}
		return valueOperand(o.v.Elem()), o.v.IsNil()
	}
	da, nilA := unwrap(a)
	db, nilB := unwrap(b)
	if nilA || nilB {
		return nilA && nilB, nil
	}
	for _, o := range []operand{da, db} {
		if o.form == formValue && !o.typ.Valid() {
			return false, o.present()
		}
	}
	if !da.untyped() && !db.untyped() && da.name != db.name {
		return false, nil
	}
	return e.equal(da, db, depth+1)
}
