// Package foreign walks stacks of code that is not Go's, C's for one. All it
// needs lies in the memory of the program: the list of loaded objects, their
// unwind tables (.eh_frame) and their dynamic symbols.
package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Memory is the frozen address space.
type Memory interface {
	ReadMemory(p []byte, addr uint64) error
}

// Object is an executable or library that the program has loaded.
type Object struct {
	Path   string // "" is the executable
	Bias   uint64 // address in the process = address in the file + Bias
	Lo, Hi uint64

	frames  uint64 // .eh_frame_hdr, 0 none
	dynamic uint64
	symbols *symbols // read when a name is asked for
}

// Bounds on what damaged memory can claim.
const (
	maxObjects  = 1000
	maxSegments = 100
	maxDynamic  = 1000
	maxPath     = 4096
)

// The constants of ELF that matter.
const (
	headerSize  = 64
	segmentSize = 56

	ptLoad    = 1
	ptDynamic = 2
	ptFrames  = 0x6474e550

	dtHash    = 4
	dtStrtab  = 5
	dtSymtab  = 6
	dtStrsz   = 10
	dtDebug   = 21
	dtGNUHash = 0x6ffffef5
)

// Objects lists what is loaded: the executable, whose header is at an address,
// and what its dynamic linker has added.
func Objects(mem Memory, header uint64) ([]*Object, error) {
	exe, err := object(mem, header)
	if err != nil {
		return nil, err
	}
	list := []*Object{exe}
	if exe.dynamic == 0 {
		return list, nil
	}
	debug, err := dynamic(mem, exe, dtDebug)
	if err != nil || debug[0] == 0 {
		return list, err
	}
	link, err := word(mem, debug[0]+8)
	for n := 0; err == nil && link != 0 && n < maxObjects; n++ {
		var m [4]uint64 // l_addr, l_name, l_ld, l_next
		if err = words(mem, link, m[:]); err != nil {
			break
		}
		link = m[3]
		if o, err := object(mem, m[0]); err == nil && o.Lo != exe.Lo { // of which one is not to be had, others are
			o.Path = text(mem, m[1], maxPath)
			list = append(list, o)
		}
	}
	return list, err
}

var errFormat = errors.New("no 64-bit ELF object")

// object reads the headers of the object whose first byte is at an address.
func object(mem Memory, header uint64) (*Object, error) {
	var h [headerSize]byte
	if err := mem.ReadMemory(h[:], header); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if string(h[:6]) != "\x7fELF\x02\x01" || le.Uint16(h[54:]) != segmentSize || le.Uint16(h[56:]) > maxSegments {
		return nil, fmt.Errorf("%w at %#x", errFormat, header)
	}
	table := make([]byte, segmentSize*int(le.Uint16(h[56:])))
	if err := mem.ReadMemory(table, header+le.Uint64(h[32:])); err != nil {
		return nil, err
	}
	o := &Object{Lo: ^uint64(0)}
	for s := table; len(s) > 0; s = s[segmentSize:] { // addresses in the file
		addr, size := le.Uint64(s[16:]), le.Uint64(s[40:])
		switch le.Uint32(s) {
		case ptLoad:
			if le.Uint64(s[8:]) == 0 {
				o.Bias = header - addr
			}
			o.Lo, o.Hi = min(o.Lo, addr), max(o.Hi, addr+size)
		case ptDynamic:
			o.dynamic = addr
		case ptFrames:
			o.frames = addr
		}
	}
	for _, at := range []*uint64{&o.dynamic, &o.frames} {
		if *at != 0 {
			*at += o.Bias
		}
	}
	o.Lo, o.Hi = o.Lo+o.Bias, o.Hi+o.Bias
	return o, nil
}

// dynamic gives the values of entries of an object's dynamic section, 0 for
// those that it does not have.
func dynamic(mem Memory, o *Object, tags ...uint64) ([]uint64, error) {
	out := make([]uint64, len(tags))
	for n := range uint64(maxDynamic) {
		var d [2]uint64
		if err := words(mem, o.dynamic+16*n, d[:]); err != nil {
			return out, err
		}
		if d[0] == 0 {
			break
		}
		for i, tag := range tags {
			if d[0] == tag {
				out[i] = d[1]
			}
		}
	}
	return out, nil
}

// Find gives the object that has an address.
func Find(list []*Object, addr uint64) *Object {
	for _, o := range list {
		if addr >= o.Lo && addr < o.Hi {
			return o
		}
	}
	return nil
}

func word(mem Memory, addr uint64) (uint64, error) {
	var w [1]uint64
	err := words(mem, addr, w[:])
	return w[0], err
}

func words(mem Memory, addr uint64, out []uint64) error {
	var b [32]byte
	if err := mem.ReadMemory(b[:8*len(out)], addr); err != nil {
		return err
	}
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return nil
}

// text reads a string that ends in a zero byte.
func text(mem Memory, addr uint64, longest int) string {
	var out []byte
	var b [1]byte
	for len(out) < longest && mem.ReadMemory(b[:], addr+uint64(len(out))) == nil && b[0] != 0 {
		out = append(out, b[0])
	}
	return string(out)
}
