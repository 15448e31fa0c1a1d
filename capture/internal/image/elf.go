package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The constants of ELF that matter.
const (
	etExec        = 2
	etDyn         = 3
	emX86_64      = 62
	emAArch64     = 183
	shtSymtab     = 2
	shtNobits     = 8
	shfWrite      = 1
	shfAlloc      = 2
	shfTLS        = 0x400
	shfCompressed = 0x800

	elfHeaderSize     = 64
	sectionHeaderSize = 64
	symbolSize        = 24
)

// parseELF reads the header and the section table of the file b.
func parseELF(b []byte) (*container, error) {
	le := binary.LittleEndian
	if len(b) < elfHeaderSize || string(b[:7]) != "\x7fELF\x02\x01\x01" {
		return nil, errContainer
	}
	typ := le.Uint16(b[16:])
	if typ != etExec && typ != etDyn {
		return nil, errContainer
	}
	processor, err := processorOf(uint32(le.Uint16(b[18:])), emX86_64, emAArch64)
	if err != nil {
		return nil, err
	}
	f := &container{processor: processor, fixed: typ == etExec}
	table, n := le.Uint64(b[40:]), uint64(le.Uint16(b[60:]))
	names := uint64(le.Uint16(b[62:]))
	if table > uint64(len(b)) || n > (uint64(len(b))-table)/sectionHeaderSize || names >= n {
		return nil, fmt.Errorf("%w: section table", errContainer)
	}
	for h := b[table:]; n > 0; n, h = n-1, h[sectionHeaderSize:] {
		f.sections = append(f.sections, elfSection(h))
	}
	strs, err := f.sections[names].bytes(b)
	if err != nil {
		return nil, err
	}
	for i := range f.sections {
		f.sections[i].name = cString(strs, le.Uint32(b[table+uint64(i)*sectionHeaderSize:]))
	}
	return f, nil
}

// elfSection interprets a section's header, but for the name.
func elfSection(h []byte) section {
	le := binary.LittleEndian
	typ, flags := le.Uint32(h[4:]), le.Uint64(h[8:])
	s := section{
		addr: le.Uint64(h[16:]), off: le.Uint64(h[24:]), size: le.Uint64(h[32:]),
		absent: typ == shtNobits, writable: flags&shfWrite != 0, symtab: typ == shtSymtab, link: uint64(le.Uint32(h[40:])),
	}
	if flags&shfAlloc != 0 && flags&shfTLS == 0 { // what threads have of their own is a copy
		s.memory = s.size
	}
	if flags&shfCompressed != 0 {
		s.packed = packedELF
	}
	return s
}

// symtab gives the table of symbols of an ELF file and their names; none if it
// is stripped.
func (f *container) symtab(file []byte) (table, names []byte) {
	for i := range f.sections {
		s := &f.sections[i]
		if !s.symtab || s.link >= uint64(len(f.sections)) {
			continue
		}
		table, err1 := s.bytes(file)
		names, err2 := f.sections[s.link].bytes(file)
		if err1 == nil && err2 == nil {
			return table, names
		}
	}
	return nil, nil
}

// symbol gives the value of a symbol of an ELF file.
func (f *container) symbol(file []byte, name string) (uint64, bool) {
	le, want := binary.LittleEndian, []byte(name+"\x00")
	table, names := f.symtab(file)
	for ; len(table) >= symbolSize; table = table[symbolSize:] {
		if off := uint64(le.Uint32(table)); off < uint64(len(names)) && bytes.HasPrefix(names[off:], want) {
			return le.Uint64(table[8:]), true
		}
	}
	return 0, false
}
