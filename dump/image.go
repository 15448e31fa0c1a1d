package dump

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
)

// image finds the bytes at an address: in the extents of the memory sections,
// or in a goroutine's stack. It holds where they are, of the sections that were
// looked into; their bytes pass through a cache.
type image struct {
	d        *Dump
	sections []*memorySection // by lowest address
	room     *share

	stacksOnce sync.Once
	byStack    []stackRef // by address
}

// memorySection is the directory of one, read when an address falls in it.
type memorySection struct {
	addrRange        // hi is the last address
	reach     uint64 // greatest hi up to here
	sec       int
	once      sync.Once
	extents   []extentRef // by address
	bytesOnce sync.Once
	runs      []addrRange // what the extents cover together, by address; see image.whole
}

// extentRef is an extent of a memory section.
type extentRef struct {
	addr   uint64
	off, n uint32
}

// addrRange is the addresses from lo up to, not including, hi.
type addrRange struct{ lo, hi uint64 }

// stackRef is a range of addresses of which a goroutine's image has a part.
type stackRef struct {
	addrRange
	reach uint64 // greatest hi up to here
	row   int32
}

func (d *Dump) image() *image {
	d.imageOnce.Do(func() {
		m := &image{d: d, room: d.budget.share()}
		for i := range d.sectionsOf(groupMemory) {
			s := &memorySection{addrRange: d.store.section(i).span, sec: i}
			if s.addrRange == (addrRange{}) { // not known: the index is lost
				s.hi = math.MaxUint64
			}
			m.sections = append(m.sections, s)
		}
		slices.SortStableFunc(m.sections, func(a, b *memorySection) int { return cmp.Compare(a.lo, b.lo) })
		reach := uint64(0)
		for _, s := range m.sections {
			reach = max(reach, s.hi)
			s.reach = reach
		}
		d.img = m
	})
	return d.img
}

// readAll reads the directories of all sections.
func (m *image) readAll() {
	for _, s := range m.sections {
		m.directory(s)
	}
	m.stacks()
}

// over gives the sections that may have a byte of the n from addr on.
func (m *image) over(addr, n uint64) iter.Seq[*memorySection] {
	return func(yield func(*memorySection) bool) {
		last := addr + (n - 1)
		i := upTo(m.sections, last, func(s **memorySection) uint64 { return (*s).lo })
		for ; i >= 0 && m.sections[i].reach >= addr; i-- {
			if s := m.sections[i]; s.hi >= addr && !yield(m.whole(s)) {
				return
			}
		}
	}
}

// directory reads where a section's extents are, once.
func (m *image) directory(s *memorySection) *memorySection {
	s.once.Do(func() {
		if m.room.spent() {
			return
		}
		err := m.d.store.ranges(s.sec, func(x model.Range) error { return m.add(s, x) })
		if err != nil {
			m.d.noteDamage(sectionError(m.d.store.section(s.sec), err))
		}
		byAddr := func(a, b extentRef) int { return cmp.Compare(a.addr, b.addr) }
		if !slices.IsSortedFunc(s.extents, byAddr) {
			slices.SortStableFunc(s.extents, byAddr)
		}
		s.extents = slices.Clip(s.extents)
	})
	return s
}

// whole reads a section's directory and, once, its bytes. What the directory
// tells of, but is lost with a damaged file, is none of its extents.
func (m *image) whole(s *memorySection) *memorySection {
	m.directory(s)
	s.bytesOnce.Do(func() {
		if len(s.extents) == 0 {
			return
		}
		size := uint64(len(m.d.memCache.get(s.sec)))
		s.extents = slices.DeleteFunc(s.extents, func(e extentRef) bool { return uint64(e.off)+uint64(e.n) > size })
		s.merge()
	})
	return s
}

