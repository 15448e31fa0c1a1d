package model

import (
	"errors"
	"slices"
	"sort"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Memory on its way out: extents are collected, sorted and cut at the length of
// a section, so that a directory is one ascending list.

type pendingMemory struct {
	extents []Extent
	size    int
	total   int // extents written, pending ones included
}

func (w *Writer) addMemory(m *Memory) error {
	if err := errors.Join(checkMemory(m), checkExtents(m.Extents)); err != nil {
		return err
	}
	if w.memory.total+len(m.Extents) > MaxExtents {
		return wire.Limit("more than %d extents", MaxExtents)
	}
	for _, x := range m.Extents {
		for len(x.Bytes) > 0 {
			n := min(len(x.Bytes), SectionTarget-w.memory.size)
			w.memory.extents = append(w.memory.extents, Extent{x.Addr, slices.Clone(x.Bytes[:n])})
			w.memory.size += n
			w.memory.total++
			x = Extent{x.Addr + uint64(n), x.Bytes[n:]}
			if w.memory.size >= SectionTarget {
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
	sort.SliceStable(list, func(i, j int) bool { return list[i].Addr < list[j].Addr })
	m := Memory{Extents: disjoint(list)}
	last := m.Extents[len(m.Extents)-1]
	hi := last.Addr + uint64(len(last.Bytes)) - 1
	p := &pending{}
	w.memory = pendingMemory{extents: list[:0], total: w.memory.total}
	recMemory.append(&p.encoder, &m)
	w.bytes += int64(len(p.b))
	w.section(wire.KindMemory, 1, m.Extents[0].Addr, hi, p.b)
	w.section(wire.KindMemoryData, 0, 0, 0, p.data)
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
