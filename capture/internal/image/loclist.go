package image

import "iter"

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

// Locations gives the location programs of a list, whatever PC they are for.
// Lists of DWARF before version 5, which no supported compiler writes, are
// taken for empty.
func (m *Image) Locations(u *Unit, list int64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		d, err := m.debugInfo()
		if err != nil || u.version < 5 || list < 0 {
			return
		}
		c := cursor{b: d.lists, pos: uint64(list)}
		for !c.bad {
			switch c.byte() {
			case lleBaseX:
				c.uvarint()
				continue
			case lleBase:
				c.uint64()
				continue
			case lleStartXEndX, lleStartXLen, lleOffsetPair:
				c.uvarint()
				c.uvarint()
			case lleDefault:
			case lleStartEnd:
				c.take(16)
			case lleStartLength:
				c.uint64()
				c.uvarint()
			default:
				return
			}
			if prog := c.take(c.uvarint()); c.bad || !yield(prog) {
				return
			}
		}
	}
}
