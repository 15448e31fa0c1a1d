package freeze

import (
	"encoding/binary"
	"math"
)

// The heap as the runtime's tables describe it: arenas of pages, each page
// with the span that it belongs to.

// findArenas notes the lowest and the highest address of the heap.
//
//go:norace
func (c *copier) findArenas() {
	size := c.rt.Pages << pageShift
	list, n := c.arenaList()
	c.lo = ^uint64(0)
	for i := range n {
		base := loadAt(list+8*i)*size - c.rt.Base
		c.lo, c.hi = min(c.lo, base), max(c.hi, base+size)
	}
}

func (c *copier) arenaList() (base, n uint64) {
	at := c.rt.Heap + c.rt.HeapArenas
	return loadAt(at), loadAt(at + 8)
}

// arenaAt gives the place of the pointer to the description of an arena, 0 if
// there is none.
//
//go:norace
func (c *copier) arenaAt(index uint64) uint64 {
	if index >= c.rt.L1*c.rt.L2 {
		return 0
	}
	table := loadAt(c.rt.Heap + c.rt.Arenas + 8*(index/c.rt.L2))
	if table == 0 {
		return 0
	}
	return table + 8*(index%c.rt.L2)
}

// spanOf finds the span that an address lies in, 0 if there is none.
//
//go:norace
func (c *copier) spanOf(p uint64) uint64 {
	if p < c.lo || p >= c.hi {
		return 0
	}
	at := c.arenaAt((p + c.rt.Base) / (c.rt.Pages << pageShift))
	if at == 0 {
		return 0
	}
	arena := loadAt(at)
	if arena == 0 {
		return 0
	}
	span := loadAt(arena + c.rt.Spans + 8*(p>>pageShift%c.rt.Pages))
	if span == 0 || p < loadAt(span+c.rt.Span.Start) || p >= c.endOf(span) {
		return 0
	}
	return span
}

//go:norace
func (c *copier) endOf(span uint64) uint64 {
	return loadAt(span+c.rt.Span.Start) + loadAt(span+c.rt.Span.Pages)<<pageShift
}

//go:norace
func (c *copier) state(span uint64) byte { return bytesAt(span+c.rt.Span.State, 1)[0] }

// mapped reports whether a range can be read: it lies in a variable or a span in use.
//
//go:norace
func (c *copier) mapped(addr, size uint64) bool {
	if size > 1<<40 {
		return false
	}
	for i := range c.rt.Data {
		if r := &c.rt.Data[i]; addr >= r.Lo && addr+size <= r.Hi {
			return true
		}
	}
	span := c.spanOf(addr)
	return span != 0 && c.state(span) == spanInUse && addr+size <= c.endOf(span)
}

// tables copies the descriptions of all arenas.
//
//go:norace
func (c *copier) tables() {
	list, n := c.arenaList()
	for i := range n {
		at := c.arenaAt(loadAt(list + 8*i))
		if at == 0 {
			continue
		}
		c.take(at, 8, noPointers)
		if arena := loadAt(at); arena != 0 {
			c.take(arena, c.rt.ArenaSize, noPointers)
		}
	}
}

// describe copies the description of a span, once.
//
//go:norace
func (c *copier) describe(span uint64) {
	if c.seenBefore(span | 1) {
		return
	}
	c.take(span, c.rt.Span.Size, noPointers)
	if c.rt.Span.Elems == 0 {
		return
	}
	elems := loadAt(span+c.rt.Span.Elems) & 0xffff
	for _, at := range [2]uint64{c.rt.Span.AllocBits, c.rt.Span.MarkBits} {
		if bits := loadAt(span + at); at != 0 && bits != 0 {
			c.take(bits, (elems+63)/64*8, noPointers)
		}
	}
}

// spans copies all spans of objects, in the order of their addresses.
//
//go:norace
func (c *copier) spans() {
	list, n := c.arenaList()
	size := c.rt.Pages << pageShift
	for i := range n {
		index := loadAt(list + 8*i)
		at := c.arenaAt(index)
		if at == 0 || loadAt(at) == 0 {
			continue
		}
		base, arena := index*size-c.rt.Base, loadAt(at)
		for page := uint64(0); page < c.rt.Pages && c.stop == goOn; {
			page += c.spanAt(loadAt(arena+c.rt.Spans+8*page), base+page<<pageShift)
		}
	}
}

// spanAt copies a span if it begins here and is in use, and gives the number of
// pages that are done. What the table says of free pages means nothing.
//
//go:norace
func (c *copier) spanAt(span, addr uint64) uint64 {
	c.tick(0)
	if span == 0 || loadAt(span+c.rt.Span.Start) != addr {
		return 1
	}
	if c.state(span) == spanInUse {
		c.take(addr, c.endOf(span)-addr, 0)
		c.describe(span)
	}
	return max(1, loadAt(span+c.rt.Span.Pages))
}

// piece is how much of a large object is copied on behalf of a pointer into it,
// and as much again behind it.
const piece = 256 << 10

// object copies the object that an address lies in, if it is one of the heap.
//
//go:norace
func (c *copier) object(p uint64) {
	span := c.spanOf(p)
	if span == 0 || c.state(span) != spanInUse {
		return
	}
	start, size := loadAt(span+c.rt.Span.Start), loadAt(span+c.rt.Span.ElemSize)
	if size == 0 {
		return
	}
	base := start + (p-start)/size*size
	end := min(base+size, c.endOf(span))
	if base >= end {
		return
	}
	flags := uint64(0)
	if bytesAt(span+c.rt.Span.Class, 1)[0]&noScanBit != 0 {
		flags = noPointers
	}
	c.describe(span)
	if size <= 2*piece {
		c.once(base, end, flags)
		return
	}
	from := base + (p-base)/piece*piece
	c.once(from, min(from+piece, end), flags)
	if from+piece < end {
		c.once(from+piece, min(from+2*piece, end), flags)
	}
}

// once copies a range unless it was copied before.
//
//go:norace
func (c *copier) once(lo, hi, flags uint64) {
	if !c.seenBefore(lo) {
		c.phase() // each object is a piece of its own, to be scanned in its turn
		c.take(lo, hi-lo, flags)
	}
}

// scan copies the objects that the words of some extents point to.
//
//go:norace
func (c *copier) scan(from, to int) {
	for i := from; i < to && c.follow(i, math.MaxInt); i++ {
	}
}

// drain scans what was copied since, level by level, and gives the first extent
// that is left to do.
//
//go:norace
func (c *copier) drain(next int) int {
	for level := 1; level < c.levels && next < c.n; level++ {
		for end := c.n; next < end; next++ {
			if !c.follow(next, c.pointers) {
				return next
			}
		}
	}
	return next
}

// follow copies the objects that an extent's words point to, as many as are
// left and up to the bounds that hold at the time. It reports whether it is done.
//
//go:norace
func (c *copier) follow(i, left int) bool {
	e := c.extents[i]
	if e.off&noPointers != 0 {
		return true
	}
	words := c.buf[e.off : e.off+e.size]
	for ; len(words) >= 8 && left > 0; words = words[8:] {
		p := binary.LittleEndian.Uint64(words)
		if p < c.lo || p >= c.hi {
			continue
		}
		if c.stop != goOn || c.used >= c.room || c.late {
			return false
		}
		c.object(p)
		c.tick(0) // it may have been copied before
		left--
	}
	c.tick(e.size / 8)
	return true
}
