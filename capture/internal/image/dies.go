package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/internal/pace"
)

// This file scans a unit's DIEs without building anything for the ones that
// are not wanted: debug/dwarf allocates an Entry for each, which takes most of
// the time of a first capture in a large program.

// attrForm is one attribute of an abbreviation.
type attrForm struct {
	attr     dwarf.Attr
	form     uint16
	implicit int64
}

type abbreviation struct {
	tag      dwarf.Tag
	children bool
	attrs    []attrForm
}

// abbrevTable is indexed by abbreviation code.
type abbrevTable []abbreviation

// DWARF forms (DWARF 5 §7.5.6).
const (
	formAddr          = 0x01
	formBlock2        = 0x03
	formBlock4        = 0x04
	formData2         = 0x05
	formData4         = 0x06
	formData8         = 0x07
	formString        = 0x08
	formBlock         = 0x09
	formBlock1        = 0x0a
	formData1         = 0x0b
	formFlag          = 0x0c
	formSdata         = 0x0d
	formStrp          = 0x0e
	formUdata         = 0x0f
	formRefAddr       = 0x10
	formRef1          = 0x11
	formRef2          = 0x12
	formRef4          = 0x13
	formRef8          = 0x14
	formRefUdata      = 0x15
	formIndirect      = 0x16
	formSecOffset     = 0x17
	formExprloc       = 0x18
	formFlagPresent   = 0x19
	formStrx          = 0x1a
	formAddrx         = 0x1b
	formRefSup4       = 0x1c
	formStrpSup       = 0x1d
	formData16        = 0x1e
	formLineStrp      = 0x1f
	formRefSig8       = 0x20
	formImplicitConst = 0x21
	formLoclistx      = 0x22
	formRnglistx      = 0x23
	formRefSup8       = 0x24
	formStrx1         = 0x25
	formStrx2         = 0x26
	formStrx3         = 0x27
	formStrx4         = 0x28
	formAddrx1        = 0x29
	formAddrx2        = 0x2a
	formAddrx3        = 0x2b
	formAddrx4        = 0x2c
)

var errDIE = errors.New("DWARF: damaged unit")

// maxAbbrevs bounds one abbreviation table; Go's compiler uses about 70.
const maxAbbrevs = 1 << 16

// abbrevTable parses the table at off, once.
func (d *debugInfo) abbrevTable(off uint64) (abbrevTable, error) {
	if t, ok := d.abbrevs[off]; ok {
		return t, nil
	}
	if off > uint64(len(d.abbrev)) {
		return nil, errDIE
	}
	c := cursor{b: d.abbrev[off:]}
	var t abbrevTable
	for {
		code := c.uvarint()
		if code == 0 || c.bad {
			break
		}
		if code > maxAbbrevs {
			return nil, errDIE
		}
		a := abbreviation{tag: dwarf.Tag(c.uvarint()), children: c.byte() != 0}
		for {
			af := attrForm{attr: dwarf.Attr(c.uvarint()), form: uint16(c.uvarint())}
			if af.form == formImplicitConst {
				af.implicit = c.varint()
			}
			if (af.attr == 0 && af.form == 0) || c.bad {
				break
			}
			a.attrs = append(a.attrs, af)
		}
		for uint64(len(t)) <= code {
			t = append(t, abbreviation{})
		}
		t[code] = a
	}
	if c.bad {
		return nil, errDIE
	}
	d.abbrevs[off] = t
	return t, nil
}

// die is what index wants to know of one DIE.
type die struct {
	off      dwarf.Offset
	tag      dwarf.Tag
	name     []byte
	low      uint64
	high     uint64
	highRel  bool
	hasLow   bool
	location []byte
	typ      dwarf.Offset
	rtype    uint64
	value    int64 // of a constant
	hasValue bool
}

// index scans a unit, once. The caller holds d.mu.
func (d *debugInfo) index(u *Unit) error {
	if !u.indexed {
		u.indexed, u.damage = true, d.scan(u)
	}
	return u.damage
}

// scanned is how much of a unit is scanned without a pause.
const scanned = 64 << 10

