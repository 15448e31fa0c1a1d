package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Executables of all systems hold the same things under different headers:
// what follows is what a container's reader makes of them. The standard
// library's readers do more, and make every program larger that captures.

// Processor is what an executable was built for.
type Processor uint8

// The processors whose stacks and registers are known.
const (
	AMD64 Processor = iota
	ARM64
)

// processorOf tells the processor by a format's numbers for the two.
func processorOf(machine, amd64, arm64 uint32) (Processor, error) {
	switch machine {
	case amd64:
		return AMD64, nil
	case arm64:
		return ARM64, nil
	}
	return 0, errContainer
}

// container is what is needed of an executable file.
type container struct {
	processor Processor
	fixed     bool // loaded at the addresses in the file
	sections  []section
}

// section is one section, by ELF's name for it.
type section struct {
	name         string
	addr, memory uint64 // where it is loaded, and how long it is there; no memory: it is not loaded
	off, size    uint64 // in the file
	absent       bool   // the file does not have its bytes
	writable     bool
	packed       packing
	symtab       bool // of ELF
	link         uint64
}

// packing is how a section is compressed.
type packing uint8

const (
	unpacked   packing = iota
	packedELF          // with ELF's own header
	packedZLIB         // behind the letters ZLIB and the size, as sections called .zdebug_* are
)

const (
	chdrSize     = 24
	compressZlib = 1

	zlibMagic      = "ZLIB"
	zlibHeaderSize = 12
)

// errNoSection says that the file has no such section.
var errNoSection = errors.New("no such section")

// errContainer says that a file is not an executable that can be read.
var errContainer = errors.New("not a 64-bit little endian executable of this system for amd64 or arm64")

// cString is the text at off, up to its NUL.
func cString(b []byte, off uint32) string {
	if uint64(off) >= uint64(len(b)) {
		return ""
	}
	s, _, _ := bytes.Cut(b[off:], []byte{0})
	return string(s)
}

// bytes gives a section's bytes as they are in the file.
func (s *section) bytes(file []byte) ([]byte, error) {
	if s.absent {
		return nil, fmt.Errorf("%s: %w", s.name, errNoSection)
	}
	if s.off > uint64(len(file)) || s.size > uint64(len(file))-s.off {
		return nil, fmt.Errorf("%s: lies outside the file", s.name)
	}
	return file[s.off : s.off+s.size : s.off+s.size], nil
}

// section finds a section by name, nil if there is none.
func (f *container) section(name string) *section {
	for i := range f.sections {
		if f.sections[i].name == name {
			return &f.sections[i]
		}
	}
	return nil
}

// sectionAt gives the loaded section that holds an address of the file.
func (f *container) sectionAt(addr uint64) *section {
	for i := range f.sections {
		if s := &f.sections[i]; addr >= s.addr && addr-s.addr < s.memory {
			return s
		}
	}
	return nil
}

// setName names a section as ELF does, from what follows another format's mark
// of its own sections.
func (s *section) setName(name string) {
	if rest, ok := strings.CutPrefix(name, "zdebug_"); ok {
		s.name, s.packed = ".debug_"+rest, packedZLIB
		return
	}
	s.name = "." + name
}

// stream gives a compressed section's zlib stream, and tells how long its content is.
func (s *section) stream(stored []byte) ([]byte, uint64, error) {
	header, size := 0, uint64(0)
	switch {
	case s.packed == packedELF && len(stored) >= chdrSize && binary.LittleEndian.Uint32(stored) == compressZlib:
		header, size = chdrSize, binary.LittleEndian.Uint64(stored[8:])
	case s.packed == packedZLIB && len(stored) >= zlibHeaderSize && string(stored[:len(zlibMagic)]) == zlibMagic:
		header, size = zlibHeaderSize, binary.BigEndian.Uint64(stored[len(zlibMagic):])
	default:
		return nil, 0, fmt.Errorf("%s: compressed in a way that is not known", s.name)
	}
	return stored[header:], size, nil
}
