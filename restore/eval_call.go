package restore

import (
	"go/ast"
	"go/constant"
	"go/token"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// call evaluates what looks like a call: a function of the language, or a
// conversion. Everything else would run code of the program, and is refused.
func (e *evaluator) call(x *ast.CallExpr) (operand, error) {
	if id, ok := x.Fun.(*ast.Ident); ok {
		if fn, ok := builtins[id.Name]; ok {
			return e.builtin(id.Name, fn, x.Args)
		}
	}
	if len(x.Args) != 1 || x.Ellipsis.IsValid() {
		return operand{}, callRefused(x)
	}
	t, err := e.typeOf(x.Fun)
	if err != nil {
		if onlyType(x.Fun) {
			return operand{}, err
		}
		return operand{}, callRefused(x)
	}
	o, err := e.eval(x.Args[0])
	if err != nil {
		return operand{}, err
	}
	if err := o.present(); err != nil {
		return operand{}, err
	}
	return e.convert(o, t, text(x.Args[0]))
}

func callRefused(x *ast.CallExpr) error {
	return fail(ErrReadOnly, "can not call %s: a dump is read-only, and no code of the program is run", text(x.Fun))
}

// onlyType reports whether x can be nothing but a type.
func onlyType(x ast.Expr) bool {
	for {
		switch y := x.(type) {
		case *ast.ParenExpr:
			x = y.X
			if lit, ok := x.(*ast.BasicLit); ok {
				return lit.Kind == token.STRING
			}
			if _, ok := x.(*ast.StarExpr); ok {
				return true
			}
		case *ast.BasicLit, *ast.StarExpr, *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType, *ast.StructType:
			return true
		default:
			return false
		}
	}
}

type builtin func(e *evaluator, args []operand, x []ast.Expr) (operand, error)

var builtins map[string]builtin

func init() {
	builtins = map[string]builtin{
		"len": builtinLen, "cap": builtinCap, "real": builtinReal, "imag": builtinImag, "complex": builtinComplex,
		"min": func(e *evaluator, a []operand, x []ast.Expr) (operand, error) { return e.extreme("min", token.LSS, a) },
		"max": func(e *evaluator, a []operand, x []ast.Expr) (operand, error) { return e.extreme("max", token.GTR, a) },
	}
}

func (e *evaluator) builtin(name string, fn builtin, x []ast.Expr) (operand, error) {
	want := map[string]int{"len": 1, "cap": 1, "real": 1, "imag": 1, "complex": 2}
	if n, fixed := want[name]; fixed && len(x) != n {
		return operand{}, fail(ErrOperand, "wrong number of arguments to %s: %d", name, len(x))
	}
	var args []operand
	for _, arg := range x {
		o, err := e.eval(arg)
		if err != nil {
			return operand{}, err
		}
		if err := o.present(); err != nil {
			return operand{}, err
		}
		args = append(args, o)
	}
	return fn(e, args, x)
}

func invalidArgument(o operand, x ast.Expr, name string) error {
	return fail(ErrOperand, "invalid argument %s (type %s) for %s", text(x), o.typeName(), name)
}

// arrayBehind gives the array that a pointer points to, for len and cap.
func (e *evaluator) arrayBehind(o operand) (operand, error) {
	if o.kind != dump.KindPointer || o.form != formValue {
		return o, nil
	}
	t := o.typ.Elem()
	switch {
	case t.Kind() == dump.KindArray && !t.Incomplete():
		return typedConst(constant.MakeInt64(t.Len()), typeRef{kind: dump.KindArray, typ: t}), nil
	case t.Kind() == dump.KindArray:
		return o, &AbsentError{Stub: mock.Stub{Reason: mock.Disabled, Type: t.Name(), Len: -1, Detail: "its length"}}
	case !t.Valid() && t.ID() != 0:
		s, _ := o.v.Elem().Stub()
		return o, &AbsentError{Stub: s}
	}
	return o, nil
}

func builtinLen(e *evaluator, args []operand, x []ast.Expr) (operand, error) {
	o, err := e.arrayBehind(args[0])
	if err != nil {
		return operand{}, err
	}
	switch o.kind {
	case dump.KindArray:
		return constOperand(constant.MakeInt64(arrayLen(o))), nil
	case dump.KindString, dump.KindSlice, dump.KindMap, dump.KindChan:
	default:
		return operand{}, invalidArgument(o, x[0], "len")
	}
	if n, ok := o.length(); ok {
		return constOperand(constant.MakeInt64(n)), nil
	}
	if o.v.IsNil() {
		return constOperand(constant.MakeInt64(0)), nil
	}
	return operand{}, o.notKept()
}

func arrayLen(o operand) int64 {
	if o.form == formConst {
		n, _ := constant.Int64Val(o.c)
		return n
	}
	return o.typ.Len()
}

func builtinCap(e *evaluator, args []operand, x []ast.Expr) (operand, error) {
	o, err := e.arrayBehind(args[0])
	if err != nil {
		return operand{}, err
	}
	switch o.kind {
	case dump.KindArray:
		return constOperand(constant.MakeInt64(arrayLen(o))), nil
	case dump.KindSlice, dump.KindChan:
	default:
		return operand{}, invalidArgument(o, x[0], "cap")
	}
	n, ok := o.cap, true
	switch o.form {
	case formValue:
		n, ok = o.v.Cap()
	case formList:
		n = o.n
	}
	if !ok && !o.v.IsNil() || n == unknownCap {
		_, stub := o.v.Kept()
		if stub.Reason == mock.Unknown { // its elements are there
			stub = mock.Stub{Reason: mock.OptimizedOut, Len: -1, Detail: "its capacity"}
		}
		return operand{}, &AbsentError{Stub: stub}
	}
	return constOperand(constant.MakeInt64(n)), nil
}

func builtinReal(e *evaluator, args []operand, x []ast.Expr) (operand, error) {
	return part(args[0], x[0], "real", constant.Real)
}

func builtinImag(e *evaluator, args []operand, x []ast.Expr) (operand, error) {
	return part(args[0], x[0], "imag", constant.Imag)
}

func part(o operand, x ast.Expr, name string, of func(constant.Value) constant.Value) (operand, error) {
	c, err := o.scalar()
	if err != nil {
		return operand{}, err
	}
	if c == nil || !isNumber(o.kind) {
		return operand{}, invalidArgument(o, x, name)
	}
	return constOperand(of(c)), nil
}

func builtinComplex(e *evaluator, args []operand, x []ast.Expr) (operand, error) {
	re, im, err := scalars(args[0], args[1])
	if err != nil {
		return operand{}, err
	}
	for i, c := range []constant.Value{re, im} {
		if c == nil || !isInteger(args[i].kind) && !isFloat(args[i].kind) {
			return operand{}, fail(ErrOperand, "invalid argument %d %s (type %s) to complex", i+1, text(x[i]), args[i].typeName())
		}
	}
	c := constant.BinaryOp(re, token.ADD, constant.MakeImag(im))
	t := typeRef{name: "complex128", kind: dump.KindComplex128}
	if args[0].kind == dump.KindFloat32 || args[1].kind == dump.KindFloat32 {
		t = typeRef{name: "complex64", kind: dump.KindComplex64}
	}
	return typedConst(constant.ToComplex(c), t), nil
}

// extreme evaluates min and max.
func (e *evaluator) extreme(name string, op token.Token, args []operand) (operand, error) {
	if len(args) == 0 {
		return operand{}, fail(ErrOperand, "not enough arguments to %s", name)
	}
	best := args[0]
	for _, o := range args[1:] {
		better, err := e.compare(op, o, best)
		if err != nil {
			return operand{}, err
		}
		if better {
			best = o
		}
	}
	return best, nil
}
