package restore

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// Limits of the evaluator: an expression comes from a user, but also from
// scripts and editors, and the values it works on come from the dump.
const (
	maxExpression = 4096    // bytes
	maxSteps      = 1 << 21 // values looked at
	maxBits       = 4096    // of a computed integer
)

// Eval evaluates a Go expression in the scope: names, selectors, also through
// pointers, interfaces and embedded fields, indexes, slices, map lookups,
// dereference, address, type assertions, conversions, operators, literals, and
// the functions len, cap, real, imag, complex, min and max. A package variable
// is written pkg.Name or "import/path".Name. The errors are of the classes of
// this package.
func (sc Scope) Eval(expr string) (Result, error) {
	left := maxSteps
	return sc.evalWithin(expr, &left)
}

// evalWithin is Eval that takes so many steps at most.
func (sc Scope) evalWithin(expr string, left *int) (Result, error) {
	if len(expr) > maxExpression {
		return Result{}, fail(ErrTooMuch, "the expression is longer than %d bytes", maxExpression)
	}
	tree, err := parser.ParseExpr(expr)
	if err != nil {
		return Result{}, syntaxError(err)
	}
	e := &evaluator{sc: sc, left: *left - len(expr)/stepBytes}
	o, err := e.eval(tree)
	*left = max(e.left, 0)
	if err != nil {
		return Result{}, err
	}
	return Result{o, e.stale}, nil
}

func syntaxError(err error) error {
	text := err.Error()
	if strings.Contains(text, "expected '==', found '='") || strings.Contains(text, "found ':='") {
		return fail(ErrReadOnly, "a dump is read-only: nothing can be assigned")
	}
	return fail(ErrSyntax, "%s", text)
}

// evaluator works out one expression.
type evaluator struct {
	sc   Scope
	left int // steps

	stale bool // a variable that may be out of date is part of the result
}

// step counts work, so that no expression takes for ever.
func (e *evaluator) step() error { return e.steps(1) }

func (e *evaluator) steps(n int64) error {
	if e.left -= int(min(n, maxSteps)); e.left < 0 {
		return fail(ErrTooMuch, "the expression takes too many steps")
	}
	return nil
}

// What is read as fast as one value is looked at, about.
const (
	stepBytes     = 16   // of an expression
	stepText      = 1024 // bytes of a string to compute with
	stepVariables = 2    // among which a name is looked for
)

// textSteps counts the work of computing with a string.
func (e *evaluator) textSteps(o operand) error {
	if o.kind != dump.KindString {
		return nil
	}
	n, _ := o.length()
	return e.steps(min(n, maxCompareString) / stepText)
}

func (e *evaluator) eval(x ast.Expr) (operand, error) {
	if err := e.step(); err != nil {
		return operand{}, err
	}
	o, err := e.evalKind(x)
	if err == nil {
		err = e.textSteps(o)
	}
	return o, err
}

func (e *evaluator) evalKind(x ast.Expr) (operand, error) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return e.eval(x.X)
	case *ast.BasicLit:
		return literal(x)
	case *ast.Ident:
		return e.ident(x.Name)
	case *ast.SelectorExpr:
		return e.selector(x)
	case *ast.IndexExpr:
		return e.indexExpr(x)
	case *ast.SliceExpr:
		return e.sliceExpr(x)
	case *ast.StarExpr:
		return e.dereference(x)
	case *ast.UnaryExpr:
		return e.unary(x)
	case *ast.BinaryExpr:
		return e.binary(x)
	case *ast.TypeAssertExpr:
		return e.assert(x)
	case *ast.CallExpr:
		return e.call(x)
	case *ast.FuncLit:
		return operand{}, fail(ErrReadOnly, "a dump is read-only: no code can be run")
	}
	return operand{}, fail(ErrSyntax, "%s is not an expression that can be evaluated", text(x))
}

// text writes an expression for a message.
func text(x ast.Expr) string { return types.ExprString(x) }

func literal(x *ast.BasicLit) (operand, error) {
	c := constant.MakeFromLiteral(x.Value, x.Kind, 0)
	if c.Kind() == constant.Unknown {
		return operand{}, fail(ErrSyntax, "bad literal %s", x.Value)
	}
	return constOperand(c), nil
}

// ident resolves a name: a variable of the frame, then one of the function's
// package, then what the language defines, then a constant of the package.
func (e *evaluator) ident(name string) (operand, error) {
	if o, ok, err := e.variable(name); ok || err != nil {
		return o, err
	}
	switch name {
	case "true", "false":
		return constOperand(constant.MakeBool(name == "true")), nil
	case "nil":
		return operand{form: formNil}, nil
	}
	if e.sc.framed {
		if c, ok := e.sc.constant(e.sc.f.Function().Package() + "." + name); ok {
			return constOperand(c), nil
		}
	}
	return operand{}, e.unknown(name)
}

