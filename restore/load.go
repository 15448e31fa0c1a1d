package restore

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// loader turns values into trees. How deep it goes and where it stops is
// Delve's way: the level counts structs, maps, interfaces' structs and array
// elements that are inside each other; a pointer is followed without
// counting, unless it leads to a pointer or an interface.
type loader struct {
	cfg     LoadConfig
	left    int // nodes
	reading *Reading

	followed bool // a reference to other memory is part of the tree
}

func newLoader(cfg LoadConfig) *loader { return &loader{cfg: cfg, left: maxNodes} }

// at is how deep the loader is: level is Delve's count, depth ours of everything.
type at struct{ level, depth int }

func (a at) deeper() at  { return at{a.level, a.depth + 1} }
func (a at) element() at { return at{a.level + 1, a.depth + 1} }

// spent reports whether nothing more may be loaded below a.
func (l *loader) spent(a at) bool { return l.left <= 0 || a.depth >= maxDepth }

// outline is a value before it is loaded.
func outline(v dump.Value) node {
	return node{typ: v.Type().Name(), kind: v.Kind(), addr: addrOf(v)}
}

// load makes the tree of one value.
func (l *loader) load(v dump.Value, a at) node {
	l.left--
	n := outline(v)
	if l.reading == nil {
		l.reading = NewReading(v.Dump())
	}
	if l.reading.Spent() {
		n.stub, n.why = "...", "too much to read"
		return n
	}
	if s, absent := absence(v); absent {
		n.absent(s, 0)
		return n
	}
	n.ptr = v.Pointer()
	l.followed = l.followed || holdsOther(v)
	switch n.kind {
	case dump.KindPointer:
		l.pointer(&n, v, a)
	case dump.KindUnsafePointer:
		n.scalar = v.Pointer()
	case dump.KindChan:
		l.channel(&n, v)
	case dump.KindMap:
		l.mapping(&n, v, a)
	case dump.KindSlice, dump.KindArray:
		l.list(&n, v, a)
	case dump.KindString:
		l.str(&n, v)
	case dump.KindStruct:
		l.structure(&n, v, a)
	case dump.KindInterface:
		l.iface(&n, v, a)
	case dump.KindFunc:
		l.function(&n, v)
	default:
		if !loadScalar(&n, v) {
			n.absent(mock.Stub{Reason: mock.Unsupported, Len: -1}, 0)
		}
	}
	return n
}

// absence says why a value as a whole is not there.
func absence(v dump.Value) (mock.Stub, bool) {
	if s, ok := v.Stub(); ok {
		return s, true
	}
	if !v.Valid() || v.Kind() == dump.KindInvalid {
		return mock.Stub{Reason: mock.Unknown, Len: -1}, true
	}
	return mock.Stub{}, false
}

// loadScalar reads what is not made of other values.
func loadScalar(n *node, v dump.Value) (ok bool) {
	switch {
	case n.kind == dump.KindBool:
		n.scalar, ok = v.Bool()
	case isSigned(n.kind):
		n.scalar, ok = v.Int()
	case isUnsigned(n.kind):
		n.scalar, ok = v.Uint()
	case isFloat(n.kind):
		n.scalar, ok = v.Float()
	case isComplex(n.kind):
		n.scalar, ok = v.Complex()
	}
	n.text = scalarText(n.scalar, n.kind)
	if ok && isInteger(n.kind) {
		if d := constDescription(v.Type(), n.scalar); d != "" {
			n.text = d + " (" + n.text + ")"
		}
	}
	return ok
}

// scalarText writes a number as Delve does.
func scalarText(scalar any, k dump.Kind) string {
	switch x := scalar.(type) {
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case uint64:
		return strconv.FormatUint(x, 10)
	case float64:
		return floatText(x, bitsOf(k))
	case complex128:
		return "(" + floatText(real(x), bitsOf(k)/2) + " + " + floatText(imag(x), bitsOf(k)/2) + "i)"
	}
	return ""
}

