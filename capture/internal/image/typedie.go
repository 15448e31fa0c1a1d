package image

import (
	"cmp"
	"slices"
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// attrGoRuntimeType holds the offset of a type's descriptor in the module's types.
const attrGoRuntimeType dwarf.Attr = 0x2904

// typeDIE is a type that has a descriptor.
type typeDIE struct {
	descriptor uint64
	die        dwarf.Offset
}

// TypeDIE finds the DIE of the type whose descriptor lies at an offset in the
// module's types.
func (m *Image) TypeDIE(offset uint64) (dwarf.Offset, bool) {
	d, err := m.runtimeUnit()
	if err != nil {
		return 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.sorted {
		sort.Slice(d.described, func(i, j int) bool { return d.described[i].descriptor < d.described[j].descriptor })
		d.sorted = true
	}
	i, ok := slices.BinarySearchFunc(d.described, offset, func(t typeDIE, off uint64) int { return cmp.Compare(t.descriptor, off) })
	if !ok {
		return 0, false
	}
	return d.described[i].die, true
}
