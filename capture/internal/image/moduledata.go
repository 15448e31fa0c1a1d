package image

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// Memory is the address space of the process that runs the image.
type Memory interface {
	// ReadMemory fills p with the bytes at addr, all of it or an error.
	ReadMemory(p []byte, addr uint64) error
}

// Module is what is needed of the runtime's moduledata; addresses in the process.
type Module struct {
	Data          uint64 // its moduledata
	Text          uint64
	Types, ETypes uint64 // the runtime's type descriptors
	GoFunc        uint64 // go:func.*
}

// Offsets into runtime.moduledata, Go 1.20 to 1.27 up to text. Go 1.27 put
// three words between types and rodata, the first the length of the descriptors
// (GOROOT/src/runtime/symtab.go).
const (
	mdMinPC     = 160
	mdText      = 176
	mdTypes     = 296
	mdETypes    = 304
	mdGoFunc    = 320
	mdETypes127 = 312
	mdGoFunc127 = 344
	mdSize      = 360 // as far as it is read
)

// moduleSections are where linkers put firstmoduledata: Go 1.26 gives it a
// section of its own.
var moduleSections = []string{".go.module", ".noptrdata", ".data", ".data.rel.ro"}

// errNoModule says that no moduledata was found.
var errNoModule = errors.New("no moduledata found")

// Module gives the module's addresses. In a position-independent executable
// they are relocations that only the running program has resolved: then mem
// must be its memory.
func (m *Image) Module(mem Memory) (Module, error) {
	if m.module.Text != 0 {
		return m.module, nil
	}
	const largest = 64 << 20
	for _, name := range moduleSections {
		s := m.container.section(name)
		if s == nil || s.size > largest || s.size < mdSize {
			continue
		}
		buf, err := offheap.Make(int(s.size))
		if err != nil {
			return Module{}, err
		}
		err = mem.ReadMemory(buf, s.addr+m.Bias)
		md, found := m.scanModule(buf, m.Bias)
		md.Data += s.addr + m.Bias
		offheap.Free(buf)
		if err == nil && found {
			m.setModule(md)
			return md, nil
		}
	}
	return Module{}, fmt.Errorf("image: %s: %w", m.Path, errNoModule)
}

// moved gives the addresses at another place.
func (md Module) moved(bias uint64) Module {
	return Module{md.Data + bias, md.Text + bias, md.Types + bias, md.ETypes + bias, md.GoFunc + bias}
}

// moduleInFile finds the moduledata of an executable whose file has its
// addresses; that of a position-independent ELF file has not.
func (m *Image) moduleInFile() (Module, error) {
	for _, name := range moduleSections {
		if b, err := m.section(name); err == nil {
			if md, ok := m.scanModule(b, 0); ok {
				md.Data += m.container.section(name).addr
				return md.moved(m.Bias), nil
			}
		}
	}
	return Module{}, errNoModule
}

// scanModule looks for a moduledata in b: its first word is the address of the
// pclntab, and its text and minpc agree with the pclntab's first function. Data
// is its offset in b.
func (m *Image) scanModule(b []byte, bias uint64) (Module, bool) {
	word := func(off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
	first := uint64(binary.LittleEndian.Uint32(m.lines.funcs))
	for off := 0; off+mdSize <= len(b); off += 8 {
		if word(off) != m.lines.pclntab+bias {
			continue
		}
		md := Module{Data: uint64(off), Text: word(off + mdText), Types: word(off + mdTypes), ETypes: word(off + mdETypes), GoFunc: word(off + mdGoFunc)}
		if md.Text == 0 || word(off+mdMinPC) != md.Text+first {
			continue
		}
		if md.ETypes < md.Types { // a length; what is where gofunc was may look like an address
			md.ETypes, md.GoFunc = word(off+mdETypes127), word(off+mdGoFunc127)
		}
		return md, true
	}
	return Module{}, false
}

// setModule tells the line table what its offsets are relative to.
func (m *Image) setModule(md Module) {
	m.module = md
	m.lines.text = md.Text
	addr := md.GoFunc - m.Bias
	if s := m.container.sectionAt(addr); s != nil {
		if b, err := s.bytes(m.mapped); err == nil {
			m.lines.gofunc = b[min(addr-s.addr, uint64(len(b))):]
		}
	}
}
