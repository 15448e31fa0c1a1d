package image

import (
	"sort"
	"strings"
)

// Loaded is a part of the process's memory that comes from the executable.
type Loaded struct {
	Lo, Hi   uint64 // in the process
	Constant bool   // never written to once the program runs
}

// Loaded lists what the executable takes in memory, by address: it is mapped
// for as long as the program runs. Neighbours of a kind are one.
func (m *Image) Loaded() []Loaded {
	const page = 4096
	var all []Loaded
	for i := range m.container.sections {
		s := &m.container.sections[i]
		if s.memory > 0 {
			constant := !s.writable || strings.HasPrefix(s.name, ".data.rel.ro")
			all = append(all, Loaded{s.addr + m.Bias, s.addr + s.memory + m.Bias, constant})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Lo < all[j].Lo })
	out := all[:0]
	for _, l := range all {
		if n := len(out); n > 0 && out[n-1].Constant == l.Constant && l.Lo < out[n-1].Hi+page {
			out[n-1].Hi = max(out[n-1].Hi, l.Hi) // the gap lies in pages that both have
			continue
		}
		out = append(out, l)
	}
	return out
}
