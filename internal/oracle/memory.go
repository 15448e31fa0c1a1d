//go:build linux && amd64

// The memory of another process, read in pages and kept: a frozen image does
// not change.

package oracle

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// pageSize is the unit of reading; memory is mapped in whole pages, so a page
// is readable as a whole or not at all.
const pageSize = 4096

// maxPages bounds what is kept: 256 MiB.
const maxPages = 1 << 16

// memory implements proc.MemoryReadWriter.
type memory struct {
	pid   int
	pages map[uint64][]byte // nil: cannot be read
}

func newMemory(pid int) *memory {
	return &memory{pid: pid, pages: make(map[uint64][]byte)}
}

// ReadMemory fills buf, or returns how much of it could be read and an error.
func (m *memory) ReadMemory(buf []byte, addr uint64) (int, error) {
	done := 0
	for done < len(buf) {
		at := addr + uint64(done)
		page := m.page(at &^ (pageSize - 1))
		if page == nil {
			return done, fmt.Errorf("oracle: no memory at %#x", at)
		}
		done += copy(buf[done:], page[at&(pageSize-1):])
	}
	return done, nil
}

// WriteMemory refuses.
func (m *memory) WriteMemory(uint64, []byte) (int, error) { return 0, errFrozen }

// page returns the page at addr.
func (m *memory) page(addr uint64) []byte {
	if p, ok := m.pages[addr]; ok {
		return p
	}
	if len(m.pages) >= maxPages {
		clear(m.pages)
	}
	p := make([]byte, pageSize)
	local := []unix.Iovec{{Base: &p[0], Len: pageSize}}
	remote := []unix.RemoteIovec{{Base: uintptr(addr), Len: pageSize}}
	if n, err := unix.ProcessVMReadv(m.pid, local, remote, 0); err != nil || n != pageSize {
		p = nil
	}
	m.pages[addr] = p
	return p
}
