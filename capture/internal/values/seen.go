package values

import "github.com/gopostmortem/postmortem/internal/model"

// seenTable remembers for each object, a type at an address, how many
// references were left when it was looked through. It is an open hash table of
// 16 bytes an entry.
type seenTable struct {
	slots []seenSlot // a power of two
	n     int
}

type seenSlot struct {
	addr uint64 // 0: free
	typ  model.TypeID
	left int32
}

// better reports whether the object is new, or reached with more references
// left than before, and remembers it.
func (s *seenTable) better(addr uint64, typ model.TypeID, left int32) bool {
	if 2*s.n >= len(s.slots) {
		s.grow()
	}
	x := s.find(addr, typ)
	switch {
	case x.addr == 0:
		*x = seenSlot{addr, typ, left}
		s.n++
		return true
	case x.left >= left:
		return false
	}
	x.left = left
	return true
}

func (s *seenTable) find(addr uint64, typ model.TypeID) *seenSlot {
	mask := uint64(len(s.slots) - 1)
	h := (addr>>3 ^ uint64(typ)<<40) * 0x9E3779B97F4A7C15
	for i := h >> 20 & mask; ; i = (i + 1) & mask {
		if x := &s.slots[i]; x.addr == 0 || x.addr == addr && x.typ == typ {
			return x
		}
	}
}

func (s *seenTable) grow() {
	old := s.slots
	s.slots = make([]seenSlot, max(1024, 2*len(old)))
	for _, x := range old {
		if x.addr != 0 {
			*s.find(x.addr, x.typ) = x
		}
	}
}

// sliceKey is where a slice's elements begin; sliceSeen how many of them were
// looked through, with how many references left.
type sliceKey struct {
	addr uint64
	typ  model.TypeID
}

type sliceSeen struct {
	n    int64
	left int32
}

// newElements gives the elements of a slice that must be looked through.
func (w *Walker) newElements(addr uint64, typ model.TypeID, n int64) (from int64) {
	k := sliceKey{addr, typ}
	was, ok := w.slices[k]
	switch {
	case !ok || was.left < w.left:
		w.slices[k] = sliceSeen{max(n, was.n), w.left}
		return 0
	case was.n < n && was.left == w.left:
		w.slices[k] = sliceSeen{n, w.left}
		return was.n
	case was.n < n:
		return 0
	}
	return n
}
