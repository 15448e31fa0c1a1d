package restore

import (
	"go/constant"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// Result is the value of an expression.
type Result struct {
	o     operand
	stale bool
}

// Stale reports whether a variable in the expression may be out of date.
func (r Result) Stale() bool { return r.stale }

// Format writes the result on one line, as Delve's print does.
func (r Result) Format(cfg LoadConfig) string {
	n := r.node(cfg)
	return formatNode(&n, "")
}

// FormatVerb writes the numbers and strings of the result with a verb of package fmt: %x.
func (r Result) FormatVerb(verb string, cfg LoadConfig) (string, error) {
	if err := checkVerb(verb); err != nil {
		return "", err
	}
	n := r.node(cfg)
	return formatNode(&n, verb), nil
}

// TypeName is the name of the result's type; "" for an untyped constant and nil.
func (r Result) TypeName() string { return Printable(r.o.name) }

// Kind is the kind of the result's type.
func (r Result) Kind() dump.Kind { return r.o.kind }

// Value is the value in the dump that the expression denotes; false for what
// was computed or converted.
func (r Result) Value() (dump.Value, bool) { return r.o.v, r.o.form == formValue }

// Address is the address to which a pointer, or a number taken for one, leads.
func (r Result) Address() (uint64, bool) {
	switch {
	case r.o.form == formNil:
		return 0, true
	case r.o.kind == dump.KindPointer || r.o.kind == dump.KindUnsafePointer:
		return r.o.pointer(), r.o.present() == nil
	case isInteger(r.o.kind):
		c, err := r.o.scalar()
		if err != nil || c == nil {
			return 0, false
		}
		return constant.Uint64Val(c)
	}
	return 0, false
}

func (r Result) node(cfg LoadConfig) node {
	l, o := newLoader(cfg), r.o
	switch o.form {
	case formConst:
		return constNode(o)
	case formNil:
		return node{kind: dump.KindInvalid, text: strings.TrimLeft(o.name+" nil", " ")}
	case formPointer:
		t := o.v.Type()
		return node{typ: o.name, kind: o.kind, addr: placeless, children: []node{
			{typ: t.Name(), kind: t.Kind(), addr: o.v.Addr(), onlyAddr: true}}}
	case formWindow:
		return l.window(o)
	case formTail:
		n := outline(o.v)
		l.entries(&n, o.v, o.low, at{})
		return n
	case formList:
		return listNode(o, cfg)
	}
	return l.load(o.v, at{})
}

// window loads a slice of an array, slice or string.
func (l *loader) window(o operand) node {
	n := node{typ: o.name, kind: o.kind, addr: placeless, len: o.n, cap: o.cap}
	if o.kind != dump.KindString {
		l.elements(&n, o.n, o.element, at{})
		return n
	}
	c, err := o.windowText(int64(max(l.cfg.MaxStringLen, 0)))
	if err != nil {
		n.stub = "(" + o.name + ") [" + err.Error() + "]"
		return n
	}
	n.scalar = constant.StringVal(c)
	return n
}

// element gives an element of a formWindow.
func (o operand) element(i int64) dump.Value { return elementAt(o.d, o.v, o.low+i) }

// elementAt gives an element of an array, or of a slice up to its capacity.
func elementAt(d *dump.Dump, v dump.Value, i int64) dump.Value {
	if n, _ := v.Len(); i < n || v.Kind() != dump.KindSlice {
		return v.Index(i)
	}
	elem := v.Type().Elem()
	return d.At(elem, v.Pointer()+uint64(i)*uint64(elem.Size()))
}

func constNode(o operand) node {
	n := node{typ: o.name, kind: o.kind, addr: placeless, scalar: goValue(o.c, o.kind)}
	if s, ok := n.scalar.(string); ok {
		n.len = int64(len(s))
		return n
	}
	if n.text = scalarText(n.scalar, n.kind); n.text == "" {
		n.text = o.c.String()
	}
	if isInteger(n.kind) && o.typ.Valid() {
		if d := constDescription(o.typ, n.scalar); d != "" {
			n.text = d + " (" + n.text + ")"
		}
	}
	return n
}

// goValue turns a constant into what package fmt prints; nil if it does not fit.
func goValue(c constant.Value, k dump.Kind) any {
	switch {
	case c.Kind() == constant.Bool:
		return constant.BoolVal(c)
	case c.Kind() == constant.String:
		return constant.StringVal(c)
	case isSigned(k):
		if i, exact := constant.Int64Val(constant.ToInt(c)); exact {
			return i
		}
	case isUnsigned(k), k == dump.KindUnsafePointer:
		if u, exact := constant.Uint64Val(constant.ToInt(c)); exact {
			return u
		}
	case isFloat(k):
		f, _ := constant.Float64Val(constant.ToFloat(c))
		return f
	case isComplex(k):
		re, _ := constant.Float64Val(constant.Real(c))
		im, _ := constant.Float64Val(constant.Imag(c))
		return complex(re, im)
	}
	return nil
}

// listNode is the tree of a string converted to a slice.
func listNode(o operand, cfg LoadConfig) node {
	n := node{typ: o.name, kind: dump.KindSlice, addr: placeless, len: o.n, cap: o.n}
	for i, c := range o.elems {
		if i >= cfg.MaxArrayValues {
			break
		}
		n.children = append(n.children, constNode(operand{form: formConst, c: c, kind: dump.KindInt32}))
	}
	return n
}