func (m *image) add(s *memorySection, x model.Range) error {
	const weight = int64(unsafe.Sizeof(extentRef{}) + unsafe.Sizeof(addrRange{}))
	switch {
	case x.Len == 0:
		return nil
	case x.Off < 0 || x.Off > math.MaxUint32 || x.Len > math.MaxUint32:
		return fmt.Errorf("%w: extent of %d bytes at %d of its section", ErrMalformed, x.Len, x.Off)
	case x.Addr+x.Len < x.Addr:
		return fmt.Errorf("%w: extent of %d bytes at address %#x", ErrMalformed, x.Len, x.Addr)
	case x.Addr < s.lo || x.Addr+x.Len-1 > s.hi:
		return fmt.Errorf("%w: extent at address %#x in a section of %#x to %#x", ErrMalformed, x.Addr, s.lo, s.hi)
	}
	if err := m.room.take(weight); err != nil {
		return err
	}
	s.extents = append(s.extents, extentRef{x.Addr, uint32(x.Off), uint32(x.Len)})
	return nil
}

// merge joins extents that touch.
func (s *memorySection) merge() {
	for _, e := range s.extents {
		hi := e.addr + uint64(e.n)
		if n := len(s.runs); n > 0 && e.addr <= s.runs[n-1].hi {
			s.runs[n-1].hi = max(s.runs[n-1].hi, hi)
			continue
		}
		s.runs = append(s.runs, addrRange{e.addr, hi})
	}
	s.runs = slices.Clip(s.runs)
}

// stackGap is the distance from which on two spans are looked for apart: a
// goroutine's own stack, and the thread's.
const stackGap = 64 << 10

// stacks gives the table of stacks, which is made when an address lies nowhere else.
func (m *image) stacks() []stackRef {
	m.stacksOnce.Do(m.addStacks)
	return m.byStack
}

func (m *image) addStacks() {
	gos := m.d.goTable()
	for row := range int32(gos.n) {
		base := gos.at(row).base
		spans, _ := m.d.stackTable(gos.at(row).stack).spans()
		first := len(m.byStack)
		for _, sp := range spans {
			lo := base + uint64(sp.Off)
			hi := lo + uint64(sp.Len)
			if sp.Len == 0 || hi < lo {
				continue
			}
			if n := len(m.byStack); n > first && lo >= m.byStack[n-1].hi && lo-m.byStack[n-1].hi < stackGap {
				m.byStack[n-1].hi = hi
				continue
			}
			if m.room.take(int64(unsafe.Sizeof(stackRef{}))) != nil {
				m.d.noteDamage(fmt.Errorf("%w: stacks", ErrLimit))
				return
			}
			m.byStack = append(m.byStack, stackRef{addrRange: addrRange{lo, hi}, row: row})
		}
	}
	slices.SortStableFunc(m.byStack, func(a, b stackRef) int { return cmp.Compare(a.lo, b.lo) })
	reach := uint64(0)
	for i := range m.byStack {
		reach = max(reach, m.byStack[i].hi)
		m.byStack[i].reach = reach
	}
}

// upTo gives the index of the last element that begins at or below addr, or -1.
func upTo[T any](list []T, addr uint64, lo func(*T) uint64) int {
	i, j := 0, len(list)
	for i < j {
		if h := int(uint(i+j) >> 1); lo(&list[h]) <= addr {
			i = h + 1
		} else {
			j = h
		}
	}
	return i - 1
}

// maxOverlap bounds how many stacks are tried for an address. In a sound
// dump no two overlap.
const maxOverlap = 8

// onStack gives the bytes from addr on, to the end of their span, of the stack
// that addr lies in; none if there is no such stack, or its image is lost.
func (m *image) onStack(addr uint64) []byte {
	row, off, n, ok := m.stackSpan(addr)
	if !ok {
		return nil
	}
	g := m.d.goRecord(row)
	if g == nil {
		return nil
	}
	size := int64(len(g.Image))
	return g.Image[min(off, size):min(off+n, size)]
}

