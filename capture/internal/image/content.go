package image

import (
	"fmt"
	"sort"
	"sync"

	"github.com/gopostmortem/postmortem/capture/internal/guard"
	"github.com/gopostmortem/postmortem/capture/internal/inflate"
	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/internal/pace"
)

// content is what a section of debug information inflates to. All of it is
// looked at once, and after that a few percent: the rest is let go, and
// inflated once more, part by part, where it is asked for after all. Only
// content that was never let go may be read without asking.
type content struct {
	all    []byte // as far as it is here
	stream []byte // what it inflates from

	mu    sync.Mutex
	parts []part
	next  int // the first part of which it was not decided whether to keep it
}

// part is what lies between two marks.
type part struct {
	from, to inflate.Mark
	away     bool
}

// partSize is how long a part is at least. Of each the last 32 KB stay, without
// which the next cannot be inflated.
const partSize = 192 << 10

// whole is content that is all here.
func whole(b []byte) *content { return &content{all: b} }

// passed notes how far inflating has come.
func (c *content) passed(m inflate.Mark) {
	last := len(c.parts) - 1
	if last < 0 || c.parts[last].to.Out-c.parts[last].from.Out >= partSize {
		from := inflate.Mark{}
		if last >= 0 {
			from = c.parts[last].to
		}
		c.parts = append(c.parts, part{from: from})
		last++
	}
	c.parts[last].to = m
}

// letGo lets go of the whole parts before done that keep does not want. Nothing
// may refer to them.
func (c *content) letGo(done int, keep func(from, to uint64) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; c.next < len(c.parts); c.next++ {
		p := &c.parts[c.next]
		from, to := p.from.Out, p.to.Out
		if to > done || to-from < partSize && done < len(c.all) { // it may still grow
			return
		}
		if to-from > inflate.Window && (keep == nil || !keep(uint64(from), uint64(to))) {
			p.away = offheap.Discard(c.all[from : to-inflate.Window])
		}
	}
}

// upTo makes sure that the content at pos is here, and gives all up to some
// place behind it; less where that cannot be had.
func (c *content) upTo(pos uint64) []byte {
	if len(c.parts) == 0 || pos >= uint64(len(c.all)) {
		return c.all
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := sort.Search(len(c.parts), func(i int) bool { return uint64(c.parts[i].to.Out) > pos })
	for n := i; n < len(c.parts); n++ {
		if p := &c.parts[n]; p.away {
			if n > i || inflate.Again(c.all, c.stream, p.from, p.to) != nil {
				return c.all[:p.from.Out]
			}
			pace.Turn()
			dropPages(c.stream[p.from.In():p.to.In()])
			p.away = false
		}
	}
	return c.all
}

// span makes sure that the content from one place to another is here, and gives
// all up to there.
func (c *content) span(from, to uint64) ([]byte, error) {
	for pos := from; pos < to; {
		here := uint64(len(c.upTo(pos)))
		if here <= pos {
			return nil, errDIE
		}
		pos = here
	}
	return c.all[:to], nil
}

// view reads content piece by piece.
type view struct {
	content *content
	from    uint64 // what is known to be here
	here    []byte // ends there
}

// read has f read at pos, and again with more before it where what is here does
// not suffice. It gives the place behind; nothing beyond end is read.
func (v *view) read(pos, end uint64, f func(c *cursor)) (next uint64, ok bool) {
	if pos < v.from || pos >= uint64(len(v.here)) {
		v.from, v.here = pos, v.content.upTo(pos)
	}
	for {
		c := cursor{b: v.here[:min(end, uint64(len(v.here)))], pos: pos}
		if f(&c); !c.bad {
			return c.pos, true
		}
		had := uint64(len(v.here))
		if had >= end {
			return 0, false
		}
		if v.here = v.content.upTo(had); uint64(len(v.here)) <= had {
			return 0, false
		}
	}
}

// maxInflated bounds one inflated section; Go's largest programs stay below a tenth of it.
const maxInflated = 4 << 30

// inflate reads a compressed section into memory outside the heap. From time to
// time, look is given what there is so far.
func (m *Image) inflate(s *section, stored []byte, look func(c *content, n int)) (*content, error) {
	stream, size, err := s.stream(stored)
	if err != nil {
		return nil, err
	}
	if size == 0 || size > maxInflated {
		return nil, fmt.Errorf("%s: inflated size %d is out of bounds", s.name, size)
	}
	buf, err := offheap.Make(int(size))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	c := &content{all: buf, stream: stream}
	readAhead(stream)
	const step = 1 << 20
	dropped := 0
	err = inflate.Zlib(buf, stream, func(at inflate.Mark) {
		pace.Turn()
		c.passed(at)
		look(c, at.Out)
		if n := min(at.In(), len(stream)); n-dropped >= step {
			dropPages(stream[dropped:n])
			dropped = n
		}
	})
	if err != nil {
		offheap.Free(buf)
		return nil, fmt.Errorf("%s: inflate: %w", s.name, err)
	}
	dropPages(stream)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.released = append(m.released, func() { offheap.Free(buf) })
	return c, nil
}

// debugContent gives a section of debug information. Look, if there is one, is
// called at least once, with all of it.
func (m *Image) debugContent(name string, look func(c *content, n int)) (*content, error) {
	if look == nil {
		look = func(*content, int) {}
	}
	f, file := m.container, m.mapped
	if m.debug != nil {
		f, file = m.debug.container, m.debug.mapped
	}
	s := f.section(name)
	if s == nil {
		return nil, fmt.Errorf("%s: %w", name, errNoSection)
	}
	b, err := s.bytes(file)
	if err != nil {
		return nil, err
	}
	if s.packed != unpacked {
		return m.inflate(s, b, look)
	}
	c := whole(b)
	look(c, len(b))
	return c, nil
}

// optional gives all of a section that need not be there.
func (m *Image) optional(name string) []byte {
	c, err := m.debugContent(name, nil)
	if err != nil {
		return nil
	}
	return c.all
}

// later inflates sections one after the other while something else is done, and
// gives a function that waits for one of them: nil if it is not there. What is
// read of the last one is known only later, so that it is let go at once.
func (m *Image) later(names ...string) func(name string) *content {
	results := make(map[string]chan *content, len(names))
	for _, name := range names {
		results[name] = make(chan *content, 1)
	}
	work := func() {
		for i, name := range names {
			var look func(c *content, n int)
			if i == len(names)-1 {
				look = func(c *content, n int) { c.letGo(n, nil) }
			}
			c, err := guard.Run(func() (*content, error) { return m.debugContent(name, look) })
			if err != nil {
				c = whole(nil)
			}
			results[name] <- c
		}
	}
	if pace.Busy() {
		work()
	} else {
		go work()
	}
	return func(name string) *content {
		c := <-results[name]
		results[name] <- c
		return c
	}
}
