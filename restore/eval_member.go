package restore

import (
	"go/ast"
	"go/constant"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// member resolves o.name; label is how the user wrote o.
func (e *evaluator) member(o operand, label, name string) (operand, error) {
	if err := o.present(); err != nil {
		return operand{}, err
	}
	switch {
	case o.form == formPointer:
		o = valueOperand(o.v)
	case o.form != formValue:
		return operand{}, fail(ErrOperand, "%s (type %s) is not a struct", label, o.typeName())
	}
	switch o.kind {
	case dump.KindInterface:
		v, err := e.dynamic(o, label)
		if err != nil {
			return operand{}, err
		}
		return e.member(v, label, name)
	case dump.KindFunc:
		return e.captured(o, label, name)
	case dump.KindChan:
		return e.channelField(o, label, name)
	}
	v, err := e.follow(o.v, label)
	if err != nil {
		return operand{}, err
	}
	if v.Kind() != dump.KindStruct && v.Kind() != dump.KindInterface {
		return operand{}, fail(ErrOperand, "%s (type %s) has no member %s", label, o.typeName(), name)
	}
	field, ok, err := e.promoted(v, name)
	if err != nil {
		return operand{}, err
	}
	if !ok {
		return operand{}, fail(ErrUnknown, "%s has no member %s", label, name)
	}
	return valueOperand(field), nil
}

// follow goes through a pointer, if v is one.
func (e *evaluator) follow(v dump.Value, label string) (dump.Value, error) {
	if v.Kind() != dump.KindPointer {
		return v, nil
	}
	if v.IsNil() {
		return v, fail(ErrNil, "%s is nil", label)
	}
	elem := v.Elem()
	if s, absent := absence(elem); absent {
		if s.Type == "" {
			s.Type = v.Type().Elem().Name()
		}
		return v, &AbsentError{Stub: s}
	}
	return elem, nil
}

// promoted finds a field of a struct: its own, then those of its embedded
// fields, level by level, through pointers and interfaces, as Delve does.
func (e *evaluator) promoted(v dump.Value, name string) (dump.Value, bool, error) {
	queue, seen := []dump.Value{v}, map[uint32]bool{}
	for len(queue) > 0 {
		if err := e.step(); err != nil {
			return dump.Value{}, false, err
		}
		v, queue = queue[0], queue[1:]
		if seen[v.Type().ID()] {
			continue
		}
		seen[v.Type().ID()] = true
		if v.Kind() == dump.KindPointer || v.Kind() == dump.KindInterface {
			if v = v.Elem(); v.Kind() == dump.KindPointer {
				v = v.Elem()
			}
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Name == name || f.Embedded && lastName(f.Name) == name {
				return v.Field(i), true, nil
			}
			if f.Embedded {
				queue = append(queue, v.Field(i))
			}
		}
	}
	return dump.Value{}, false, nil
}

// lastName is the name of a type without its package.
func lastName(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }

// dynamic gives what an interface holds.
func (e *evaluator) dynamic(o operand, label string) (operand, error) {
	if o.v.IsNil() {
		return operand{}, fail(ErrNil, "%s is nil", label)
	}
	v := valueOperand(o.v.Elem())
	return v, v.present()
}

// captured resolves a variable that a closure holds.
func (e *evaluator) captured(o operand, label, name string) (operand, error) {
	if o.v.IsNil() {
		return operand{}, fail(ErrNil, "%s is nil", label)
	}
	f, ok := o.v.Func()
	if !ok {
		return operand{}, o.notKept()
	}
	for _, v := range f.Captured {
		if v.Name() == name {
			return e.operandOf(v), nil
		}
	}
	return operand{}, fail(ErrUnknown, "%s has no member %s", label, name)
}

// channelField gives what the runtime's description of a channel would.
func (e *evaluator) channelField(o operand, label, name string) (operand, error) {
	c, ok := o.v.ChanInfo()
	switch {
	case o.v.IsNil():
		return operand{}, fail(ErrNil, "%s is nil", label)
	case !ok:
		return operand{}, o.notKept()
	}
	switch name {
	case "qcount":
		return constOperand(constant.MakeInt64(c.Len)), nil
	case "dataqsiz":
		return constOperand(constant.MakeInt64(c.Cap)), nil
	case "closed":
		return constOperand(constant.MakeBool(c.Closed)), nil
	}
	return operand{}, fail(ErrUnknown, "%s has no member %s", label, name)
}

// dereference evaluates *x.
func (e *evaluator) dereference(x *ast.StarExpr) (operand, error) {
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	if err := o.present(); err != nil {
		return operand{}, err
	}
	switch {
	case o.form == formNil:
		return operand{}, fail(ErrNil, "nil can not be dereferenced")
	case o.kind != dump.KindPointer:
		return operand{}, fail(ErrOperand, "expression %q (%s) can not be dereferenced", text(x.X), o.typeName())
	case o.form == formPointer:
		return valueOperand(o.v), nil
	case o.v.IsNil():
		return operand{}, fail(ErrNil, "nil pointer dereference")
	}
	return valueOperand(o.v.Elem()), nil
}

// addressOf evaluates &x.
func (e *evaluator) addressOf(x ast.Expr) (operand, error) {
	o, err := e.eval(x)
	if err != nil {
		return operand{}, err
	}
	if o.form != formValue || o.v.Addr() == 0 {
		return operand{}, fail(ErrOperand, "can not take address of %q", text(x))
	}
	return operand{form: formPointer, name: "*" + o.name, kind: dump.KindPointer, v: o.v}, nil
}

// assert evaluates x.(T), and Delve's x.(data) for whatever is there.
func (e *evaluator) assert(x *ast.TypeAssertExpr) (operand, error) {
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	if err := o.present(); err != nil {
		return operand{}, err
	}
	if o.form != formValue || o.kind != dump.KindInterface {
		return operand{}, fail(ErrOperand, "expression %q not an interface", text(x.X))
	}
	if x.Type == nil {
		return operand{}, fail(ErrSyntax, "use of .(type) outside a type switch")
	}
	if o.v.IsNil() {
		return operand{}, fail(ErrNil, "interface conversion: %s is nil, not %s", o.name, text(x.Type))
	}
	have, ok := o.v.Dynamic()
	if !ok {
		return e.dynamic(o, text(x.X))
	}
	if id, ok := x.Type.(*ast.Ident); !ok || id.Name != "data" {
		want, err := e.typeOf(x.Type)
		if err != nil {
			return operand{}, err
		}
		if want.name != have.Name() {
			return operand{}, fail(ErrOperand, "interface conversion: %s is %s, not %s", o.name, have.Name(), want.name)
		}
	}
	return e.dynamic(o, text(x.X))
}
