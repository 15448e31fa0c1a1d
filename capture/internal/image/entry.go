package image

import (
	"encoding/binary"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// Attributes of DWARF 5 that debug/dwarf does not export.
const (
	attrStrOffsetsBase dwarf.Attr = 0x72
	attrAddrBase       dwarf.Attr = 0x73
	attrRnglistsBase   dwarf.Attr = 0x74
)

// entry reads a DIE with its attributes. Their values are those of debug/dwarf,
// which cannot read a section of which only parts are in memory: uint64 for
// addresses, int64 for constants and places in other sections, [dwarf.Offset]
// for DIEs, and bool, string and []byte. The end of a list of DIEs has no tag.
func (d *debugInfo) entry(c *cursor, u *Unit) *dwarf.Entry {
	off := dwarf.Offset(c.pos)
	a := c.abbreviation(u)
	if a == nil {
		return &dwarf.Entry{}
	}
	e := &dwarf.Entry{Offset: off, Tag: a.tag, Children: a.children, Field: make([]dwarf.Field, len(a.attrs))}
	for i := range a.attrs {
		f := &a.attrs[i]
		e.Field[i] = dwarf.Field{Attr: f.attr, Val: d.value(c, u, f)}
		if c.bad {
			break
		}
	}
	return e
}

// abbreviation reads the code that a DIE begins with; nil: the end of a list.
func (c *cursor) abbreviation(u *Unit) *abbreviation {
	code := c.uvarint()
	if code == 0 || c.bad {
		return nil
	}
	if code >= uint64(len(u.abbrevs)) || u.abbrevs[code].tag == 0 {
		c.bad = true
		return nil
	}
	return &u.abbrevs[code]
}

// value reads the value of an attribute.
func (d *debugInfo) value(c *cursor, u *Unit, f *attrForm) any {
	switch f.form {
	case formAddr:
		return c.uint64()
	case formAddrx, formAddrx1, formAddrx2, formAddrx3, formAddrx4:
		addr, ok := d.address(u, c.index(f.form))
		c.bad = c.bad || !ok
		return addr
	case formData1, formData2, formData4, formData8, formUdata, formImplicitConst:
		v, _ := c.constant(f)
		return int64(v)
	case formSdata:
		return c.varint()
	case formFlag:
		return c.byte() == 1
	case formFlagPresent:
		return true
	case formRefAddr:
		return dwarf.Offset(c.uint32())
	case formRef1, formRef2, formRef4, formRef8, formRefUdata:
		return dwarf.Offset(u.header + c.index(f.form))
	case formSecOffset:
		return int64(c.uint32())
	case formString:
		return string(c.cstring())
	case formStrp, formLineStrp, formStrx, formStrx1, formStrx2, formStrx3, formStrx4:
		return d.text(c, u, f.form)
	case formBlock, formExprloc:
		return c.take(c.uvarint())
	case formBlock1:
		return c.take(c.index(formData1))
	case formBlock2:
		return c.take(c.index(formData2))
	case formBlock4:
		return c.take(c.index(formData4))
	case formRnglistx:
		return d.rangeList(c, u)
	case formLoclistx:
		return c.uvarint()
	case formRefSig8:
		return c.uint64()
	case formIndirect:
		form := uint16(c.uvarint())
		if form == formIndirect || form == formImplicitConst {
			c.bad = true
			return nil
		}
		return d.value(c, u, &attrForm{attr: f.attr, form: form})
	}
	c.skip(f.form) // nobody here looks at the others
	return nil
}

// index reads an unsigned number of any size.
func (c *cursor) index(form uint16) uint64 {
	switch form {
	case formRef1, formStrx1, formAddrx1, formData1:
		return uint64(c.byte())
	case formRef2, formStrx2, formAddrx2, formData2:
		if p := c.take(2); p != nil {
			return uint64(binary.LittleEndian.Uint16(p))
		}
		return 0
	case formStrx3, formAddrx3:
		if p := c.take(3); p != nil {
			return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16
		}
		return 0
	case formRef4, formStrx4, formAddrx4, formData4:
		return uint64(c.uint32())
	case formRef8:
		return c.uint64()
	}
	return c.uvarint()
}

// text reads a string that lies in another section.
func (d *debugInfo) text(c *cursor, u *Unit, form uint16) string {
	strs := d.str
	var off uint64
	switch form {
	case formStrp:
		off = uint64(c.uint32())
	case formLineStrp:
		strs, off = d.lineStr, uint64(c.uint32())
	default:
		o := cursor{b: d.strOffs, pos: u.strBase + 4*min(c.index(form), uint64(len(d.strOffs)))}
		off = uint64(o.uint32())
		c.bad = c.bad || o.bad
	}
	if off >= uint64(len(strs)) {
		c.bad = true
		return ""
	}
	return cString(strs, uint32(off))
}

// rangeList reads the number of a list of ranges and gives its place.
func (d *debugInfo) rangeList(c *cursor, u *Unit) int64 {
	i := c.uvarint()
	if d.rngLists == nil { // not yet
		c.bad = true
		return 0
	}
	v, off := view{content: d.rngLists}, uint32(0)
	at := u.rngBase + 4*min(i, uint64(len(d.rngLists.all)))
	if _, ok := v.read(at, uint64(len(d.rngLists.all)), func(o *cursor) { off = o.uint32() }); !ok {
		c.bad = true
	}
	return int64(u.rngBase + uint64(off))
}

// bases reads of a unit's first DIE where its parts of other sections begin,
// before what refers to them can be read.
func (d *debugInfo) bases(c *cursor, u *Unit) {
	a := c.abbreviation(u)
	if a == nil {
		return
	}
	for i := range a.attrs {
		f := &a.attrs[i]
		to := map[dwarf.Attr]*uint64{attrStrOffsetsBase: &u.strBase, attrAddrBase: &u.addrBase, attrRnglistsBase: &u.rngBase}[f.attr]
		if to == nil || f.form != formSecOffset {
			c.skip(f.form)
			continue
		}
		*to = uint64(c.uint32())
	}
}