// unknown is the error for a name that means nothing here. Where the dump has
// no variables of the frame at all, that is why.
func (e *evaluator) unknown(name string) error {
	if why, ok := e.sc.NoVariables(); ok {
		return fail(ErrUnknown, "could not find symbol value for %s: variables of this frame: %s", name, why.Reason)
	}
	return fail(ErrUnknown, "could not find symbol value for %s", name)
}

func (e *evaluator) variable(name string) (operand, bool, error) {
	if err := e.steps(int64(e.sc.f.NumVariables() / stepVariables)); err != nil {
		return operand{}, false, err
	}
	if v, ok := e.sc.local(name); ok {
		return e.operandOf(v), true, nil
	}
	if !e.sc.framed {
		return operand{}, false, nil
	}
	v, ok, err := e.sc.global(e.sc.f.Function().Package(), name)
	if !ok || err != nil {
		return operand{}, false, err
	}
	return e.operandOf(v), true, nil
}

// operandOf is a variable as a part of an expression.
func (e *evaluator) operandOf(v dump.Variable) operand {
	e.stale = e.stale || outOfDate(v, !v.Value().IsNil())
	o := valueOperand(v.Value())
	if o.name == "" {
		o.typ, o.name, o.kind = v.Type(), v.Type().Name(), v.Type().Kind()
	}
	return o
}

// selector resolves x.name: a field, a package variable, or one of the names Delve made up.
func (e *evaluator) selector(x *ast.SelectorExpr) (operand, error) {
	switch base := x.X.(type) {
	case *ast.BasicLit:
		path, err := strconv.Unquote(base.Value)
		if err != nil || base.Kind != token.STRING {
			return operand{}, fail(ErrSyntax, "%s has no members", base.Value)
		}
		return e.packageVariable(path, x.Sel.Name)
	case *ast.Ident:
		return e.dotted(base.Name, x.Sel.Name)
	case *ast.CallExpr:
		if frame, ok := runtimeFrame(base); ok {
			return e.frameVariable(frame, x.Sel.Name)
		}
	case *ast.SelectorExpr:
		if isCurg(base) && x.Sel.Name == "goid" {
			return constOperand(constant.MakeUint64(uint64(e.sc.g.ID()))), nil
		}
	}
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	return e.member(o, text(x.X), x.Sel.Name)
}

// dotted resolves name.sel, where name is a variable or a package.
func (e *evaluator) dotted(name, sel string) (operand, error) {
	o, ok, err := e.variable(name)
	if err != nil {
		return operand{}, err
	}
	if ok {
		m, err := e.member(o, name, sel)
		if err == nil {
			return m, nil
		}
		if g, _, gerr := e.sc.global(name, sel); gerr == nil && g.Valid() {
			return e.operandOf(g), nil
		}
		return operand{}, err
	}
	switch name {
	case "true", "false", "nil":
		return operand{}, fail(ErrOperand, "%s is not a struct", name)
	}
	return e.packageVariable(name, sel)
}

func (e *evaluator) packageVariable(pkg, name string) (operand, error) {
	v, ok, err := e.sc.global(pkg, name)
	if err != nil {
		return operand{}, err
	}
	if ok {
		return e.operandOf(v), nil
	}
	if c, ok := e.sc.constant(pkg + "." + name); ok {
		return constOperand(c), nil
	}
	return operand{}, e.unknown(pkg)
}

// runtimeFrame recognises runtime.frame(n), the n-th frame of the goroutine.
func runtimeFrame(x *ast.CallExpr) (int, bool) {
	sel, ok := x.Fun.(*ast.SelectorExpr)
	if !ok || len(x.Args) != 1 || sel.Sel.Name != "frame" {
		return 0, false
	}
	pkg, ok := sel.X.(*ast.Ident)
	lit, isLit := x.Args[0].(*ast.BasicLit)
	if !ok || !isLit || pkg.Name != "runtime" {
		return 0, false
	}
	n, err := strconv.Atoi(lit.Value)
	return n, err == nil
}

func isCurg(x *ast.SelectorExpr) bool {
	pkg, ok := x.X.(*ast.Ident)
	return ok && pkg.Name == "runtime" && x.Sel.Name == "curg"
}

func (e *evaluator) frameVariable(frame int, name string) (operand, error) {
	f, ok := e.sc.g.Frame(frame)
	if !ok {
		return operand{}, noFrame(e.sc.g, frame)
	}
	v, ok := Scope{s: e.sc.s, g: e.sc.g, f: f, framed: true}.local(name)
	if !ok {
		return operand{}, fail(ErrUnknown, "could not find symbol value for %s", name)
	}
	return e.operandOf(v), nil
}
