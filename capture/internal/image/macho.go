package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The constants of Mach-O that matter (mach-o/loader.h).
const (
	machoMagic     = 0xfeedfacf
	machoExecute   = 2
	machoPIE       = 0x200000
	machoAMD64     = 0x01000007
	machoARM64     = 0x0100000c
	machoSegment   = 0x19 // LC_SEGMENT_64
	machoZeroFill  = 1    // the type of a section that the file does not have
	machoTypeMask  = 0xff
	machoNameSize  = 16
	machoHeader    = 32
	machoSegHeader = 72
	machoSection   = 80
)

// parseMachO reads the load commands of the file b that list sections.
func parseMachO(b []byte) (*container, error) {
	le := binary.LittleEndian
	if len(b) < machoHeader || le.Uint32(b) != machoMagic || le.Uint32(b[12:]) != machoExecute {
		return nil, errContainer
	}
	processor, err := processorOf(le.Uint32(b[4:]), machoAMD64, machoARM64)
	if err != nil {
		return nil, err
	}
	f := &container{processor: processor, fixed: le.Uint32(b[24:])&machoPIE == 0}
	n, size := le.Uint32(b[16:]), uint64(le.Uint32(b[20:]))
	if size > uint64(len(b)-machoHeader) {
		return nil, fmt.Errorf("%w: load commands", errContainer)
	}
	for cmds := b[machoHeader:][:size]; n > 0; n-- {
		if len(cmds) < 8 {
			return nil, fmt.Errorf("%w: load commands", errContainer)
		}
		length := uint64(le.Uint32(cmds[4:]))
		if length < 8 || length > uint64(len(cmds)) {
			return nil, fmt.Errorf("%w: load commands", errContainer)
		}
		if le.Uint32(cmds) == machoSegment {
			f.addSegment(cmds[:length])
		}
		cmds = cmds[length:]
	}
	return f, nil
}

// addSegment adds the sections of a segment.
func (f *container) addSegment(cmd []byte) {
	if len(cmd) < machoSegHeader {
		return
	}
	le := binary.LittleEndian
	n := le.Uint32(cmd[64:])
	for h := cmd[machoSegHeader:]; n > 0 && len(h) >= machoSection; n, h = n-1, h[machoSection:] {
		s := section{
			addr: le.Uint64(h[32:]), size: le.Uint64(h[40:]), off: uint64(le.Uint32(h[48:])),
			absent: le.Uint32(h[64:])&machoTypeMask == machoZeroFill,
		}
		name, _, _ := bytes.Cut(h[:machoNameSize], []byte{0})
		segment, _, _ := bytes.Cut(h[machoNameSize:2*machoNameSize], []byte{0})
		s.setName(strings.TrimPrefix(strings.Replace(string(name), "__go_", "__go.", 1), "__"))
		switch string(segment) {
		case "__DATA":
			s.writable = true
			fallthrough
		case "__TEXT", "__DATA_CONST":
			s.memory = s.size
		}
		f.sections = append(f.sections, s)
	}
}