// stackSpan finds the stack with addr, the place of addr in the goroutine's
// Image and how many bytes of the span follow it.
func (m *image) stackSpan(addr uint64) (row int32, off, n int64, ok bool) {
	stacks := m.stacks()
	i := upTo(stacks, addr, func(s *stackRef) uint64 { return s.lo })
	for tries := 0; i >= 0 && tries < maxOverlap && stacks[i].reach > addr; i, tries = i-1, tries+1 {
		s := &stacks[i]
		if addr >= s.hi {
			continue
		}
		head := m.d.goHead(s.row)
		spans, offs := m.d.stackTable(head.stack).spans()
		rel := int64(addr - head.base)
		at := upTo(spans, uint64(rel)^signBit, func(sp *model.Span) uint64 { return uint64(sp.Off) ^ signBit })
		if at >= 0 && rel-spans[at].Off < spans[at].Len {
			in := rel - spans[at].Off
			return s.row, offs[at] + in, spans[at].Len - in, true
		}
	}
	return 0, 0, 0, false
}

// signBit turns the order of signed numbers into that of unsigned ones.
const signBit = 1 << 63

// run tells how many of the max bytes from addr on are in the image.
func (m *image) run(addr, max uint64) uint64 {
	var n uint64
	for n < max && addr+n >= addr {
		at := addr + n
		if hi := m.runEnd(at); hi > at {
			n += hi - at
			continue
		}
		k := len(m.onStack(at))
		if k == 0 {
			break
		}
		n += uint64(k)
	}
	return min(n, max)
}

// runEnd gives the end of the run of a memory section that addr lies in, or 0.
func (m *image) runEnd(addr uint64) uint64 {
	for s := range m.over(addr, 1) {
		if i := upTo(s.runs, addr, func(r *addrRange) uint64 { return r.lo }); i >= 0 && addr < s.runs[i].hi {
			return s.runs[i].hi
		}
	}
	return 0
}

// any reports whether one of the n bytes from addr on is in the image.
func (m *image) any(addr, n uint64) bool {
	if m.run(addr, 1) > 0 {
		return true
	}
	near := func(lo uint64) bool { return lo > addr && lo-addr < n }
	for s := range m.over(addr, min(n, -addr)) {
		i := upTo(s.runs, addr, func(r *addrRange) uint64 { return r.lo }) + 1
		if i < len(s.runs) && near(s.runs[i].lo) {
			return true
		}
	}
	stacks := m.stacks()
	j := upTo(stacks, addr, func(s *stackRef) uint64 { return s.lo }) + 1
	return j < len(stacks) && near(stacks[j].lo) && len(m.onStack(stacks[j].lo)) > 0
}

// find gives the bytes from addr on that lie in one piece; none if it is not in the image.
func (m *image) find(addr uint64) []byte {
	for s := range m.over(addr, 1) {
		if b := m.inExtent(s, addr); len(b) > 0 {
			return b
		}
	}
	return m.onStack(addr)
}

// inExtent gives the bytes from addr on of one of the section's extents.
func (m *image) inExtent(s *memorySection, addr uint64) []byte {
	i := upTo(s.extents, addr, func(e *extentRef) uint64 { return e.addr })
	for tries := 0; i >= 0 && tries < maxOverlap; i, tries = i-1, tries+1 {
		e := &s.extents[i]
		if in := addr - e.addr; in < uint64(e.n) {
			data := m.d.memCache.get(s.sec)
			from, to := uint64(e.off)+in, uint64(e.off)+uint64(e.n)
			return data[min(from, uint64(len(data))):min(to, uint64(len(data)))]
		}
	}
	return nil
}

// read copies the bytes from addr on into p and tells how many there were.
func (m *image) read(addr uint64, p []byte) int {
	n := 0
	for n < len(p) && addr+uint64(n) >= addr {
		piece := m.find(addr + uint64(n))
		if len(piece) == 0 {
			break
		}
		n += copy(p[n:], piece)
	}
	return n
}

// loadMemory reads the bytes of a memory section.
func (d *Dump) loadMemory(sec int) ([]byte, int64) {
	data, err := d.store.data(sec)
	if err != nil {
		d.noteDamage(sectionError(d.store.section(sec), err))
		return nil, 0
	}
	return data, int64(len(data))
}
