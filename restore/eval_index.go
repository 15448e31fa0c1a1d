package restore

import (
	"go/ast"
	"go/constant"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// indexExpr evaluates x[i] of arrays, slices, strings and maps, also through a pointer.
func (e *evaluator) indexExpr(x *ast.IndexExpr) (operand, error) {
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	if o, err = e.throughPointer(o, text(x.X)); err != nil {
		return operand{}, err
	}
	key, err := e.eval(x.Index)
	if err != nil {
		return operand{}, err
	}
	switch o.kind {
	case dump.KindMap:
		return e.lookup(o, key, text(x.X))
	case dump.KindArray, dump.KindSlice, dump.KindString, dump.KindChan:
		i, err := key.integer()
		if err != nil {
			return operand{}, err
		}
		return e.element(o, i)
	}
	return operand{}, fail(ErrOperand, "expression %q (%s) does not support indexing", text(x.X), o.typeName())
}

// throughPointer gives what a pointer points to, and anything else as it is.
func (e *evaluator) throughPointer(o operand, label string) (operand, error) {
	if err := o.present(); err != nil {
		return operand{}, err
	}
	switch {
	case o.form == formPointer:
		return valueOperand(o.v), nil
	case o.form == formValue && o.kind == dump.KindPointer:
		v, err := e.follow(o.v, label)
		return valueOperand(v), err
	}
	return o, nil
}

// element gives o[i] of an array, slice or string.
func (e *evaluator) element(o operand, i int64) (operand, error) {
	n, ok := o.length()
	switch {
	case !ok:
		return operand{}, o.notKept()
	case i < 0 || i >= n:
		return operand{}, fail(ErrRange, "index out of bounds")
	}
	switch {
	case o.form == formList:
		if i >= int64(len(o.elems)) {
			return operand{}, fail(ErrRange, "index out of bounds")
		}
		return constOperand(o.elems[i]), nil
	case o.kind == dump.KindString:
		return e.stringByte(o, i)
	case o.form == formWindow:
		return valueOperand(o.element(i)), nil
	}
	return valueOperand(o.v.Index(i)), nil
}

func (e *evaluator) stringByte(o operand, i int64) (operand, error) {
	if o.form == formValue {
		n, _ := o.v.Len()
		o = operand{form: formWindow, typ: o.typ, name: o.name, kind: o.kind, v: o.v, n: n}
	}
	if o.form == formWindow {
		o.low, o.n = o.low+i, 1
		c, err := o.windowText(1)
		if err != nil {
			return operand{}, err
		}
		o, i = constOperand(c), 0
	}
	b := constant.StringVal(o.c)[i]
	return typedConst(constant.MakeInt64(int64(b)), typeRef{name: "uint8", kind: dump.KindUint8}), nil
}

// lookup finds an entry of a map by a key that an expression gives.
func (e *evaluator) lookup(o, key operand, label string) (operand, error) {
	if o.v.IsNil() {
		return operand{}, fail(ErrRange, "key not found: %s is nil", label)
	}
	if err := e.assignable(key, o.typ.Key()); err != nil {
		return operand{}, err
	}
	unread := false
	for k, elem := range o.v.Entries() {
		if err := e.step(); err != nil {
			return operand{}, err
		}
		same, err := e.equal(valueOperand(k), key, 0)
		switch {
		case err != nil:
			unread = true // this key is not whole, the next may be
		case same:
			return valueOperand(elem), nil
		}
	}
	n, ok := o.v.Len()
	if !ok {
		return operand{}, o.notKept()
	}
	if kept, stub := o.v.Kept(); kept < n || unread {
		if stub.Reason == mock.Unknown {
			stub.Detail = "some keys are not whole"
		}
		return operand{}, fail(ErrAbsent, "key not found among the %d of %d entries in the dump [%s]", kept, n, remarkText(stub))
	}
	return operand{}, fail(ErrRange, "key not found")
}

// sliceExpr evaluates x[low:high]. Of a map, m[n:] leaves out the first n entries.
func (e *evaluator) sliceExpr(x *ast.SliceExpr) (operand, error) {
	if x.Slice3 {
		return operand{}, fail(ErrSyntax, "3-index slice expressions not supported")
	}
	o, err := e.eval(x.X)
	if err != nil {
		return operand{}, err
	}
	if err := o.present(); err != nil {
		return operand{}, err
	}
	if o.kind == dump.KindPointer && o.form == formValue && o.typ.Elem().Kind() == dump.KindArray {
		if o, err = e.throughPointer(o, text(x.X)); err != nil {
			return operand{}, err
		}
	}
	low, err := e.bound(x.Low, 0)
	if err != nil {
		return operand{}, err
	}
	if o.kind == dump.KindMap {
		return e.mapTail(o, low, x.High != nil)
	}
	length, _ := o.length()
	high, err := e.bound(x.High, length)
	if err != nil {
		return operand{}, err
	}
	return e.window(o, low, high, text(x.X))
}

func (e *evaluator) bound(x ast.Expr, otherwise int64) (int64, error) {
	if x == nil {
		return otherwise, nil
	}
	o, err := e.eval(x)
	if err != nil {
		return 0, err
	}
	return o.integer()
}

func (e *evaluator) mapTail(o operand, low int64, bounded bool) (operand, error) {
	n, ok := o.v.Len()
	switch {
	case bounded:
		return operand{}, fail(ErrOperand, "second slice argument must be empty for maps")
	case !ok:
		return operand{}, o.notKept()
	case low < 0 || low+o.low >= n:
		return operand{}, fail(ErrRange, "map index out of bounds")
	}
	o.form, o.low = formTail, o.low+low
	return o, nil
}

// window gives o[low:high] of an array, slice or string.
func (e *evaluator) window(o operand, low, high int64, label string) (operand, error) {
	n, ok := o.length()
	limit, name, capacity := n, o.name, n
	switch o.kind {
	case dump.KindString:
	case dump.KindArray:
		name = "[]" + o.typ.Elem().Name()
	case dump.KindSlice:
		switch o.form {
		case formValue:
			capacity = capacityOf(o.v)
		case formWindow:
			capacity = o.cap
		}
		limit = max(n, capacity)
	default:
		return operand{}, fail(ErrOperand, "can not slice %q (type %s)", label, o.typeName())
	}
	switch {
	case o.form == formValue && o.kind == dump.KindSlice && o.v.IsNil():
		return operand{}, fail(ErrNil, "can not slice %q: it is nil", label)
	case !ok || low < 0 || low > high || high > limit:
		return operand{}, fail(ErrRange, "index out of bounds")
	case o.form == formConst:
		return constOperand(constant.MakeString(constant.StringVal(o.c)[low:high])), nil
	case o.form == formList:
		if high > int64(len(o.elems)) {
			return operand{}, fail(ErrRange, "index out of bounds")
		}
		o.elems, o.n = o.elems[low:high], high-low
		return o, nil
	}
	w := operand{form: formWindow, name: name, kind: dump.KindSlice, d: e.sc.s.d, v: o.v, low: o.low + low, n: high - low, cap: unknownCap}
	if capacity != unknownCap {
		w.cap = capacity - low
	}
	if o.kind == dump.KindString {
		w.kind, w.typ, w.cap = dump.KindString, o.typ, 0
	}
	if o.kind == dump.KindSlice {
		w.typ = o.typ
	}
	return w, nil
}
