package values

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// coverage knows which words of the address space the dump has: no byte is
// emitted twice, however often and as whatever it is reached. Ranges are
// rounded to whole words, which never reaches into another page.
type coverage struct {
	index  offheap.Map // page number -> place in chunks
	chunks []chunk
	n      int32  // pages in them
	last   uint64 // page looked at last
	at     int32
}

const (
	granule  = 8
	pageSize = 4096
)

// page has a bit for each word of a page.
type page [pageSize / granule / 64]uint64

// A chunk has many pages, outside the heap if there is memory, where they stay.
type chunk struct {
	pages  *[chunkPages]page
	memory []byte
}

const chunkPages = 1024

func newChunk() (c chunk) {
	var err error
	if c.memory, err = offheap.Make(int(unsafe.Sizeof(*c.pages))); err != nil {
		c.pages = new([chunkPages]page)
	} else {
		c.pages = (*[chunkPages]page)(unsafe.Pointer(&c.memory[0]))
	}
	return c
}

func (c *coverage) place(at int32) *page { return &c.chunks[at/chunkPages].pages[at%chunkPages] }

func (c *coverage) init() { c.last = ^uint64(0) }

func (c *coverage) free() {
	c.index.Free()
	for _, x := range c.chunks {
		offheap.Free(x.memory)
	}
	*c = coverage{}
	c.init()
}

// page gives the bits of a page, nil if none are set and make is not.
func (c *coverage) page(number uint64, create bool) *page {
	if number == c.last {
		return c.place(c.at)
	}
	at, ok := c.index.Get(number)
	if !ok {
		if !create {
			return nil
		}
		at = c.n
		if c.n++; int(at) == len(c.chunks)*chunkPages {
			c.chunks = append(c.chunks, newChunk())
		}
		c.index.Set(number, at)
	}
	c.last, c.at = number, at
	return c.place(at)
}

// mark notes that the dump has [lo, hi), whole words.
func (c *coverage) mark(lo, hi uint64) { c.add(lo, hi, func(uint64, uint64) {}) }

// add marks [lo, hi) and gives the runs of it that were not marked before.
func (c *coverage) add(lo, hi uint64, fresh func(lo, hi uint64)) {
	start := lo // of the run of fresh words that ends at lo
	for lo < hi {
		p := c.page(lo/pageSize, true)
		end := min(hi, (lo/pageSize+1)*pageSize)
		for lo < end {
			i := lo % pageSize / granule
			bit := i % 64
			n := min((end-lo)/granule, 64-bit)
			mask := (^uint64(0) >> (64 - n)) << bit
			if had := p[i/64] & mask; had != 0 {
				start = c.mixed(lo, n, bit, p[i/64], start, fresh)
			}
			p[i/64] |= mask
			lo += n * granule
		}
	}
	if start < hi {
		fresh(start, hi)
	}
}

// mixed handles a group of n words from lo of which some were marked.
func (c *coverage) mixed(lo, n, bit, had, start uint64, fresh func(lo, hi uint64)) uint64 {
	for k := uint64(0); k < n; k++ {
		if had>>(bit+k)&1 == 0 {
			continue
		}
		at := lo + k*granule
		if start < at {
			fresh(start, at)
		}
		start = at + granule
	}
	return start
}

// has reports whether the dump has all of [lo, hi).
func (c *coverage) has(lo, hi uint64) bool {
	lo, hi = lo&^(granule-1), (hi+granule-1)&^(granule-1)
	for lo < hi {
		p := c.page(lo/pageSize, false)
		if p == nil {
			return false
		}
		i := lo % pageSize / granule
		bit := i % 64
		n := min((min(hi, (lo/pageSize+1)*pageSize)-lo)/granule, 64-bit)
		mask := (^uint64(0) >> (64 - n)) << bit
		if p[i/64]&mask != mask {
			return false
		}
		lo += n * granule
	}
	return true
}
