// Package paged reads frozen memory by pages: what lies beside a few bytes is
// often wanted next, and each read of another process costs more than a page's
// bytes do.
package paged

import "github.com/gopostmortem/postmortem/capture/internal/offheap"

// Source is the frozen address space.
type Source interface {
	ReadMemory(p []byte, addr uint64) error
}

// Memory reads a source, small ranges by way of pages that it keeps. As the
// source is frozen, nothing in them goes stale. It is not safe for concurrent
// use.
type Memory struct {
	Source Source
	pages  []byte
	tags   [kept]tag
}

const (
	kept     = 256
	pageSize = 4096
)

// tag says which page is in a place.
type tag struct {
	number uint64 // plus one; 0: none
	bad    bool   // it can't be read, or not as a whole
}

// ReadMemory fills p with the memory at addr, all of it or an error.
func (m *Memory) ReadMemory(p []byte, addr uint64) error {
	if from := addr % pageSize; from+uint64(len(p)) <= pageSize {
		if b := m.page(addr / pageSize); b != nil {
			copy(p, b[from:])
			return nil
		}
	}
	return m.Source.ReadMemory(p, addr)
}

// page gives a page of memory, nil if it can't be had.
func (m *Memory) page(number uint64) []byte {
	if m.pages == nil {
		var err error
		if m.pages, err = offheap.Make(kept * pageSize); err != nil {
			return nil
		}
	}
	i := number % kept
	t, p := &m.tags[i], m.pages[i*pageSize:(i+1)*pageSize:(i+1)*pageSize]
	if t.number != number+1 {
		*t = tag{number + 1, m.Source.ReadMemory(p, number*pageSize) != nil}
	}
	if t.bad {
		return nil
	}
	return p
}

// Close gives back the memory of the pages.
func (m *Memory) Close() {
	offheap.Free(m.pages)
	m.pages, m.tags = nil, [kept]tag{}
}
