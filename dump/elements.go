package dump

import (
	"iter"
	"math"
	"math/bits"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Len is the length of a string, slice, array, map or channel, as the program saw it.
func (v Value) Len() (int64, bool) {
	switch v.Kind() {
	case KindArray:
		return v.Type().Len(), true
	case KindString, KindSlice:
		if _, lost := v.Stub(); lost {
			return 0, false
		}
		n, ok := v.word(wordSize)
		return int64(n), ok
	case KindMap:
		m, n := v.mapObj()
		if m != nil {
			n = max(m.Len, 0)
		}
		return max(n, 0), n >= 0
	case KindChan:
		c, n := v.chanObj()
		if c != nil {
			n = max(c.Len, 0)
		}
		return max(n, 0), n >= 0
	}
	return 0, false
}

// Cap is the capacity of a slice, array or channel. That of a slice may be lost
// where its elements are not.
func (v Value) Cap() (int64, bool) {
	switch v.Kind() {
	case KindArray:
		return v.Type().Len(), true
	case KindSlice:
		if _, lost := v.Stub(); lost {
			return 0, false
		}
		n, ok := v.word(2 * wordSize)
		return int64(n), ok
	case KindChan:
		if c, _ := v.chanObj(); c != nil {
			return max(c.Cap, 0), true
		}
		return 0, v.IsNil()
	}
	return 0, false
}

// mapObj finds the map that v refers to. Without one, n is the length if that
// alone is known: 0 for nil; -1 if it is not.
func (v Value) mapObj() (m *model.MapObj, n int64) {
	m, n = object(v, func(o *objects) map[uint64]*model.MapObj { return o.maps })
	if m != nil && (m.Len == 0 && m.Reason != mock.Unknown || !v.holds(m.Type)) {
		return nil, -1 // the capture could not read its header, or took it for another's
	}
	return m, n
}

// holds reports whether an object recorded as of type t is made of what v's
// type says. A dead variable may lead to memory that is another's by now, and
// one record is all that an address has.
func (v Value) holds(t model.TypeID) bool {
	here, there := v.Type(), Type{v.d, t}
	return here == there || here.Elem().like(there.Elem()) && here.Key().like(there.Key())
}

// like reports whether two types are the same, or one is what generic code
// knows of the other: its shape.
func (t Type) like(u Type) bool {
	const shape = "go.shape."
	if t.Name() == u.Name() {
		return true
	}
	return t.Kind() == u.Kind() && t.Size() == u.Size() && (strings.Contains(t.Name(), shape) || strings.Contains(u.Name(), shape))
}

// chanObj finds the channel that v refers to, as mapObj does.
func (v Value) chanObj() (c *model.ChanObj, n int64) {
	c, n = object(v, func(o *objects) map[uint64]*model.ChanObj { return o.chans })
	if c != nil && !v.holds(c.Type) {
		return nil, -1
	}
	return c, n
}

// object finds what v refers to in a side table. Without it, n is its length if
// that alone is known: 0 for nil; -1 if it is not.
func object[T any](v Value, table func(*objects) map[uint64]*T) (found *T, n int64) {
	p, ok := v.word(0)
	switch {
	case !ok:
		return nil, -1
	case p == 0:
		return nil, 0
	}
	if found = table(v.d.objects())[p]; found == nil {
		return nil, v.d.stubAt(p, "").Len
	}
	return found, 0
}

// elements describes a row of values that lie one behind the other.
type elements struct {
	n      int64       // how many
	size   int64       // of each
	at     Value       // the first, where it has an address: held otherwise
	reason mock.Reason // why there are no more than n, of a map or channel
}

// elements finds the elements of v, all that should be in the image.
func (v Value) elements() (elements, bool) {
	t := v.Type()
	switch t.Kind() {
	case KindString, KindSlice:
		n, ok := v.Len()
		size := int64(1)
		if t.Kind() == KindSlice {
			size, ok = t.Elem().Size(), ok && t.Elem().Valid()
		}
		return elements{n: n, size: size, at: v.d.At(t.Elem(), v.Pointer())}, ok && size >= 0
	case KindArray:
		e := elements{n: t.Len(), size: t.Elem().Size(), at: v}
		if e.size > 0 && e.n > t.Size()/e.size {
			e.n, e.reason = t.Size()/e.size, mock.Corrupt
		}
		return e, e.n >= 0 && e.size >= 0 && t.Elem().Valid()
	case KindMap:
		m, _ := v.mapObj()
		size := t.Key().Size() + t.Elem().Size()
		if m == nil || !t.Key().Valid() || !t.Elem().Valid() || t.Key().Size() < 0 || size < t.Key().Size() {
			return elements{}, false
		}
		n := clamp(m.Count, m.Len)
		if size == 0 {
			n = min(n, 1)
		}
		return elements{n: n, size: size, at: v.d.At(t.Key(), m.Base), reason: m.Reason}, true
	case KindChan:
		c, _ := v.chanObj()
		if c == nil || !t.Elem().Valid() || t.Elem().Size() < 0 {
			return elements{}, false
		}
		return elements{n: clamp(c.Count, c.Len), size: t.Elem().Size(), at: v.d.At(t.Elem(), c.Base), reason: c.Reason}, true
	}
	return elements{}, false
}

// clamp gives n between 0 and most.
func clamp(n, most int64) int64 { return max(0, min(n, most)) }

// kept counts the elements from the first on that are in the image.
func (e elements) kept() int64 {
	if e.size == 0 || e.n == 0 {
		return e.n
	}
	hi, total := bits.Mul64(uint64(e.n), uint64(e.size))
	if hi != 0 {
		total = math.MaxUint64
	}
	if e.at.held != nil {
		return e.at.held.lost.kept(e.size, min(int64(len(e.at.held.bytes))/e.size, e.n))
	}
	return int64(e.at.d.image().run(e.at.addr, total) / uint64(e.size))
}

// Kept tells how many of the Len elements of a string, slice, array, map or
// channel the dump keeps, counted from the first, and, when that is fewer, why.
// Where the dump knows nothing of what a map, channel or func value refers to,
// it gives 0 and the reason.
func (v Value) Kept() (int64, mock.Stub) {
	e, ok := v.elements()
	if s, lost := v.Stub(); lost || !ok {
		if !lost {
			s = v.targetStub()
		}
		return 0, s
	}
	kept := e.kept()
	length, _ := v.Len()
	if kept >= length {
		return kept, mock.Stub{}
	}
	stub := mock.Stub{Reason: e.reason, Type: v.Type().Name(), Addr: v.Pointer(), Len: length}
	if e.at.held != nil && len(e.at.held.lost.lost) > 0 {
		stub.Reason = e.at.held.lost.reason
	} else if kept < e.n || stub.Reason == mock.Unknown {
		why := e.at.d.stubAt(e.at.addr+uint64(kept)*uint64(e.size), stub.Type)
		stub.Reason, stub.Detail = why.Reason, why.Detail
	}
	return kept, stub
}

// targetStub says why nothing is known of what v refers to.
func (v Value) targetStub() mock.Stub {
	if s, lost := v.Stub(); lost {
		return s
	}
	p := v.Pointer()
	if p == 0 && v.Kind() != KindArray {
		return mock.Stub{Len: -1}
	}
	s := v.d.stubAt(p, v.Type().Name())
	if m := v.d.objects().maps[p]; m != nil && v.Kind() == KindMap {
		s.Reason = m.Reason
	}
	if reason, detail := v.Type().blank(); reason != mock.Unknown {
		s.Reason, s.Detail = reason, detail
	}
	return s
}

// blank says why nothing of what a container holds could be read: its type is
// not known. Unknown if that is not so.
func (t Type) blank() (mock.Reason, string) {
	switch t.Kind() {
	case KindMap, KindSlice, KindArray, KindChan:
		if !t.Elem().Valid() {
			return t.Elem().unreadable()
		}
	}
	if t.Kind() == KindMap && !t.Key().Valid() {
		return t.Key().unreadable()
	}
	return mock.Unknown, ""
}

// Text gives a string, at most max bytes of it, or all that is kept for max < 0.
// When the dump keeps fewer bytes than Len, stub says why.
func (v Value) Text(max int) (s string, stub mock.Stub, ok bool) {
	if v.Kind() != KindString {
		return "", mock.Stub{Len: -1}, false
	}
	if s, lost := v.Stub(); lost {
		return "", s, false
	}
	kept, stub := v.Kept()
	want := min(kept, v.d.largest)
	if max >= 0 {
		want = min(want, int64(max))
	}
	b := make([]byte, want)
	n := v.d.image().read(v.Pointer(), b)
	if int64(n) < want {
		stub = v.d.stubAt(v.Pointer()+uint64(n), v.Type().Name())
		stub.Len, _ = v.Len()
	}
	return string(b[:n]), stub, true
}

// Index gives an element of an array or slice, or of a channel's buffer in
// the order of receiving. It is not valid when i is out of range.
func (v Value) Index(i int64) Value {
	t := v.Type()
	switch t.Kind() {
	case KindArray:
		if i < 0 || i >= t.Len() {
			return Value{}
		}
		hi, off := bits.Mul64(uint64(i), uint64(max(t.Elem().Size(), 0)))
		if hi != 0 || off > math.MaxInt64 {
			return v.d.corrupt(t.Elem(), v.addr, "its place is beyond all memory")
		}
		return v.inside(t.Elem(), int64(off))
	case KindSlice, KindChan:
		n, ok := v.Len()
		if !ok || i < 0 || i >= n {
			return Value{}
		}
		return v.element(t.Elem(), i)
	}
	return Value{}
}

// element gives element i of a slice or channel.
func (v Value) element(t Type, i int64) Value {
	e, ok := v.elements()
	if !ok || v.Kind() == KindChan && i >= e.n {
		s := mock.Stub{Reason: e.reason}
		if !ok {
			s = v.targetStub()
		}
		s.Type, s.Addr, s.Len = "", 0, -1
		return v.d.lost(t, s)
	}
	hi, off := bits.Mul64(uint64(i), uint64(e.size))
	at, carry := bits.Add64(e.at.addr, off, 0)
	if hi != 0 || carry != 0 {
		return v.d.corrupt(t, v.addr, "its place is beyond all memory")
	}
	return v.d.At(t, at)
}

// Entries lists the entries of a map that the dump keeps, in the order of the runtime's table.
func (v Value) Entries() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		e, ok := v.elements()
		if !ok || v.Kind() != KindMap {
			return
		}
		t := v.Type()
		for i := range e.kept() {
			at := e.at.addr + uint64(i)*uint64(e.size)
			if !yield(v.d.At(t.Key(), at), v.d.At(t.Elem(), at+uint64(t.Key().Size()))) {
				return
			}
		}
	}
}

