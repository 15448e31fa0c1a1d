package restore

import (
	"go/ast"
	"go/constant"
	"go/token"

	"github.com/gopostmortem/postmortem/dump"
)

const addToken = token.ADD

func (e *evaluator) unary(x *ast.UnaryExpr) (operand, error) {
	if x.Op == token.AND {
		return e.addressOf(x.X)
	}
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	c, err := o.scalar()
	if err != nil {
		return operand{}, err
	}
	if c == nil || !unaryFits(x.Op, o.kind) {
		return operand{}, fail(ErrOperand, "operator %s can not be applied to %q", x.Op, text(x.X))
	}
	size := uint(0)
	if x.Op == token.XOR && isUnsigned(o.kind) && !o.untyped() {
		size = uint(bitsOf(o.kind))
	}
	return e.wrapped(constant.UnaryOp(x.Op, c, size), o)
}

func unaryFits(op token.Token, k dump.Kind) bool {
	switch op {
	case token.ADD, token.SUB:
		return isNumber(k)
	case token.XOR:
		return isInteger(k)
	case token.NOT:
		return k == dump.KindBool
	}
	return false
}

func (e *evaluator) binary(x *ast.BinaryExpr) (operand, error) {
	a, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	if x.Op == token.LAND || x.Op == token.LOR {
		c, err := a.scalar()
		if err != nil {
			return operand{}, err
		}
		if c != nil && c.Kind() == constant.Bool && constant.BoolVal(c) == (x.Op == token.LOR) {
			return constOperand(c), nil
		}
	}
	b, err := e.eval(x.Y)
	if err != nil {
		return operand{}, err
	}
	for _, o := range []operand{a, b} {
		if err := o.present(); err != nil {
			return operand{}, err
		}
	}
	switch x.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		yes, err := e.compare(x.Op, a, b)
		if err != nil {
			return operand{}, err
		}
		return constOperand(constant.MakeBool(yes)), nil
	case token.SHL, token.SHR:
		return e.shift(x.Op, a, b)
	}
	return e.arithmetic(x, a, b)
}

func (e *evaluator) arithmetic(x *ast.BinaryExpr, a, b operand) (operand, error) {
	like, err := e.common(x.Op, a, b)
	if err != nil {
		return operand{}, err
	}
	ca, err := a.scalar()
	if err != nil {
		return operand{}, err
	}
	cb, err := b.scalar()
	if err != nil {
		return operand{}, err
	}
	if ca == nil || !binaryFits(x.Op, a.kind) {
		return operand{}, fail(ErrOperand, "operator %s can not be applied to %q", x.Op, text(x.X))
	}
	if cb == nil || !binaryFits(x.Op, b.kind) {
		return operand{}, fail(ErrOperand, "operator %s can not be applied to %q", x.Op, text(x.Y))
	}
	op := x.Op
	if op == token.QUO || op == token.REM {
		if constant.Compare(constant.ToComplex(cb), token.EQL, constant.ToComplex(constant.MakeInt64(0))) {
			return operand{}, fail(ErrOperand, "division by zero")
		}
		if op == token.QUO && ca.Kind() == constant.Int && cb.Kind() == constant.Int && !isFloat(like.kind) && !isComplex(like.kind) {
			op = token.QUO_ASSIGN // go/constant's way to ask for integer division
		}
	}
	if tooBig(ca) || tooBig(cb) {
		return operand{}, fail(ErrTooMuch, "the number is too large")
	}
	return e.wrapped(constant.BinaryOp(ca, op, cb), like)
}

func binaryFits(op token.Token, k dump.Kind) bool {
	switch op {
	case token.ADD:
		return isNumber(k) || k == dump.KindString
	case token.SUB, token.MUL, token.QUO:
		return isNumber(k)
	case token.REM, token.AND, token.OR, token.XOR, token.AND_NOT:
		return isInteger(k)
	case token.LAND, token.LOR:
		return k == dump.KindBool
	}
	return false
}

