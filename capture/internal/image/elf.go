package image

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The parts of an ELF file that are needed here. debug/elf reads more, and
// makes every program larger that captures.

// elfFile is the header and the section table of a 64-bit little endian file.
type elfFile struct {
	fixed    bool // ET_EXEC: loaded at the addresses in the file
	entry    uint64
	sections []elfSection
}

// elfSection is one section; all numbers are the file's own.
type elfSection struct {
	name                         string
	typ                          uint32
	flags, addr, off, size, link uint64
}

// The constants of ELF that matter.
const (
	etExec        = 2
	etDyn         = 3
	shtSymtab     = 2
	shtNobits     = 8
	shfAlloc      = 2
	shfCompressed = 0x800
	compressZlib  = 1

	elfHeaderSize     = 64
	sectionHeaderSize = 64
	symbolSize        = 24
	chdrSize          = 24
)

var errELF = errors.New("not a 64-bit little endian ELF executable")

// parseELF reads the header and the section table of the file b.
func parseELF(b []byte) (*elfFile, error) {
	le := binary.LittleEndian
	if len(b) < elfHeaderSize || string(b[:7]) != "\x7fELF\x02\x01\x01" {
		return nil, errELF
	}
	typ := le.Uint16(b[16:])
	if typ != etExec && typ != etDyn {
		return nil, errELF
	}
	f := &elfFile{fixed: typ == etExec, entry: le.Uint64(b[24:])}
	table, n := le.Uint64(b[40:]), uint64(le.Uint16(b[60:]))
	names := uint64(le.Uint16(b[62:]))
	if table > uint64(len(b)) || n > (uint64(len(b))-table)/sectionHeaderSize || names >= n {
		return nil, fmt.Errorf("%w: section table", errELF)
	}
	var nameOffsets []uint32
	for h := b[table:]; n > 0; n, h = n-1, h[sectionHeaderSize:] {
		nameOffsets = append(nameOffsets, le.Uint32(h))
		f.sections = append(f.sections, elfSection{
			typ: le.Uint32(h[4:]), flags: le.Uint64(h[8:]), addr: le.Uint64(h[16:]),
			off: le.Uint64(h[24:]), size: le.Uint64(h[32:]), link: uint64(le.Uint32(h[40:])),
		})
	}
	strs, err := f.sections[names].bytes(b)
	if err != nil {
		return nil, err
	}
	for i := range f.sections {
		f.sections[i].name = cString(strs, nameOffsets[i])
	}
	return f, nil
}

// cString is the text at off, up to its NUL.
func cString(b []byte, off uint32) string {
	if uint64(off) >= uint64(len(b)) {
		return ""
	}
	s, _, _ := bytes.Cut(b[off:], []byte{0})
	return string(s)
}

// bytes gives a section's bytes as they are in the file.
func (s *elfSection) bytes(file []byte) ([]byte, error) {
	if s.typ == shtNobits {
		return nil, fmt.Errorf("%s: %w", s.name, errNoSection)
	}
	if s.off > uint64(len(file)) || s.size > uint64(len(file))-s.off {
		return nil, fmt.Errorf("%s: lies outside the file", s.name)
	}
	return file[s.off : s.off+s.size : s.off+s.size], nil
}

// section finds a section by name, nil if there is none.
func (f *elfFile) section(name string) *elfSection {
	for i := range f.sections {
		if f.sections[i].name == name {
			return &f.sections[i]
		}
	}
	return nil
}

// inflater opens a compressed section, and tells how long its content is.
func (s *elfSection) inflater(stored []byte) (io.Reader, uint64, error) {
	le := binary.LittleEndian
	if len(stored) < chdrSize || le.Uint32(stored) != compressZlib {
		return nil, 0, fmt.Errorf("%s: compressed in a way that is not known", s.name)
	}
	r, err := zlib.NewReader(bytes.NewReader(stored[chdrSize:]))
	return r, le.Uint64(stored[8:]), err
}

// symbol gives the value of a symbol.
func (f *elfFile) symbol(file []byte, name string) (uint64, bool) {
	le := binary.LittleEndian
	for i := range f.sections {
		s := &f.sections[i]
		if s.typ != shtSymtab || s.link >= uint64(len(f.sections)) {
			continue
		}
		syms, err := s.bytes(file)
		if err != nil {
			return 0, false
		}
		strs, err := f.sections[s.link].bytes(file)
		if err != nil {
			return 0, false
		}
		for ; len(syms) >= symbolSize; syms = syms[symbolSize:] {
			if off := uint64(le.Uint32(syms)); off < uint64(len(strs)) && bytes.HasPrefix(strs[off:], []byte(name+"\x00")) {
				return le.Uint64(syms[8:]), true
			}
		}
	}
	return 0, false
}
