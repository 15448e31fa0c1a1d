package image

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// Kinds of entries in a location list, DWARF 5 §7.7.3.
const (
	lleEnd         = 0x0
	lleBaseX       = 0x1
	lleStartXEndX  = 0x2
	lleStartXLen   = 0x3
	lleOffsetPair  = 0x4
	lleDefault     = 0x5
	lleBase        = 0x6
	lleStartEnd    = 0x7
	lleStartLength = 0x8
)

// located is one entry of a location list: the program that holds from low up
// to high, addresses of the file.
type located struct {
	low, high uint64
	prog      []byte
}

// LocationAt picks the location program of a DW_AT_location value for a pc in the
// process; nil when the list does not cover it.
func (m *Image) LocationAt(u *Unit, loc any, pc uint64) ([]byte, error) {
	switch v := loc.(type) {
	case nil:
		return nil, nil
	case []byte:
		return v, nil
	case int64:
		pc -= m.Bias
		for e := range m.locationList(u, v) {
			if pc >= e.low && pc < e.high {
				return e.prog, nil
			}
		}
		return nil, nil
	default:
		return nil, fmt.Errorf("DWARF: location of form %T", loc)
	}
}

// Locations gives the location programs of a list, whatever PC they are for.
func (m *Image) Locations(u *Unit, list int64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for e := range m.locationList(u, list) {
			if !yield(e.prog) {
				return
			}
		}
	}
}

// Entry is one of a list: the program that holds at addresses in the process
// from Low up to High.
type Entry struct {
	Low, High uint64
	Prog      []byte
}

// Entries gives those of a list.
func (m *Image) Entries(u *Unit, list int64) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for e := range m.locationList(u, list) {
			if !yield(Entry{e.low + m.Bias, e.high + m.Bias, e.prog}) {
				return
			}
		}
	}
}

// locationList reads the list at an offset of .debug_loclists or, before DWARF
// 5, of .debug_loc. A damaged list ends early.
func (m *Image) locationList(u *Unit, off int64) iter.Seq[located] {
	return func(yield func(located) bool) {
		d, err := m.debugInfo()
		switch {
		case err != nil || off < 0:
		case u.version >= 5:
			d.list5(u, uint64(off), yield)
		default:
			d.list4(u, uint64(off), yield)
		}
	}
}

func (d *debugInfo) list5(u *Unit, off uint64, yield func(located) bool) {
	v := view{content: d.lists}
	base := u.lowPC
	for {
		var e located
		var kind byte
		next, ok := v.read(off, uint64(len(d.lists.all)), func(c *cursor) {
			kind = c.byte()
			e = d.location(c, u, kind, base)
		})
		off = next
		switch {
		case !ok || kind == lleEnd || kind > lleStartLength: // the end, or what this version does not know
			return
		case kind == lleBase || kind == lleBaseX:
			base = e.low
		case !yield(e):
			return
		}
	}
}

// location reads one entry of a list behind its kind. Range lists have the same
// kinds but for one.
func (d *debugInfo) location(c *cursor, u *Unit, kind byte, base uint64) (e located) {
	switch kind {
	case lleEnd:
		return e
	case lleDefault:
		e.high = ^uint64(0)
	case lleBase, lleStartEnd, lleStartLength:
		e.low, e.high = d.bounds(c, u, kind-1, base)
	default:
		e.low, e.high = d.bounds(c, u, kind, base)
	}
	if kind != lleBase && kind != lleBaseX && kind <= lleStartLength {
		e.prog = c.take(c.uvarint())
	}
	return e
}

// list4 reads pairs of addresses relative to the base (DWARF 4 §2.6.2).
func (d *debugInfo) list4(u *Unit, off uint64, yield func(located) bool) {
	c := cursor{b: d.loc, pos: off}
	base := u.lowPC
	for !c.bad {
		low, high := c.uint64(), c.uint64()
		switch {
		case low == 0 && high == 0:
			return
		case low == ^uint64(0):
			base = high
			continue
		}
		n := c.take(2)
		if c.bad {
			return
		}
		prog := c.take(uint64(binary.LittleEndian.Uint16(n)))
		if c.bad || !yield(located{base + low, base + high, prog}) {
			return
		}
	}
}