func tooBig(c constant.Value) bool {
	switch c.Kind() {
	case constant.Int:
		return constant.BitLen(c) > maxBits
	case constant.String:
		return len(constant.StringVal(c)) > maxCompareString
	}
	return false
}

func (e *evaluator) shift(op token.Token, a, b operand) (operand, error) {
	ca, err := a.scalar()
	if err != nil {
		return operand{}, err
	}
	n, err := b.integer()
	if err != nil {
		return operand{}, err
	}
	switch {
	case ca == nil || ca.Kind() != constant.Int:
		return operand{}, fail(ErrOperand, "shift of type %s", a.typeName())
	case n < 0:
		return operand{}, fail(ErrOperand, "shift count must not be negative")
	case op == token.SHL && (n > maxBits || tooBig(ca)):
		return operand{}, fail(ErrTooMuch, "the number is too large")
	}
	return e.wrapped(constant.Shift(ca, op, uint(n)), a)
}

// wrapped is a computed value of the type of like, cut to its size as the machine would.
func (e *evaluator) wrapped(c constant.Value, like operand) (operand, error) {
	if c.Kind() == constant.Unknown {
		return operand{}, fail(ErrOperand, "the operation has no result")
	}
	if like.untyped() {
		return constOperand(c), nil
	}
	if isInteger(like.kind) {
		c = fitInteger(c, like.kind)
	}
	return typedConst(c, like.ref()), nil
}

// fitInteger cuts an integer to the size of kind k.
func fitInteger(c constant.Value, k dump.Kind) constant.Value {
	size := bitsOf(k)
	mask := constant.BinaryOp(constant.Shift(constant.MakeInt64(1), token.SHL, uint(size)), token.SUB, constant.MakeInt64(1))
	low, _ := constant.Uint64Val(constant.BinaryOp(c, token.AND, mask))
	if isUnsigned(k) {
		return constant.MakeUint64(low)
	}
	return constant.MakeInt64(int64(low<<(64-size)) >> (64 - size))
}

// common gives the operand whose type the result of a op b has.
func (e *evaluator) common(op token.Token, a, b operand) (operand, error) {
	for _, o := range []operand{a, b} {
		if o.form == formNil {
			return operand{}, fail(ErrOperand, "operator %s can not be applied to \"nil\"", op)
		}
	}
	switch {
	case a.untyped() && b.untyped():
		if b.c.Kind() > a.c.Kind() {
			return b, nil
		}
		return a, nil
	case a.untyped():
		return b, convertible(a, b.kind, b.typeName())
	case b.untyped():
		return a, convertible(b, a.kind, a.typeName())
	case a.name != b.name:
		return operand{}, fail(ErrOperand, "mismatched types %q and %q", a.typeName(), b.typeName())
	}
	return a, nil
}

// assignable reports whether a key expression can be a key of type t.
func (e *evaluator) assignable(o operand, t dump.Type) error {
	switch {
	case o.form == formNil && nillable(t.Kind()), t.Kind() == dump.KindInterface:
		return nil
	case o.untyped():
		return convertible(o, t.Kind(), t.Name())
	case o.name != t.Name():
		return fail(ErrOperand, "can not convert value of type %s to %s", o.typeName(), t.Name())
	}
	return nil
}

func nillable(k dump.Kind) bool {
	switch k {
	case dump.KindPointer, dump.KindUnsafePointer, dump.KindChan, dump.KindMap, dump.KindInterface, dump.KindSlice, dump.KindFunc:
		return true
	}
	return false
}

// convertible reports whether an untyped constant can become a value of kind k.
func convertible(o operand, k dump.Kind, name string) error {
	ok := false
	switch o.c.Kind() {
	case constant.Bool:
		ok = k == dump.KindBool
	case constant.String:
		ok = k == dump.KindString
	case constant.Int:
		ok = isNumber(k)
	case constant.Float:
		ok = isFloat(k) || isComplex(k)
	case constant.Complex:
		ok = isComplex(k)
	}
	if !ok {
		return fail(ErrOperand, "can not convert %s constant to %s", o.c, name)
	}
	return nil
}
