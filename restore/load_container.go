package restore

import (
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// list loads the elements of an array or slice.
func (l *loader) list(n *node, v dump.Value, a at) {
	n.len, _ = v.Len()
	n.cap = capacityOf(v)
	n.isNil = n.kind == dump.KindSlice && v.IsNil()
	l.elements(n, n.len, v.Index, a)
}

// unknownCap stands for the capacity of a slice that has lost it.
const unknownCap = -1

// capacityOf is the capacity of an array or slice, unknownCap if it is lost.
func capacityOf(v dump.Value) int64 {
	n, ok := v.Cap()
	if _, absent := v.Stub(); !ok && !absent {
		return unknownCap
	}
	return n
}

// elements loads n.len elements, or as many as the limits allow, by their index.
func (l *loader) elements(n *node, total int64, index func(int64) dump.Value, a at) {
	count := min(total, int64(max(l.cfg.MaxArrayValues, 0)))
	if l.spent(a) {
		return
	}
	for i := int64(0); i < count && l.left > 0; i++ {
		if s, absent := absence(index(i)); absent && l.restAbsent(i+1, count, index) {
			l.cut(n, s)
			return
		}
		n.children = append(n.children, l.load(index(i), a.element()))
	}
}

// restAbsent reports whether no element from i on is there.
func (l *loader) restAbsent(i, count int64, index func(int64) dump.Value) bool {
	for ; i < count; i++ {
		if _, absent := absence(index(i)); !absent {
			return false
		}
	}
	return true
}

// cut marks a list of which the tail, or everything, is absent.
func (l *loader) cut(n *node, s mock.Stub) {
	if len(n.children) == 0 {
		s.Type = n.typ
		n.absent(s, n.len)
		return
	}
	n.remark = remarkText(s)
}

// mapping loads the entries of a map.
func (l *loader) mapping(n *node, v dump.Value, a at) { l.entries(n, v, 0, a) }

// entries loads the entries of a map behind the first skip.
func (l *loader) entries(n *node, v dump.Value, skip int64, a at) {
	if v.IsNil() {
		n.isNil = true
		return
	}
	length, ok := v.Len()
	kept, stub := v.Kept()
	if !ok {
		n.absent(stub, 0)
		return
	}
	n.len = length
	want := min(length-skip, int64(max(l.cfg.MaxArrayValues, 0)))
	if want <= 0 || a.level > l.cfg.MaxVariableRecurse || l.spent(a) {
		return
	}
	if kept <= skip {
		n.absent(stub, length)
		return
	}
	var i int64
	for key, elem := range v.Entries() {
		if i++; i <= skip {
			continue
		}
		n.children = append(n.children, l.load(key, a.element()), l.load(elem, a.element()))
		if i-skip >= want || l.left <= 0 {
			break
		}
	}
	if kept-skip < want {
		n.remark = remarkText(stub)
	}
}

// channel loads how full a channel is.
func (l *loader) channel(n *node, v dump.Value) {
	if v.IsNil() {
		n.isNil = true
		return
	}
	length, known := v.Len()
	capacity, ok := v.Cap()
	if !ok || !known {
		_, s := v.Kept()
		n.absent(s, 0)
		return
	}
	n.len, n.cap = length, capacity
	n.text = strconv.FormatInt(length, 10) + "/" + strconv.FormatInt(capacity, 10)
}
