package image

import "github.com/gopostmortem/postmortem/capture/internal/dwarf"

// Kinds of entries in a range list, DWARF 5 §7.25.
const (
	rleBaseX       = 0x1
	rleStartXEndX  = 0x2
	rleStartXLen   = 0x3
	rleOffsetPair  = 0x4
	rleBase        = 0x5
	rleStartEnd    = 0x6
	rleStartLength = 0x7
)

// maxRanges bounds one list.
const maxRanges = 1 << 20

// rangesOf gives the addresses of the file that a DIE covers: from low up to
// high. A damaged list ends early.
func (d *debugInfo) rangesOf(u *Unit, e *dwarf.Entry) (out [][2]uint64) {
	low, ok := e.Val(dwarf.AttrLowpc).(uint64)
	switch high := e.Val(dwarf.AttrHighpc).(type) {
	case uint64:
		if ok {
			out = append(out, [2]uint64{low, high})
		}
	case int64:
		if ok {
			out = append(out, [2]uint64{low, low + uint64(high)})
		}
	}
	off, ok := e.Val(dwarf.AttrRanges).(int64)
	if !ok || off < 0 {
		return out
	}
	base, _ := u.entry.Val(dwarf.AttrLowpc).(uint64)
	if entry, ok := u.entry.Val(dwarf.AttrEntrypc).(uint64); ok {
		base = entry
	}
	if u.version >= 5 {
		return d.ranges5(u, uint64(off), base, out)
	}
	return d.pairs(uint64(off), base, out)
}

func (d *debugInfo) ranges5(u *Unit, off, base uint64, out [][2]uint64) [][2]uint64 {
	v := view{content: d.rngLists}
	for len(out) < maxRanges {
		kind := byte(0)
		var low, high uint64
		next, ok := v.read(off, uint64(len(d.rngLists.all)), func(c *cursor) {
			kind = c.byte()
			low, high = d.bounds(c, u, kind, base)
		})
		off = next
		switch {
		case !ok || kind == 0 || kind > rleStartLength:
			return out
		case kind == rleBase || kind == rleBaseX:
			base = low
		default:
			out = append(out, [2]uint64{low, high})
		}
	}
	return out
}

// bounds reads one entry of a list behind its kind.
func (d *debugInfo) bounds(c *cursor, u *Unit, kind byte, base uint64) (low, high uint64) {
	indexed := func() uint64 {
		a, ok := d.address(u, c.uvarint())
		c.bad = c.bad || !ok
		return a
	}
	switch kind {
	case rleBaseX:
		return indexed(), 0
	case rleBase:
		return c.uint64(), 0
	case rleStartXEndX:
		return indexed(), indexed()
	case rleStartXLen:
		low = indexed()
		return low, low + c.uvarint()
	case rleOffsetPair:
		return base + c.uvarint(), base + c.uvarint()
	case rleStartEnd:
		return c.uint64(), c.uint64()
	case rleStartLength:
		low = c.uint64()
		return low, low + c.uvarint()
	}
	return 0, 0
}

// pairs reads a list from before DWARF 5.
func (d *debugInfo) pairs(off, base uint64, out [][2]uint64) [][2]uint64 {
	c := cursor{b: d.ranges4, pos: off}
	for len(out) < maxRanges {
		low, high := c.uint64(), c.uint64()
		switch {
		case c.bad || low == 0 && high == 0:
			return out
		case low == ^uint64(0):
			base = high
		default:
			out = append(out, [2]uint64{base + low, base + high})
		}
	}
	return out
}
