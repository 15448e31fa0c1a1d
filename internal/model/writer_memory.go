package model

import (
	"errors"
	"sort"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Memory on its way out: extents are collected, sorted and cut at the length of
// a section, so that a directory is one ascending list.

type pendingMemory struct {
	extents []Extent
	bytes   []byte // theirs; never moved, as it has the room for a section from the start
	total   int    // extents written, pending ones included

	sorted    []byte // room for the bytes in another order
	directory []byte // room for the record
}

func (w *Writer) addMemory(m *Memory) error {
	if err := errors.Join(checkMemory(m), checkExtents(m.Extents)); err != nil {
		return err
	}
	if w.memory.total+len(m.Extents) > MaxExtents {
		return wire.Limit("more than %d extents", MaxExtents)
	}
	p := &w.memory
	if p.bytes == nil {
		p.bytes = make([]byte, 0, SectionTarget)
	}
	if need := len(p.extents) + len(m.Extents); cap(p.extents) < need {
		p.extents = append(make([]Extent, 0, 2*need), p.extents...)
	}
	for _, x := range m.Extents {
		for len(x.Bytes) > 0 {
			from := len(p.bytes)
			n := min(len(x.Bytes), SectionTarget-from)
			p.bytes = append(p.bytes, x.Bytes[:n]...)
			p.extents = append(p.extents, Extent{x.Addr, p.bytes[from:]})
			p.total++
			x = Extent{x.Addr + uint64(n), x.Bytes[n:]}
			if len(p.bytes) >= SectionTarget {
				w.flushMemory()
			}
		}
	}
	return w.err
}

// flushMemory writes a MEMORY section with one record, and its data. Where
// extents overlap, the bytes are those of the lower one.
func (w *Writer) flushMemory() {
	list := w.memory.extents
	if len(list) == 0 {
		return
	}
	p := &w.memory
	data := p.bytes[:0] // in order, the bytes stay where they are, or move to the front
	if !ascending(list) {
		if p.sorted == nil {
			p.sorted = make([]byte, 0, SectionTarget)
		}
		data = p.sorted
		sort.SliceStable(list, func(i, j int) bool { return list[i].Addr < list[j].Addr })
	}
	m := Memory{Extents: disjoint(list)}
	last := m.Extents[len(m.Extents)-1]
	hi := last.Addr + uint64(len(last.Bytes)) - 1
	e := encoder{b: p.directory[:0], data: data}
	recMemory.append(&e, &m)
	w.bytes += int64(len(e.b))
	w.section(wire.KindMemory, 1, m.Extents[0].Addr, hi, e.b)
	w.section(wire.KindMemoryData, 0, 0, 0, e.data)
	p.directory, p.extents, p.bytes = e.b, list[:0], p.bytes[:0]
}

// ascending reports whether a list is in order.
func ascending(list []Extent) bool {
	for i := 1; i < len(list); i++ {
		if list[i].Addr < list[i-1].Addr {
			return false
		}
	}
	return true
}

// disjoint clips extents in ascending order where they overlap, in place.
func disjoint(list []Extent) []Extent {
	out := list[:0]
	end := uint64(0)
	for _, x := range list {
		if len(out) > 0 && x.Addr < end {
			skip := end - x.Addr
			if skip >= uint64(len(x.Bytes)) {
				continue
			}
			x = Extent{end, x.Bytes[skip:]}
		}
		end = x.Addr + uint64(len(x.Bytes))
		out = append(out, x)
	}
	return out
}