func floatText(f float64, bits int) string {
	if f == 0 {
		return "0" // no sign, as in Delve
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// pointer loads what a pointer points to.
func (l *loader) pointer(n *node, v dump.Value, a at) {
	if v.IsNil() {
		t := v.Type().Elem()
		n.children = []node{{typ: cmp.Or(t.Name(), strings.TrimPrefix(n.typ, "*")), kind: t.Kind()}}
		return
	}
	n.children = []node{l.target(v.Elem(), v.Type().Elem(), v.Pointer(), a)}
}

// target loads the value at the end of a pointer, or only says where it is.
func (l *loader) target(elem dump.Value, t dump.Type, addr uint64, a at) node {
	there := node{typ: t.Name(), kind: t.Kind(), addr: addr, onlyAddr: true}
	next, known := a.deeper(), true
	switch t.Kind() {
	case dump.KindInterface:
		next.level++
	case dump.KindPointer:
		next.level++
		known = a.level <= l.cfg.MaxVariableRecurse
	}
	if !l.cfg.FollowPointers || !known || l.spent(a) {
		return there
	}
	if s, absent := absence(elem); absent {
		there.remark = remarkText(s)
		return there
	}
	l.followed = true
	return l.load(elem, next)
}

// holdsOther reports whether what is shown of a value lies where it points to.
// A pointer by itself is an address.
func holdsOther(v dump.Value) bool {
	switch v.Kind() {
	case dump.KindString, dump.KindSlice:
		n, _ := v.Len()
		return n > 0
	case dump.KindMap, dump.KindChan, dump.KindFunc:
		return !v.IsNil()
	case dump.KindInterface:
		t, ok := v.Dynamic()
		return ok && t.Kind() != dump.KindPointer
	}
	return false
}

// str loads a string.
func (l *loader) str(n *node, v dump.Value) {
	n.len, _ = v.Len()
	s, stub, ok := v.Text(max(l.cfg.MaxStringLen, 0))
	want := min(n.len, int64(l.cfg.MaxStringLen))
	n.scalar = s
	switch {
	case !ok:
		n.absent(stub, n.len)
	case int64(len(s)) >= want:
	case len(s) == 0:
		n.absent(stub, n.len)
	default:
		n.remark = remarkText(stub)
	}
}

// structure loads the fields of a struct.
func (l *loader) structure(n *node, v dump.Value, a at) {
	n.len = int64(v.NumField())
	if a.level > l.cfg.MaxVariableRecurse || l.spent(a) {
		return
	}
	count := v.NumField()
	if l.cfg.MaxStructFields >= 0 {
		count = min(count, l.cfg.MaxStructFields)
	}
	for i := range count {
		if l.left <= 0 {
			break
		}
		child := l.load(v.Field(i), a.element())
		child.name = v.Type().Field(i).Name
		n.children = append(n.children, child)
	}
	if n.typ == "time.Time" && len(n.children) > 0 {
		n.text = timeText(v)
	}
}

// iface loads the dynamic value of an interface.
func (l *loader) iface(n *node, v dump.Value, a at) {
	if v.IsNil() {
		n.isNil = true
		return
	}
	t, ok := v.Dynamic()
	if !ok {
		s, _ := absence(v.Elem())
		n.absent(s, 0)
		return
	}
	data := v.Elem()
	child := node{typ: t.Name(), kind: t.Kind(), addr: addrOf(data), onlyAddr: true}
	if t.Kind() == dump.KindPointer {
		child.addr = addrOf(v) + 8
	}
	if a.level <= l.cfg.MaxVariableRecurse && !l.spent(a) {
		word := child.addr
		child = l.load(data, a.deeper())
		child.addr = word
	}
	n.children = []node{child}
}

// function loads a func value's name.
func (l *loader) function(n *node, v dump.Value) {
	if v.IsNil() {
		n.isNil = true
		return
	}
	f, ok := v.Function()
	if !ok || f.Name() == "" {
		_, s := v.Kept()
		n.absent(s, 0)
		return
	}
	n.text = f.Name()
}
