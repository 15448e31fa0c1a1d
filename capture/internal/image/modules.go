package image

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// A program may consist of several modules, each an executable file of its own:
// plugins, for one. The executable's image knows those that were attached.

// Attach makes the functions of another module known to m.
func (m *Image) Attach(other *Image) {
	m.others = append(m.others, other)
	i := m.after(other.lines.text)
	m.byText = append(m.byText, nil)
	copy(m.byText[i+1:], m.byText[i:])
	m.byText[i] = other
}

// after counts the other modules of which the text begins at an address or below.
func (m *Image) after(addr uint64) int {
	return sort.Search(len(m.byText), func(i int) bool { return m.byText[i].lines.text > addr })
}

// At gives the image of the module that has an address in its text: m itself,
// also for addresses that none has.
func (m *Image) At(pc uint64) *Image {
	if i := m.after(pc); i > 0 && m.byText[i-1].lines.covers(pc) {
		return m.byText[i-1]
	}
	return m
}

// Find gives the function that covers pc, an address in the process.
func (m *Image) Find(pc uint64) (Function, bool) { return m.At(pc).lines.Find(pc) }

// Attached lists the other modules.
func (m *Image) Attached() []*Image { return m.others }

// Code reports whether an address lies in the Go code of a module.
func (m *Image) Code(addr uint64) bool { return m.At(addr).lines.covers(addr) }

// covers reports whether an address lies in the text.
func (t *LineTable) covers(pc uint64) bool {
	return pc >= t.text && len(t.funcs) >= 8*t.nfunc+4 && pc < t.entryAt(t.nfunc)
}

// TextOf reads where the text of the module begins whose moduledata is at an address.
func TextOf(mem Memory, moduledata uint64) (uint64, error) {
	var b [8]byte
	err := mem.ReadMemory(b[:], moduledata+mdText)
	return binary.LittleEndian.Uint64(b[:]), err
}

// OpenMapped opens a file of which the bytes from off on are mapped at the
// addresses from lo to hi.
func OpenMapped(path string, lo, hi, off uint64, mem Memory) (*Image, error) {
	m, err := Open(path, 0)
	if err != nil {
		return nil, err
	}
	if err := m.placeMapped(lo, hi, off, mem); err != nil {
		m.Close()
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

// placeMapped finds the bias: the one at which the text in memory is the file's.
func (m *Image) placeMapped(lo, hi, off uint64, mem Memory) error {
	s := m.container.section(".text")
	if s == nil {
		return errReplaced
	}
	text, err := s.bytes(m.mapped)
	if err != nil {
		return err
	}
	const enough = 4096
	text = text[:min(len(text), enough)]
	b := make([]byte, len(text))
	for i := range m.container.sections {
		// A page may hold the end of one segment and the beginning of the next.
		known := &m.container.sections[i]
		if known.memory == 0 || known.absent || known.off < off || known.off-off >= hi-lo {
			continue
		}
		bias := lo + known.off - off - known.addr
		if mem.ReadMemory(b, s.addr+bias) == nil && string(b) == string(text) {
			m.move(bias)
			_, err := m.Module(mem)
			return err
		}
	}
	return errReplaced
}
