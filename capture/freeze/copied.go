package freeze

import (
	"fmt"
	"sort"
	"sync"
)

// copied is the memory of a program that was copied in part.
type copied struct {
	mu       sync.RWMutex // closing waits for readers
	c        *copier
	extents  []extent // by address, none overlaps
	constant []Range
}

// newCopied makes the copy readable.
func newCopied(c *copier) *copied {
	for i := range c.extents[:c.n] {
		c.extents[i].off &^= noPointers
	}
	list := c.extents[:c.n]
	sort.Slice(list, func(i, j int) bool { return list[i].addr < list[j].addr })
	out, end := list[:0], uint64(0)
	for _, e := range list { // what was copied twice is the same: nothing has changed meanwhile
		if e.addr < end {
			cut := min(end-e.addr, e.size)
			e.addr, e.off, e.size = e.addr+cut, e.off+cut, e.size-cut
		}
		if e.size > 0 {
			out, end = append(out, e), e.addr+e.size
		}
	}
	return &copied{c: c, extents: out, constant: c.rt.Constant}
}

// close gives the memory back.
func (m *copied) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.extents = nil
	m.c.free()
	return nil
}

// ReadMemory fills p with the memory at addr, all of it or an error.
func (m *copied) ReadMemory(p []byte, addr uint64) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.read(p, addr)
}

// ReadBatch fills the buffers of all requests. Requests fail one by one.
func (m *copied) ReadBatch(reqs []Request) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for i := range reqs {
		reqs[i].Err = m.read(reqs[i].Buf, reqs[i].Addr)
	}
}

func (m *copied) read(p []byte, addr uint64) error {
	size := len(p)
	if readStatic(m.constant, p, addr) {
		return nil
	}
	i := sort.Search(len(m.extents), func(i int) bool { return m.extents[i].addr+m.extents[i].size > addr })
	for ; len(p) > 0 && i < len(m.extents) && m.extents[i].addr <= addr; i++ {
		e := &m.extents[i]
		n := copy(p, m.c.buf[e.off+addr-e.addr:e.off+e.size])
		p, addr = p[n:], addr+uint64(n)
	}
	if len(p) > 0 {
		return fmt.Errorf("read %d bytes at %#x: %w", size, addr, errNotCopied)
	}
	return nil
}

// readStatic reads memory that is mapped for as long as the program runs, and
// reports whether all of it is.
func readStatic(ranges []Range, p []byte, addr uint64) bool {
	for i := range ranges {
		if r := &ranges[i]; addr >= r.Lo && addr <= r.Hi && uint64(len(p)) <= r.Hi-addr {
			copyFrom(p, addr)
			return true
		}
	}
	return false
}

// ReadMemory reads the program's variables and constants as they are now,
// wherever the program runs and whatever is forbidden to it.
func (r *Runtime) ReadMemory(p []byte, addr uint64) error {
	if readStatic(r.Data, p, addr) || readStatic(r.Constant, p, addr) {
		return nil
	}
	return fmt.Errorf("read %d bytes at %#x: not a variable", len(p), addr)
}
