package image

import (
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// DIEs reads debugging information entries one after the other, as
// [dwarf.Reader] does. Addresses in them lack the bias.
type DIEs interface {
	Seek(off dwarf.Offset)
	// Next gives the next entry: one without a tag at the end of a list of
	// children, nil at the end of all.
	Next() (*dwarf.Entry, error)
	// SkipChildren passes over the children of the entry that Next gave last.
	SkipChildren()
}

// DIEs gives a reader of the image's debug information, or why there is none.
func (m *Image) DIEs() (DIEs, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, err
	}
	return d.reader(), nil
}

// HasDWARF is nil, or why there is no debug information.
func (m *Image) HasDWARF() error {
	_, err := m.debugInfo()
	return err
}

// dies implements DIEs.
type dies struct {
	d    *debugInfo
	view view
	unit *Unit
	pos  uint64
	last bool // what Next gave has children
}

func (d *debugInfo) reader() *dies {
	r := &dies{d: d, view: view{content: d.info}}
	if len(d.all) > 0 {
		r.unit, r.pos = d.all[0], d.all[0].root
	}
	return r
}

// Seek implements DIEs.
func (r *dies) Seek(off dwarf.Offset) {
	r.unit, r.pos, r.last = r.d.unitOf(uint64(off)), uint64(off), false
}

// Next implements DIEs.
func (r *dies) Next() (*dwarf.Entry, error) {
	if r.unit != nil && r.pos >= r.unit.end {
		if r.unit = r.d.unitFrom(r.unit.end); r.unit != nil {
			r.pos = r.unit.root
		}
	}
	if r.unit == nil {
		return nil, nil
	}
	var e *dwarf.Entry
	next, ok := r.view.read(r.pos, r.unit.end, func(c *cursor) { e = r.d.entry(c, r.unit) })
	if !ok {
		return nil, fmt.Errorf("%w at %#x", errDIE, r.pos)
	}
	r.pos, r.last = next, e.Children
	return e, nil
}

// SkipChildren implements DIEs. An error is met by the following Next.
func (r *dies) SkipChildren() {
	if !r.last || r.unit == nil {
		return
	}
	r.last = false
	for depth := 1; depth > 0 && r.pos < r.unit.end; {
		next, ok := r.view.read(r.pos, r.unit.end, func(c *cursor) {
			a := c.abbreviation(r.unit)
			switch {
			case c.bad:
			case a == nil:
				depth--
			default:
				for i := range a.attrs {
					c.skip(a.attrs[i].form)
				}
				if !c.bad && a.children {
					depth++
				}
			}
		})
		if !ok {
			return
		}
		r.pos = next
	}
}
