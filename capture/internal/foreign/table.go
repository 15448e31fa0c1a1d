package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The unwind tables of a compiled object (.eh_frame): for a range of addresses
// an entry (FDE), which refers to what it has in common with others (CIE). Their
// format is that of the Linux Standard Base, "Exception Frames".

var errTable = errors.New("unwind table not understood")

// entry is a decoded FDE.
type entry struct {
	start     uint64
	codeAlign uint64
	dataAlign int64
	initial   []byte // instructions of the CIE
	own       []byte
}

const maxEntry = 64 << 10

// Encodings of addresses (DW_EH_PE).
const (
	encFormat = 0x0f
	encPCRel  = 0x10
	encData4  = 0x3b // relative to the table, 4 bytes
	encOmit   = 0xff
)

// find gives the entry for an address.
func (o *Object) find(mem Memory, pc uint64) (*entry, error) {
	if o.frames == 0 {
		return nil, fmt.Errorf("%s has no unwind table", o)
	}
	var h [12]byte
	if err := mem.ReadMemory(h[:], o.frames); err != nil {
		return nil, err
	}
	if h[0] != 1 || h[1]&encFormat != 0x0b || h[2] != 3 || h[3] != encData4 {
		return nil, errTable
	}
	n := binary.LittleEndian.Uint32(h[8:])
	table := o.frames + 12
	row := func(i uint32) (start, at uint64) {
		var b [8]byte
		_ = mem.ReadMemory(b[:], table+8*uint64(i)) // what comes of zeros is not found
		return o.frames + uint64(int64(int32(binary.LittleEndian.Uint32(b[:])))), o.frames + uint64(int64(int32(binary.LittleEndian.Uint32(b[4:]))))
	}
	lo, hi := uint32(0), n
	for lo < hi {
		mid := lo + (hi-lo)/2
		if start, _ := row(mid); start <= pc {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil, fmt.Errorf("%s has no entry for %#x", o, pc)
	}
	_, at := row(lo - 1)
	return readEntry(mem, at, pc)
}

// String names the object.
func (o *Object) String() string {
	if o.Path == "" {
		return "the executable"
	}
	return o.Path
}

// readEntry decodes the FDE at an address, which has to cover pc.
func readEntry(mem Memory, at, pc uint64) (*entry, error) {
	fde, err := body(mem, at)
	if err != nil {
		return nil, err
	}
	cie, err := body(mem, at+4-uint64(fde.u32()))
	if err != nil {
		return nil, err
	}
	e := &entry{}
	enc, augmented := e.common(cie)
	e.start = fde.address(enc)
	size := fde.address(enc & encFormat)
	if augmented {
		fde.skip(fde.uleb())
	}
	e.own = fde.b
	if cie.bad || fde.bad {
		return nil, errTable
	}
	if pc < e.start || pc-e.start >= size {
		return nil, fmt.Errorf("no entry for %#x", pc)
	}
	return e, nil
}

// common reads a CIE: how addresses of its FDEs are encoded, and whether they
// have augmentation data.
func (e *entry) common(r *cursor) (enc byte, augmented bool) {
	if id := r.u32(); id != 0 {
		r.bad = true
	}
	version := r.u8()
	var augmentation []byte
	for c := r.u8(); c != 0 && !r.bad; c = r.u8() {
		augmentation = append(augmentation, c)
	}
	e.codeAlign, e.dataAlign = r.uleb(), r.sleb()
	if version == 1 {
		r.u8()
	} else {
		r.uleb() // the register of the return address
	}
	if len(augmentation) == 0 {
		e.initial = r.b
		return 0, false
	}
	if augmentation[0] != 'z' {
		r.bad = true
		return 0, false
	}
	data := &cursor{b: r.take(r.uleb())}
	for _, c := range augmentation[1:] {
		switch c {
		case 'R':
			enc = data.u8()
		case 'P':
			data.address(data.u8())
		case 'L':
			data.u8()
		}
	}
	e.initial = r.b
	return enc, true
}

// body gives the content of the CIE or FDE at an address, behind its length.
func body(mem Memory, at uint64) (*cursor, error) {
	var h [4]byte
	if err := mem.ReadMemory(h[:], at); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(h[:])
	if n == 0 || n > maxEntry {
		return nil, errTable
	}
	b := make([]byte, n)
	return &cursor{b: b, addr: at + 4}, mem.ReadMemory(b, at+4)
}

// cursor reads what the tables are made of. Behind the end there are zeros.
type cursor struct {
	b    []byte
	addr uint64 // of b[0]
	bad  bool
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.bad, n = true, uint64(len(c.b))
	}
	out := c.b[:n:n]
	c.b, c.addr = c.b[n:], c.addr+n
	return out
}

func (c *cursor) skip(n uint64) { c.take(n) }

func (c *cursor) fixed(n uint64) uint64 {
	var w [8]byte
	copy(w[:], c.take(n))
	return binary.LittleEndian.Uint64(w[:])
}

func (c *cursor) u8() byte    { return byte(c.fixed(1)) }
func (c *cursor) u32() uint32 { return uint32(c.fixed(4)) }

func (c *cursor) uleb() uint64 {
	v, _ := c.leb()
	return v
}

func (c *cursor) sleb() int64 {
	v, bits := c.leb()
	if bits < 64 && v>>(bits-1)&1 != 0 {
		v |= ^uint64(0) << bits
	}
	return int64(v)
}

func (c *cursor) leb() (v uint64, bits uint) {
	for {
		b := c.u8()
		if bits < 64 {
			v |= uint64(b&0x7f) << bits
		}
		bits += 7
		if b&0x80 == 0 || c.bad {
			return v, bits
		}
	}
}

// address reads one in an encoding: as it is, or relative to where it stands.
func (c *cursor) address(enc byte) uint64 {
	at, v := c.addr, uint64(0)
	switch enc & encFormat {
	case 0, 4, 0xc:
		v = c.fixed(8)
	case 3:
		v = c.fixed(4)
	case 0xb:
		v = uint64(int64(int32(c.u32())))
	default:
		c.bad = true
	}
	if enc != encOmit && enc&0x70 == encPCRel {
		v += at
	}
	return v
}