// scan files a unit's top-level DIEs: its functions, variables and constants,
// and for the runtime its types.
func (d *debugInfo) scan(u *Unit) error {
	b, err := d.info.span(u.header, u.end)
	if err != nil {
		return err
	}
	c := cursor{b: b, pos: u.root}
	depth := 0
	var x die
	for turn := c.pos; c.pos < u.end; {
		if c.pos-turn > scanned {
			turn = c.pos
			pace.Turn()
		}
		x = die{off: dwarf.Offset(c.pos)}
		a := c.abbreviation(u)
		if c.bad {
			return fmt.Errorf("%w: no abbreviation at %#x", errDIE, x.off)
		}
		if a == nil {
			if depth--; depth <= 0 {
				break
			}
			continue
		}
		x.tag = a.tag
		if depth == 1 {
			d.readDIE(u, &c, a, &x)
			d.keep(u, &x)
		} else {
			for i := range a.attrs {
				c.skip(a.attrs[i].form)
			}
		}
		if c.bad {
			return errDIE
		}
		if a.children {
			depth++
		}
	}
	sort.Slice(u.subs, func(i, j int) bool { return u.subs[i].low < u.subs[j].low })
	return nil
}

// keep files a top-level DIE in the unit's index.
func (d *debugInfo) keep(u *Unit, x *die) {
	if x.rtype != 0 && u.runtime {
		d.described = append(d.described, typeDIE{x.rtype, x.off})
	}
	switch x.tag {
	case dwarf.TagSubprogram:
		if x.hasLow {
			if x.highRel {
				x.high += x.low
			}
			u.subs = append(u.subs, subprogram{x.low, x.high, x.off})
		}
	case dwarf.TagConstant:
		if x.hasValue && len(x.name) > 0 {
			u.consts = append(u.consts, constant{x.name, x.value, x.typ})
		}
	case dwarf.TagVariable:
		addr, ok := d.staticAddress(u, x.location)
		switch {
		case !ok || len(x.name) == 0:
		case u.runtime:
			d.vars[string(x.name)] = global{addr, x.typ}
		default:
			u.vars = append(u.vars, variable{x.name, global{addr, x.typ}})
		}
	case dwarf.TagStructType, dwarf.TagTypedef, dwarf.TagBaseType, dwarf.TagPointerType:
		if u.runtime && ofRuntime(x.name) {
			d.types[string(x.name)] = x.off
		}
	}
}

// ofRuntime tells the types whose layout the capture itself needs from the
// many thousands of others in the same unit.
func ofRuntime(name []byte) bool {
	for _, prefix := range []string{"runtime", "internal/", "sync."} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return true
		}
	}
	return string(name) == EmptyInterface
}

// staticAddress evaluates the location of a package variable: one DW_OP_addr or DW_OP_addrx.
func (d *debugInfo) staticAddress(u *Unit, prog []byte) (uint64, bool) {
	const opAddr, opAddrx = 0x03, 0xa1
	switch {
	case len(prog) == 9 && prog[0] == opAddr:
		return binary.LittleEndian.Uint64(prog[1:]), true
	case len(prog) >= 2 && prog[0] == opAddrx:
		i, n := binary.Uvarint(prog[1:])
		if n <= 0 {
			return 0, false
		}
		return d.address(u, i)
	}
	return 0, false
}

// address is entry i of the unit's part of .debug_addr.
func (d *debugInfo) address(u *Unit, i uint64) (uint64, bool) {
	if i > uint64(len(d.addr)) {
		return 0, false
	}
	c := cursor{b: d.addr, pos: u.addrBase + 8*i}
	addr := c.uint64()
	return addr, !c.bad
}

// readDIE reads the attributes that keep looks at and skips the rest.
func (d *debugInfo) readDIE(u *Unit, c *cursor, a *abbreviation, x *die) {
	for i := range a.attrs {
		f := &a.attrs[i]
		switch f.attr {
		case dwarf.AttrName:
			if f.form == formString {
				x.name = c.cstring()
				continue
			}
		case dwarf.AttrLowpc:
			switch f.form {
			case formAddr:
				x.low, x.hasLow = c.uint64(), true
				continue
			case formAddrx:
				x.low, x.hasLow = d.address(u, c.uvarint())
				continue
			}
		case dwarf.AttrHighpc:
			if v, ok := c.constant(f); ok {
				x.high, x.highRel = v, f.form != formAddr
				continue
			}
		case dwarf.AttrLocation:
			if f.form == formExprloc || f.form == formBlock1 {
				n := uint64(0)
				if f.form == formExprloc {
					n = c.uvarint()
				} else {
					n = uint64(c.byte())
				}
				x.location = c.take(n)
				continue
			}
		case dwarf.AttrConstValue:
			if f.form == formSdata {
				x.value, x.hasValue = c.varint(), true
				continue
			}
		case attrGoRuntimeType:
			if f.form == formAddr {
				x.rtype = c.uint64()
				continue
			}
		case dwarf.AttrType:
			switch f.form {
			case formRefAddr:
				x.typ = dwarf.Offset(c.uint32())
				continue
			case formRef4:
				x.typ = dwarf.Offset(u.header) + dwarf.Offset(c.uint32())
				continue
			}
		}
		c.skip(f.form)
	}
}
