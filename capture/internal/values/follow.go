package values

import (
	"encoding/binary"
	"math"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// This file looks through the bytes of a value for what it refers to.

func word(b []byte, off int64) uint64 { return binary.LittleEndian.Uint64(b[off:]) }

// scan looks through one value.
func (w *Walker) scan(s *types.Scan, b []byte) {
	for i := range s.Words {
		f := &s.Words[i]
		switch f.Kind {
		case model.KindPointer:
			if p := word(b, f.Offset); p != 0 {
				w.pointer(f.Type, p, f.ByRef)
			}
		case model.KindString:
			w.str(f.Type, word(b, f.Offset), int64(word(b, f.Offset+8)))
		case model.KindSlice:
			w.slice(f.Type, word(b, f.Offset), int64(word(b, f.Offset+8)), int64(word(b, f.Offset+16)))
		case model.KindInterface:
			if tab := word(b, f.Offset); tab != 0 {
				w.iface(f.Type, tab, b[f.Offset+8:f.Offset+16], f.Parent && w.chain < maxChain)
			}
		case model.KindMap:
			if p := word(b, f.Offset); p != 0 {
				w.wave.maps = append(w.wave.maps, place{p, f.Type})
			}
		case model.KindChan:
			if p := word(b, f.Offset); p != 0 {
				w.channel(p, f.Type)
			}
		case model.KindFunc:
			if p := word(b, f.Offset); p != 0 {
				w.closure(p)
			}
		}
	}
	for i := range s.Repeats {
		r := &s.Repeats[i]
		for k := range r.Count {
			w.scan(r.Body, b[r.Offset+k*r.Stride:])
		}
	}
}

// scanAll looks through n values that lie one behind the other.
func (w *Walker) scanAll(t *types.Type, b []byte, n int64) {
	s, size := t.Scan(), t.Size()
	if s.Empty() || size == 0 {
		return
	}
	for i := range n {
		w.scan(s, b[i*size:(i+1)*size])
	}
}

// inCode is what is wrong with a pointer into the program's code: data lies
// nowhere in it, and a return address was taken for a pointer.
const inCode = "it leads into the program's code"

// pointer follows a pointer of type t, one reference, unless a closure holds
// it as the place of a variable of its own.
func (w *Walker) pointer(t *types.Type, p uint64, free bool) {
	elem := t.Elem()
	if elem == nil {
		return // C's void
	}
	if elem.Size() == 0 {
		elem.Emit() // its fields are all there is to it
		return
	}
	switch {
	case w.cfg.Code(p):
		w.corrupt(p, t, -1, inCode)
	case free:
		w.push(p, elem, 1)
	case w.left > 0:
		w.deepen(func() { w.push(p, elem, 1) })
	default:
		w.stub(model.StubObj{Addr: p, Size: elem.Size(), Type: elem.ID(), Reason: mock.DepthLimit, Len: -1})
	}
}

// deepen queues what costs a reference.
func (w *Walker) deepen(queue func()) {
	if w.left != unlimited {
		w.left--
		defer func() { w.left++ }()
	}
	w.wave, w.deeper = w.deeper, w.wave
	queue()
	w.wave, w.deeper = w.deeper, w.wave
}

// str queues the bytes of a string.
func (w *Walker) str(t *types.Type, p uint64, n int64) {
	if n == 0 {
		return
	}
	if n < 0 || p == 0 || p > math.MaxInt64-uint64(n) {
		w.corrupt(p, t, n, "string with a length or address that cannot be")
		return
	}
	if w.cfg.Code(p) {
		w.corrupt(p, t, n, inCode)
		return
	}
	keep := min(n, w.lim.String)
	w.pieces(object{addr: p, n: keep}, 1)
	if keep < n {
		w.stub(model.StubObj{Addr: p + uint64(keep), Size: n - keep, Type: t.ID(), Reason: mock.StringLimit, Len: n})
	}
}

// slice queues the elements of a slice.
func (w *Walker) slice(t *types.Type, p uint64, n, c int64) {
	if n == 0 && c >= 0 {
		return
	}
	elem := t.Elem()
	if elem == nil {
		return
	}
	size := elem.Size()
	if n < 0 || c < n || size > 0 && (p == 0 || c > math.MaxInt64/size || p > math.MaxInt64-uint64(c*size)) {
		w.corrupt(p, t, n, "slice with a length, capacity or address that cannot be")
		return
	}
	if size == 0 {
		return
	}
	if w.cfg.Code(p) {
		w.corrupt(p, t, n, inCode)
		return
	}
	w.elements(p, elem, n, t)
}

// elements queues elements of a slice or large array as far as the limit goes.
func (w *Walker) elements(p uint64, elem *types.Type, n int64, of *types.Type) {
	keep := min(n, w.elementLimit(elem))
	if keep < n {
		w.stub(model.StubObj{
			Addr: p + uint64(keep*elem.Size()), Size: (n - keep) * elem.Size(), Type: elem.ID(), Reason: mock.ElementLimit, Len: n,
		})
	}
	elem.Emit()
	if elem.Scan().Empty() {
		w.push(p, elem, keep)
		return
	}
	from := w.newElements(p, elem.ID(), keep)
	w.pushNew(p+uint64(from*elem.Size()), elem, keep-from)
}

// elementLimit is how many elements of a type are kept; bytes count as a string's.
func (w *Walker) elementLimit(elem *types.Type) int64 {
	if elem.Size() == 1 && elem.Scan().Empty() {
		return max(w.lim.Elements, w.lim.String)
	}
	return w.lim.Elements
}

// maxObject is the size beyond which arrays and structs are kept part by part.
const maxObject = 256 << 10

// push queues n values of a type at addr, unless they have been looked through
// with as many references left.
func (w *Walker) push(addr uint64, t *types.Type, n int64) {
	t.Emit()
	if n == 1 && !t.Scan().Empty() && !w.seen.better(addr, t.ID(), w.left) {
		return
	}
	w.pushNew(addr, t, n)
}

// pushNew queues values.
func (w *Walker) pushNew(addr uint64, t *types.Type, n int64) {
	size := t.Size()
	if n <= 0 || size == 0 {
		return
	}
	if size > math.MaxInt64/n || addr > math.MaxInt64-uint64(n*size) {
		w.corrupt(addr, t, -1, "address that cannot be")
		return
	}
	o := object{addr: addr, n: n, typ: t.ID(), follow: !t.Scan().Empty(), chain: w.chain}
	if size <= maxObject || t.Kind() != model.KindArray && t.Kind() != model.KindStruct {
		w.pieces(o, size)
		return
	}
	for i := range w.affordable(&o, size) {
		w.parts(addr+uint64(i*size), t)
	}
}

// pieces queues an object of so many bytes a value in pieces of bounded size.
func (w *Walker) pieces(o object, size int64) {
	step := max(1, maxObject/size)
	for left := w.affordable(&o, size); left > 0; left -= o.n {
		o.n = min(step, left)
		w.queue(o)
		o.addr += uint64(o.n * size)
	}
}

// affordable gives how many of an object's values are worth a look: the others
// are more than all that may be kept, and refused together.
func (w *Walker) affordable(o *object, size int64) int64 {
	most := w.lim.Bytes/size + 1
	if o.n <= most {
		return o.n
	}
	rest := *o
	rest.addr += uint64(most * size)
	rest.n -= most
	w.refuse(&rest, mock.ByteLimit)
	return most
}

// parts queues the fields or elements of a large value by themselves. It
// recurses over the type, whose nesting is bounded.
func (w *Walker) parts(addr uint64, t *types.Type) {
	if t.Kind() == model.KindArray {
		if elem := t.Elem(); elem != nil && elem.Size() > 0 {
			w.elements(addr, elem, t.Len(), t)
		}
		return
	}
	for _, f := range t.Fields() {
		w.push(addr+uint64(f.Offset), f.Type, 1)
	}
}

// queue adds an object to the wave.
func (w *Walker) queue(o object) {
	if !o.follow && w.cover.has(o.addr, o.addr+uint64(w.size(&o))) {
		return
	}
	if w.queued >= w.lim.Objects {
		w.refuse(&o, mock.ObjectLimit)
		return
	}
	if !w.add(&w.wave.objects, o) {
		w.refuse(&o, mock.ByteLimit)
		return
	}
	w.queued++
}

// size is the object's size in bytes.
func (w *Walker) size(o *object) int64 {
	if o.typ == 0 {
		return o.n
	}
	return o.n * w.cfg.Types.ByID(o.typ).Size()
}