// NumField is the number of fields of a struct.
func (v Value) NumField() int {
	if v.Kind() != KindStruct {
		return 0
	}
	return v.Type().NumField()
}

// Field gives a field of a struct. It is not valid when i is out of range.
func (v Value) Field(i int) Value {
	if i < 0 || i >= v.NumField() {
		return Value{}
	}
	f := v.Type().Field(i)
	return v.inside(f.Type, f.Offset)
}

// maxEmbedded bounds how many embedded structs are searched for a field.
const maxEmbedded = 1000

// FieldByName finds a field of a struct, also one of an embedded struct, the
// least deeply embedded first.
func (v Value) FieldByName(name string) (Value, bool) {
	seen := make(map[model.TypeID]bool)
	for level := []Value{v}; len(level) > 0 && len(seen) < maxEmbedded; {
		var next []Value
		for _, s := range level {
			if s.Kind() == KindPointer {
				s = s.Elem()
			}
			if s.Kind() != KindStruct || seen[s.typ] {
				continue
			}
			seen[s.typ] = true
			for i, f := range s.Type().rec().Fields {
				if f.Name == name {
					return s.Field(i), true
				}
				if f.Embedded && len(next) < maxEmbedded {
					next = append(next, s.Field(i))
				}
			}
		}
		level = next
	}
	return Value{}, false
}
