package values

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/internal/model"
)

// seenTable remembers for each object, a type at an address, how many
// references were left when it was looked through. It is an open hash table of
// 16 bytes an entry, outside the heap.
type seenTable struct {
	slots []seenSlot // a power of two, in buf
	buf   []byte
	n     int
	full  int64 // objects that there was no room for
}

type seenSlot struct {
	addr uint64 // 0: free
	typ  model.TypeID
	left int32
}

// better reports whether the object is new, or reached with more references
// left than before, and remembers it. What there is no room to remember is
// reported as known: otherwise a cycle would be followed for ever.
func (s *seenTable) better(addr uint64, typ model.TypeID, left int32) bool {
	if 4*s.n >= 3*len(s.slots) && !s.grow() && s.n+1 >= len(s.slots) {
		s.full++
		return false
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
	for i := offheap.Hash(addr^uint64(typ)<<40) & mask; ; i = (i + 1) & mask {
		if x := &s.slots[i]; x.addr == 0 || x.addr == addr && x.typ == typ {
			return x
		}
	}
}

// grow doubles the table. When there is no memory for that, it stays as it is.
func (s *seenTable) grow() bool {
	const slotSize = int(unsafe.Sizeof(seenSlot{}))
	n := max(1024, 2*len(s.slots))
	buf, err := offheap.Make(n * slotSize)
	if err != nil {
		return false
	}
	old, oldBuf := s.slots, s.buf
	s.slots, s.buf = unsafe.Slice((*seenSlot)(unsafe.Pointer(&buf[0])), n), buf
	for i := range old {
		if x := &old[i]; x.addr != 0 {
			*s.find(x.addr, x.typ) = *x
		}
	}
	offheap.Free(oldBuf)
	return true
}

// free releases the table.
func (s *seenTable) free() {
	offheap.Free(s.buf)
	*s = seenTable{}
}

// sliceTable remembers of slices how many of their elements were looked
// through, by where these begin.
type sliceTable struct {
	index offheap.Map // address -> place in list
	list  []sliceSeen
}

type sliceSeen struct {
	n    int64
	left int32 // references left then
	typ  model.TypeID
	next int32 // of another type at this address, -1: there is none
}

// find gives what is known of a slice, new if it was not there.
func (s *sliceTable) find(addr uint64, typ model.TypeID) (x *sliceSeen, found bool) {
	at, ok := s.index.Get(addr)
	if !ok {
		at = -1
	}
	for i := at; i >= 0; i = s.list[i].next {
		if s.list[i].typ == typ {
			return &s.list[i], true
		}
	}
	s.index.Set(addr, int32(len(s.list)))
	s.list = append(s.list, sliceSeen{typ: typ, next: at})
	return &s.list[len(s.list)-1], false
}

// newElements gives the elements of a slice that must be looked through.
func (w *Walker) newElements(addr uint64, typ model.TypeID, n int64) (from int64) {
	was, ok := w.slices.find(addr, typ)
	switch {
	case !ok || was.left < w.left:
		was.n, was.left = max(n, was.n), w.left
		return 0
	case was.n < n && was.left == w.left:
		from, was.n = was.n, n
		return from
	case was.n < n:
		return 0
	}
	return n
}
