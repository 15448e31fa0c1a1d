// Package image reads one executable: its pclntab, its DWARF and the notes
// that identify it. Nothing is parsed before it is asked for, large sections
// lie outside the garbage-collected heap, and one compile unit is indexed only
// when an address falls in it.
package image

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"sync"

	"github.com/gopostmortem/postmortem/internal/stdio"

	"github.com/gopostmortem/postmortem/capture/internal/guard"
)

// Image is an executable file and what has been found out about it so far.
// It is safe for concurrent use.
type Image struct {
	Path string
	Bias uint64 // address in the process = address in the file + Bias

	// DebugDirs are searched for debug information that was split off, besides
	// the usual places.
	DebugDirs []string

	mu        sync.Mutex          // for released and symbols
	symbols   map[string][]Symbol // found, by the ending of their names
	container *container
	mapped    []byte // the whole file
	parse     func([]byte) (*container, error)
	debug     *separate // nil: there is none
	released  []func()

	lines  *LineTable
	module Module
	others []*Image // modules besides this one
	byText []*Image // likewise, by where their text begins

	dwarfOnce sync.Once
	dwarf     *debugInfo
	dwarfErr  error
}

// Open opens the executable at path, one of the system it runs on, loaded at bias.
func Open(path string, bias uint64) (*Image, error) { return open(path, bias, native) }

// OpenAny opens the executable at path, whatever system and processor it is
// for. A program that captures only itself does not link it.
func OpenAny(path string, bias uint64) (*Image, error) { return open(path, bias, anyContainer) }

// anyContainer tries all formats.
func anyContainer(b []byte) (*container, error) {
	for _, parse := range []func([]byte) (*container, error){parseELF, parseMachO, parsePE} {
		if f, err := parse(b); err == nil {
			return f, nil
		}
	}
	return nil, errContainer
}

func open(path string, bias uint64, parse func([]byte) (*container, error)) (*Image, error) {
	b, err := mapPath(path)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	m := &Image{Path: path, Bias: bias, mapped: b, parse: parse}
	if err := guard.Do(m.init); err != nil {
		m.Close()
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

// mapPath maps a file, which does not stay open.
func mapPath(path string) (b []byte, err error) {
	var f *os.File
	stdio.Apart(func() { f, err = os.OpenFile(path, os.O_RDONLY|openFlags, 0) })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, errContainer)
	}
	return mapFile(f, st.Size())
}

func (m *Image) init() (err error) {
	if m.container, err = m.parse(m.mapped); err != nil {
		return err
	}
	if m.container.fixed {
		m.Bias = 0
	}
	return m.openLineTable()
}

// Close releases every mapping. Nothing read from m may be used afterwards.
func (m *Image) Close() {
	for _, o := range m.others {
		o.Close()
	}
	for _, release := range m.released {
		release()
	}
	if m.mapped != nil {
		unmap(m.mapped)
	}
}

// LetGo lets go of the memory that the files take. What is read again comes from
// the system's cache.
func (m *Image) LetGo() {
	dropPages(m.mapped)
	if m.debug != nil {
		dropPages(m.debug.mapped)
	}
	for _, o := range m.others {
		o.LetGo()
	}
}

// Named finds a function by name; addresses in it lack the bias. It looks at all of them.
func (m *Image) Named(symbol string) (Function, bool) {
	defer m.LetGo()
	return m.lines.Named(symbol)
}

// Lines is the image's pclntab.
func (m *Image) Lines() *LineTable { return m.lines }

// Processor is what the executable was built for.
func (m *Image) Processor() Processor { return m.container.processor }

// section gives the content of a section that is not compressed. The bytes belong to m.
func (m *Image) section(name string) ([]byte, error) {
	s := m.container.section(name)
	if s == nil {
		return nil, fmt.Errorf("%s: %w", name, errNoSection)
	}
	return s.bytes(m.mapped)
}

// BuildID is the Go build ID, "" if there is none.
func (m *Image) BuildID() string {
	if desc := m.note(goNote, goName); desc != nil {
		return string(desc)
	}
	const within = 64 << 10 // elsewhere than in ELF it is at the beginning of the text
	_, rest, _ := bytes.Cut(m.mapped[:min(within, len(m.mapped))], []byte("\xff Go build ID: \""))
	id, _, _ := bytes.Cut(rest, []byte("\"\n \xff"))
	return string(id)
}

// GoVersion is the version of Go that built the program, "" if it does not say
// (debug/buildinfo; Go 1.18 and later).
func (m *Image) GoVersion() string {
	const size, inline, magic = 32, 2, "\xff Go buildinf:"
	b, err := m.section(".go.buildinfo")
	if err != nil {
		b, _ = m.section(".data") // PE
		b = b[max(bytes.Index(b, []byte(magic)), 0):]
	}
	if len(b) < size || string(b[:len(magic)]) != magic || b[15]&inline == 0 {
		return ""
	}
	n, used := binary.Uvarint(b[size:])
	if b = b[size+max(used, 0):]; used <= 0 || n > uint64(len(b)) {
		return ""
	}
	return string(b[:n])
}

// GNUBuildID is the linker's build ID in hex, "" if there is none.
func (m *Image) GNUBuildID() string {
	return hex.EncodeToString(m.note(gnuNote, gnuName))
}

// Sections of the notes that identify a build, and the names in them.
const (
	goNote, goName   = ".note.go.buildid", "Go\x00\x00"
	gnuNote, gnuName = ".note.gnu.build-id", "GNU\x00"
)

// note finds the descriptor of the first note with that name.
func (m *Image) note(section, name string) []byte {
	return noteOf(m.container, m.mapped, section, name)
}

func noteOf(f *container, file []byte, section, name string) []byte {
	s := f.section(section)
	if s == nil {
		return nil
	}
	b, err := s.bytes(file)
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
	value, ok := m.container.symbol(m.mapped, name)
	return value + m.Bias, ok
}
