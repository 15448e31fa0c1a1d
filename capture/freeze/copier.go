package freeze

import "time"

// The copy is made by one goroutine while all others stand still, so everything here keeps to three rules: it allocates nothing, it
// never blocks, and it touches only memory that the runtime's tables say is
// mapped. Walking the values themselves at that time, with no copy, would keep
// the world stopped for longer, and a mistake of the engine would be the end of
// the program where now it is an error.

// extent is a piece of the copy.
type extent struct {
	addr, size uint64
	off        uint64 // in the buffer; the high bit says that it holds no pointers
}

const noPointers = 1 << 63

// copier is a copy being made.
type copier struct {
	rt      *Runtime
	first   uint64 // id of the goroutine that comes first
	buf     []byte
	used    uint64
	extents []extent
	n       int
	apart   int      // the extent at this index begins a piece of its own
	seen    []uint64 // what was copied already, a hash table of addresses
	marks   int

	start  time.Time
	most   time.Duration
	unseen uint64 // bytes since the clock was looked at
	stop   stopReason

	share    uint64        // what the first goroutine refers to may take one part in so many
	room     uint64        // bounds that hold for now
	by       time.Duration // likewise
	late     bool
	levels   int // of pointers that are followed
	pointers int // followed out of one object

	lo, hi  uint64 // addresses of the heap's arenas
	counted uint64 // goroutines whose stack could not be copied
}

// stopReason is why a copy is not complete.
type stopReason int

const (
	goOn stopReason = iota
	noRoom
	noTime
)

// run copies. First comes what every dump needs: goroutines, stacks, variables
// and the heap's tables. Then what the first goroutine refers to; then all of
// the heap if there is room, or else what the others and the variables lead to.
//
//go:norace
func (c *copier) run(whole bool) {
	c.bound(1, c.most)
	c.findArenas()
	c.take(c.rt.AllGs, 24, noPointers)
	first := c.phase()
	c.goroutines(true)
	others := c.phase()
	c.goroutines(false)
	c.phase()
	data := c.n
	for i := range c.rt.Data {
		r := &c.rt.Data[i]
		c.take(r.Lo, min(r.Hi-r.Lo, (uint64(len(c.buf))-c.used)/2), 0)
	}
	tables := c.phase()
	c.tables()
	next := c.phase()

	c.bound(c.share, c.most/4)
	c.scan(first, others)
	next = c.drain(next)
	c.bound(1, c.most)
	if whole {
		c.phase()
		c.spans()
		return
	}
	c.scan(others, data)
	c.scan(data, tables)
	c.drain(next)
}

// bound says how much of the room that is left, and of all the time, may be used now.
func (c *copier) bound(part uint64, most time.Duration) {
	c.room = c.used + (uint64(len(c.buf))-c.used)/part
	c.by, c.late = most, false
}

// phase ends a group of extents and gives the index of the next.
func (c *copier) phase() int {
	c.apart = c.n
	return c.n
}

// take copies a range, as far as there is room and time.
//
//go:norace
func (c *copier) take(addr, size, flags uint64) {
	const chunk = 1 << 20
	for size > 0 && c.stop == goOn {
		n := min(size, chunk, uint64(len(c.buf))-c.used)
		if n == 0 || c.n == len(c.extents) {
			c.stop = noRoom
			return
		}
		copyFrom(c.buf[c.used:c.used+n], addr)
		c.note(addr, n, flags)
		c.used += n
		addr, size = addr+n, size-n
		c.tick(n)
	}
}

// note records an extent, or lengthens the last.
//
//go:norace
func (c *copier) note(addr, n, flags uint64) {
	if c.n > c.apart {
		if last := &c.extents[c.n-1]; last.addr+last.size == addr && last.off&noPointers == flags {
			last.size += n
			return
		}
	}
	c.extents[c.n] = extent{addr, n, c.used | flags}
	c.n++
}

// tick looks at the clock now and then.
func (c *copier) tick(n uint64) {
	const often = 256 << 10
	if c.unseen += n + 64; c.unseen >= often {
		c.unseen = 0
		took := time.Since(c.start)
		c.late = took > c.by
		if took > c.most && c.stop == goOn {
			c.stop = noTime
		}
	}
}

// seenBefore reports whether it was called with that key before.
//
//go:norace
func (c *copier) seenBefore(key uint64) bool {
	mask := uint64(len(c.seen) - 1)
	for i := key * 0x9e3779b97f4a7c15 >> 20 & mask; ; i = (i + 1) & mask {
		switch c.seen[i] {
		case key:
			return true
		case 0:
			if c.marks >= len(c.seen)/4*3 {
				c.stop = noRoom
				return true
			}
			c.seen[i] = key
			c.marks++
			return false
		}
	}
}

// goroutines copies the g, the m and the used part of the stack of the first
// goroutine, or of all others.
//
//go:norace
func (c *copier) goroutines(first bool) {
	base, n := loadAt(c.rt.AllGs), loadAt(c.rt.AllGs+8)
	if !c.mapped(base, 8*n) {
		return
	}
	if first {
		c.take(base, 8*n, noPointers)
		c.phase()
	}
	for i := range n {
		g := loadAt(base + 8*i)
		if !c.mapped(g, c.rt.G.Size) || (loadAt(g+c.rt.G.ID) == c.first) != first {
			continue
		}
		status := loadAt(g+c.rt.G.Status) & 0xffffffff &^ gScan
		if status == gDead || status == gRunning { // the one that runs is the copier itself
			continue
		}
		c.object(g)
		c.object(loadAt(g + c.rt.G.M))
		c.stack(g, first)
	}
}

// Of a stack that is longer, both ends are copied.
const (
	longStack  = 1 << 20
	longStack1 = 32 << 20 // of the first goroutine
)

// stack copies the used part of a stack. That the goroutine is at a safe point,
// and that its stack is one that the runtime has, is in its tables.
//
//go:norace
func (c *copier) stack(g uint64, first bool) {
	lo, hi := loadAt(g+c.rt.G.StackLo), loadAt(g+c.rt.G.StackHi)
	sp := loadAt(g + c.rt.G.SP)
	if s := loadAt(g + c.rt.G.SyscallSP); s > lo && s < hi && (s < sp || sp == 0) {
		sp = s
	}
	span := c.spanOf(lo)
	if sp < lo || sp >= hi || span == 0 || c.state(span) != spanManual || hi > c.endOf(span) {
		c.counted++
		return
	}
	const below = 128 // what lies just beyond the stack pointer is looked at too
	sp = max(lo, sp-below) &^ 7
	most := uint64(longStack)
	if first {
		most = min(longStack1, uint64(len(c.buf))/4)
	}
	if used := hi - sp; used > 2*most {
		c.take(sp, most&^7, 0)
		c.take(hi-most&^7, most&^7, 0)
	} else {
		c.take(sp, used, 0)
	}
	if c.rt.G.XRegs != 0 {
		if x := loadAt(g + c.rt.G.XRegs); x != 0 {
			c.take(x, c.rt.G.XRegsSize, noPointers)
		}
	}
}
