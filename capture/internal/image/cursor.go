package image

import (
	"bytes"
	"encoding/binary"
)

// cursor reads DWARF's encodings. What would reach beyond the end sets bad and
// reads as zero.
type cursor struct {
	b   []byte
	pos uint64
	bad bool
}

// take gives the next n bytes, or nil and bad.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) || c.pos > uint64(len(c.b))-n {
		c.bad, c.pos = true, uint64(len(c.b))
		return nil
	}
	p := c.b[c.pos : c.pos+n]
	c.pos += n
	return p
}

func (c *cursor) byte() byte {
	if p := c.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if p := c.take(4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if p := c.take(8); p != nil {
		return binary.LittleEndian.Uint64(p)
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	if c.pos < uint64(len(c.b)) && c.b[c.pos] < 0x80 { // nearly all are one byte
		c.pos++
		return uint64(c.b[c.pos-1])
	}
	v, shift := uint64(0), uint(0)
	for {
		x := c.byte()
		if c.bad || shift > 63 {
			c.bad = true
			return 0
		}
		v |= uint64(x&0x7f) << shift
		if x < 0x80 {
			return v
		}
		shift += 7
	}
}

// varint is a signed LEB128.
func (c *cursor) varint() int64 {
	v, shift := int64(0), uint(0)
	for {
		x := c.byte()
		if c.bad || shift > 63 {
			c.bad = true
			return 0
		}
		v |= int64(x&0x7f) << shift
		shift += 7
		if x < 0x80 {
			if x&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

func (c *cursor) cstring() []byte {
	n := bytes.IndexByte(c.b[min(c.pos, uint64(len(c.b))):], 0)
	if n < 0 {
		c.bad, c.pos = true, uint64(len(c.b))
		return nil
	}
	s := c.b[c.pos : c.pos+uint64(n)]
	c.pos += uint64(n) + 1
	return s
}

// constant reads an attribute that is a plain number.
func (c *cursor) constant(f *attrForm) (uint64, bool) {
	switch f.form {
	case formAddr, formData8:
		return c.uint64(), true
	case formData4:
		return uint64(c.uint32()), true
	case formData2:
		if p := c.take(2); p != nil {
			return uint64(binary.LittleEndian.Uint16(p)), true
		}
		return 0, true
	case formData1:
		return uint64(c.byte()), true
	case formUdata:
		return c.uvarint(), true
	case formImplicitConst:
		return uint64(f.implicit), true
	}
	return 0, false
}

// fixedSize gives the size of forms that have one; 0xff for those that do not.
var fixedSize = func() (t [formAddrx4 + 1]uint8) {
	for i := range t {
		t[i] = 0xff
	}
	for size, forms := range map[uint8][]int{
		0:  {formFlagPresent, formImplicitConst},
		1:  {formData1, formFlag, formRef1, formStrx1, formAddrx1},
		2:  {formData2, formRef2, formStrx2, formAddrx2},
		3:  {formStrx3, formAddrx3},
		4:  {formData4, formStrp, formRefAddr, formRef4, formSecOffset, formRefSup4, formStrpSup, formLineStrp, formStrx4, formAddrx4},
		8:  {formAddr, formData8, formRef8, formRefSig8, formRefSup8},
		16: {formData16},
	} {
		for _, f := range forms {
			t[f] = size
		}
	}
	return t
}()

// skip passes over an attribute's value.
func (c *cursor) skip(form uint16) {
	for form == formIndirect && !c.bad {
		form = uint16(c.uvarint())
	}
	if int(form) < len(fixedSize) && fixedSize[form] != 0xff {
		c.take(uint64(fixedSize[form]))
		return
	}
	switch form {
	case formString:
		c.cstring()
	case formUdata, formSdata, formRefUdata, formStrx, formAddrx, formLoclistx, formRnglistx:
		c.uvarint()
	case formBlock, formExprloc:
		c.take(c.uvarint())
	case formBlock1:
		c.take(uint64(c.byte()))
	case formBlock2:
		if p := c.take(2); p != nil {
			c.take(uint64(binary.LittleEndian.Uint16(p)))
		}
	case formBlock4:
		c.take(uint64(c.uint32()))
	default:
		c.bad = true
	}
}
