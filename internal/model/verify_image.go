package model

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// An image in which no address is twice.

// image collects the ranges of addresses that have bytes.
type image struct {
	extents []rangeList // of each memory record
	n       int         // extents
	stacks  []addressRange
}

type addressRange struct{ lo, end uint64 }

// rangeList holds ascending ranges as varints, each the distance from the end
// of the one before and a length: there may be millions of them.
type rangeList []byte

// next takes the first range off the list, the one before which ended at end.
func (l *rangeList) next(end uint64) addressRange {
	gap, rest, _ := wire.Uvarint(*l)
	n, rest, _ := wire.Uvarint(rest)
	*l = rest
	return addressRange{end + gap, end + gap + n}
}

func (m *image) memory(r *Memory) error {
	if m.n += len(r.Extents); m.n > MaxExtents {
		return wire.Limit("more than %d extents", MaxExtents)
	}
	var l rangeList
	end := uint64(0)
	for _, x := range r.Extents {
		l = wire.AppendUvarint(wire.AppendUvarint(l, x.Addr-end), uint64(len(x.Bytes)))
		end = x.Addr + uint64(len(x.Bytes))
	}
	m.extents = append(m.extents, slices.Clip(l))
	return nil
}

// stack notes the range from the first to the last span of a goroutine.
func (m *image) stack(g *Goroutine, shape stackShape) error {
	if shape.bytes == 0 {
		return nil
	}
	r := addressRange{g.Base + uint64(shape.lo), g.Base + uint64(shape.hi)}
	if (shape.lo < 0) != (r.lo < g.Base) || (shape.hi < 0) != (r.end < g.Base) { // wrapped around
		return wire.Malformed("goroutine %d: spans from %d to %d around %#x", g.ID, shape.lo, shape.hi, g.Base)
	}
	m.stacks = append(m.stacks, r)
	return nil
}

// overlap looks for an address that two extents have, or two stacks.
func (m *image) overlap() error {
	end := uint64(0)
	for c := cursorsOf(m.extents); len(c) > 0; c.advance() {
		if c[0].lo < end {
			return twice(c[0].lo)
		}
		end = c[0].end
	}
	slices.SortFunc(m.stacks, func(a, b addressRange) int { return cmp.Compare(a.lo, b.lo) })
	for i := 1; i < len(m.stacks); i++ {
		if m.stacks[i].lo < m.stacks[i-1].end {
			return twice(m.stacks[i].lo)
		}
	}
	return nil
}

func twice(addr uint64) error { return wire.Malformed("address %#x is in the image twice", addr) }

// cursors goes through many lists at once, in the order of addresses.
type cursors []cursor

// cursor is a range, and those that follow it in its list.
type cursor struct {
	addressRange
	rest rangeList
}

func cursorsOf(lists []rangeList) cursors {
	var out cursors
	for _, l := range lists {
		first := l.next(0)
		out = append(out, cursor{first, l})
	}
	heap.Init(&out)
	return out
}

// advance moves the lowest range on to the next one of its list.
func (c *cursors) advance() {
	first := &(*c)[0]
	if len(first.rest) == 0 {
		heap.Pop(c)
		return
	}
	first.addressRange = first.rest.next(first.end)
	heap.Fix(c, 0)
}

func (c cursors) Len() int           { return len(c) }
func (c cursors) Less(i, j int) bool { return c[i].lo < c[j].lo }
func (c cursors) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cursors) Push(x any)        { *c = append(*c, x.(cursor)) }

func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
