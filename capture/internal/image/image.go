// Package image reads one executable: its pclntab, its DWARF and the notes
// that identify it. Nothing is parsed before it is asked for, large sections
// lie outside the garbage-collected heap, and one compile unit is indexed only
// when an address falls in it.
package image

import (
	"debug/dwarf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Image is an executable file and what has been found out about it so far.
// It is safe for concurrent use.
type Image struct {
	Path string
	Bias uint64 // address in the process = address in the file + Bias

	file     *os.File
	elf      *elfFile
	mapped   []byte // the whole file
	released []func()

	lines  *LineTable
	module Module

	dwarfOnce sync.Once
	dwarf     *debugInfo
	dwarfErr  error
}

// Open opens the ELF executable at path, loaded at bias.
func Open(path string, bias uint64) (*Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	m := &Image{Path: path, Bias: bias, file: f}
	if err := m.init(); err != nil {
		m.Close()
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

func (m *Image) init() error {
	st, err := m.file.Stat()
	if err != nil {
		return err
	}
	if m.mapped, err = mapFile(m.file, st.Size()); err != nil {
		return err
	}
	if m.elf, err = parseELF(m.mapped); err != nil {
		return err
	}
	if m.elf.fixed {
		m.Bias = 0
	}
	return m.openLineTable()
}

// Close releases the file and every mapping. Nothing read from m may be used afterwards.
func (m *Image) Close() error {
	for _, release := range m.released {
		release()
	}
	if m.mapped != nil {
		unmap(m.mapped)
	}
	return m.file.Close()
}

// Lines is the image's pclntab.
func (m *Image) Lines() *LineTable { return m.lines }

// Entry is the ELF entry point in the process.
func (m *Image) Entry() uint64 { return m.elf.entry + m.Bias }

// errNoSection says that the file has no such section.
var errNoSection = errors.New("no such section")

// section gives a section's content, inflated if need be. The bytes belong to m.
func (m *Image) section(name string) ([]byte, error) {
	s := m.elf.section(name)
	if s == nil {
		return nil, fmt.Errorf("%s: %w", name, errNoSection)
	}
	b, err := s.bytes(m.mapped)
	if err != nil || s.flags&shfCompressed == 0 {
		return b, err
	}
	return m.inflate(s, b)
}

// maxInflated bounds one inflated section; Go's largest programs stay below a tenth of it.
const maxInflated = 4 << 30

// inflate reads a compressed section into memory outside the heap.
func (m *Image) inflate(s *elfSection, stored []byte) ([]byte, error) {
	r, size, err := s.inflater(stored)
	if err != nil {
		return nil, err
	}
	if size == 0 || size > maxInflated {
		return nil, fmt.Errorf("%s: inflated size %d is out of bounds", s.name, size)
	}
	buf, err := mapAnonymous(int(size))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	if _, err := io.ReadFull(r, buf); err != nil {
		unmap(buf)
		return nil, fmt.Errorf("%s: inflate: %w", s.name, err)
	}
	m.released = append(m.released, func() { unmap(buf) })
	return buf, nil
}

// BuildID is the Go build ID, "" if there is none.
func (m *Image) BuildID() string {
	desc := m.note(".note.go.buildid", "Go\x00\x00")
	return string(desc)
}

// GNUBuildID is the linker's build ID in hex, "" if there is none.
func (m *Image) GNUBuildID() string {
	return hex.EncodeToString(m.note(".note.gnu.build-id", "GNU\x00"))
}

// note finds the descriptor of the first note with that name.
func (m *Image) note(section, name string) []byte {
	b, err := m.section(section)
	if err != nil {
		return nil
	}
	le := binary.LittleEndian
	for len(b) >= 12 {
		nameLen, descLen := uint64(le.Uint32(b)), uint64(le.Uint32(b[4:]))
		b = b[12:]
		nameEnd := (nameLen + 3) &^ 3
		if nameEnd > uint64(len(b)) || descLen > uint64(len(b))-nameEnd {
			return nil
		}
		if string(b[:nameEnd]) == name {
			return b[nameEnd : nameEnd+descLen]
		}
		b = b[min(nameEnd+(descLen+3)&^3, uint64(len(b))):]
	}
	return nil
}

// Symbol finds a symbol of the ELF symbol table by name; its address in the
// process. A stripped executable has none.
func (m *Image) Symbol(name string) (uint64, bool) {
	value, ok := m.elf.symbol(m.mapped, name)
	return value + m.Bias, ok
}

// DWARF is the image's debug information for readers of single DIEs, or nil
// and why there is none. Addresses in it lack the bias.
func (m *Image) DWARF() (*dwarf.Data, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, err
	}
	return d.data, nil
}
