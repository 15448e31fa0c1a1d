package image

import (
	"encoding/binary"
	"errors"
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// The size of a unit's header up to its first DIE, before and from DWARF 5 on.
const (
	headerSize4 = 11
	headerSize5 = 12
)

// rootSize is what the first DIE of a unit is expected to take at most.
const rootSize = 4 << 10

// finder finds the units of .debug_info while it is inflated.
type finder struct {
	d   *debugInfo
	off uint64 // of the next unit
	err error
}

// look goes on with what there is, n bytes, and lets go of what is behind it:
// but for the runtime's units, which describe all types.
func (f *finder) look(c *content, n int) {
	for f.err == nil && f.unit(c.all[:n], n == len(c.all)) {
	}
	done := n
	if f.err == nil {
		done = int(min(f.off, uint64(n)))
	}
	c.letGo(done, func(from, to uint64) bool {
		for _, u := range f.d.runtime {
			if u.header < to && from < u.end {
				return true
			}
		}
		return false
	})
}

// unit reads the next unit's header and first DIE, and reports whether they
// were there.
func (f *finder) unit(b []byte, all bool) bool {
	le, off := binary.LittleEndian, f.off
	if off+headerSize5 > uint64(len(b)) && (!all || off+headerSize4 > uint64(len(b))) {
		return false
	}
	length := uint64(le.Uint32(b[off:]))
	if length >= 0xfffffff0 {
		f.err = errors.New("DWARF: 64-bit units are not supported")
		return false
	}
	u := &Unit{header: off, end: off + 4 + length, version: int(le.Uint16(b[off+4:]))}
	if length < 7 || all && u.end > uint64(len(b)) {
		f.err = errors.New("DWARF: unit reaches beyond its section")
		return false
	}
	if !all && min(u.end, off+rootSize) > uint64(len(b)) {
		return false
	}
	u.root = off + headerSize4
	abbrevs := uint64(le.Uint32(b[off+6:]))
	if u.version >= 5 {
		u.root, abbrevs = off+headerSize5, uint64(le.Uint32(b[off+8:]))
	}
	f.off = u.end
	f.d.all = append(f.d.all, u)
	u.abbrevs, _ = f.d.abbrevTable(abbrevs) // without it nothing can be read in the unit
	c := cursor{b: b[:min(u.end, uint64(len(b)))], pos: u.root}
	if e := f.d.entry(&c, u); !c.bad { // else it refers to sections that are not there yet
		f.d.enter(u, e)
	}
	return true
}

// enter notes the first DIE of a unit.
func (d *debugInfo) enter(u *Unit, e *dwarf.Entry) {
	u.entry = e
	if name, _ := e.Val(dwarf.AttrName).(string); name == "runtime" && e.Tag == dwarf.TagCompileUnit {
		u.runtime = true
		d.runtime = append(d.runtime, u)
	}
}

// fileUnits files the units by their addresses.
func (d *debugInfo) fileUnits() error {
	v := view{content: d.info}
	for _, u := range d.all {
		if u.entry == nil {
			v.read(u.root, u.end, func(c *cursor) { d.bases(c, u) })
			var e *dwarf.Entry
			if _, ok := v.read(u.root, u.end, func(c *cursor) { e = d.entry(c, u) }); !ok {
				continue // a damaged one
			}
			d.enter(u, e)
		}
		if u.entry.Tag == dwarf.TagCompileUnit { // there is no code in partial and type units
			d.fileUnit(u)
		}
	}
	sort.Slice(d.ranges, func(i, j int) bool { return d.ranges[i].low < d.ranges[j].low })
	return nil
}

func (d *debugInfo) fileUnit(u *Unit) {
	e := u.entry
	if base, ok := e.Val(attrAddrBase).(int64); ok {
		u.addrBase = uint64(base)
	}
	if low, ok := e.Val(dwarf.AttrLowpc).(uint64); ok {
		u.lowPC = low
	}
	for i, rg := range d.rangesOf(u, e) {
		if i == 0 && u.lowPC == 0 {
			u.lowPC = rg[0]
		}
		d.ranges = append(d.ranges, unitRange{rg[0], rg[1], u})
	}
	d.units = append(d.units, u)
}

// unitOf gives the unit that holds a DIE.
func (d *debugInfo) unitOf(off uint64) *Unit {
	if u := d.unitFrom(off); u != nil && off >= u.root {
		return u
	}
	return nil
}

// unitFrom gives the first unit that ends behind an offset.
func (d *debugInfo) unitFrom(off uint64) *Unit {
	i := sort.Search(len(d.all), func(i int) bool { return d.all[i].end > off })
	if i == len(d.all) {
		return nil
	}
	return d.all[i]
}
