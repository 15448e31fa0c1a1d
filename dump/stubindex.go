package dump

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// stubIndex finds the stub for an address: of several that cover it the
// largest, and one for the tail of a string or slice only if there is no other:
// what a dead variable holds may have any length. It is cut into segments that each have one answer.
type stubIndex struct {
	stubs []model.StubObj
	segs  []stubSegment // ascending; each reaches to the next one
}

type stubSegment struct {
	lo   uint64
	stub int32 // -1 none
}

// lastOf is the last address that a stub covers.
func lastOf(s *model.StubObj) uint64 {
	size := uint64(max(s.Size, 1))
	if s.Addr > math.MaxUint64-(size-1) {
		return math.MaxUint64
	}
	return s.Addr + size - 1
}

func isTail(s *model.StubObj) bool {
	return s.Reason == mock.StringLimit || s.Reason == mock.ElementLimit
}

// bySize is a heap of stubs, the largest on top and tails below all others.
type bySize struct {
	stubs []model.StubObj
	open  []int32
}

func (h *bySize) Len() int      { return len(h.open) }
func (h *bySize) Swap(i, j int) { h.open[i], h.open[j] = h.open[j], h.open[i] }
func (h *bySize) Push(x any)    { h.open = append(h.open, x.(int32)) }
func (h *bySize) Less(i, j int) bool {
	a, b := &h.stubs[h.open[i]], &h.stubs[h.open[j]]
	if isTail(a) != isTail(b) {
		return isTail(b)
	}
	return a.Size > b.Size
}
func (h *bySize) Pop() any {
	top := h.open[len(h.open)-1]
	h.open = h.open[:len(h.open)-1]
	return top
}

// indexStubs sweeps over the addresses, with the stubs that cover the
// present one on a heap.
func indexStubs(stubs []model.StubObj) stubIndex {
	slices.SortStableFunc(stubs, func(a, b model.StubObj) int { return cmp.Compare(a.Addr, b.Addr) })
	x := stubIndex{stubs: stubs}
	h := &bySize{stubs: stubs}
	at := uint64(0)
	for next := 0; ; {
		// 1. Drop what ended before at, and take in what begins there.
		for next < len(stubs) && stubs[next].Addr <= at {
			heap.Push(h, int32(next))
			next++
		}
		for len(h.open) > 0 && lastOf(&stubs[h.open[0]]) < at {
			heap.Pop(h)
		}
		// 2. The best of the rest answers from here on.
		best := int32(-1)
		if len(h.open) > 0 {
			best = h.open[0]
		}
		x.append(at, best)
		// 3. Go on to where the answer can change.
		end := uint64(math.MaxUint64)
		if best >= 0 {
			end = lastOf(&stubs[best])
		}
		switch {
		case next < len(stubs) && stubs[next].Addr <= end:
			at = stubs[next].Addr
		case best < 0 || end == math.MaxUint64:
			return x
		default:
			at = end + 1
		}
	}
}

func (x *stubIndex) append(lo uint64, stub int32) {
	if n := len(x.segs); n == 0 || x.segs[n-1].stub != stub {
		x.segs = append(x.segs, stubSegment{lo, stub})
	}
}

// find gives the stub that covers addr, or nil.
func (x *stubIndex) find(addr uint64) *model.StubObj {
	i, exact := slices.BinarySearchFunc(x.segs, addr, func(s stubSegment, addr uint64) int {
		return cmp.Compare(s.lo, addr)
	})
	if !exact {
		i--
	}
	if i < 0 || x.segs[i].stub < 0 {
		return nil
	}
	return &x.stubs[x.segs[i].stub]
}
