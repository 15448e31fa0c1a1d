package freeze

import (
	"testing"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// A runtime made by hand, in memory that does not move: one arena with three
// spans, objects that point to each other, and two goroutines.
type world struct {
	rt    *Runtime
	pages []byte
	meta  []uint64
}

const (
	testPages = 64 // of an arena
	metaWords = 1 << 14
)

// newWorld lays the world out: pages 0-7 hold objects of 64 bytes with
// pointers, 8-15 objects of 64 bytes without, 16-17 stacks.
func newWorld(t *testing.T) *world {
	t.Helper()
	size := testPages << pageShift
	b, err := offheap.Make(2 * size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { offheap.Free(b) })
	at := uint64(uintptr(unsafe.Pointer(&b[0])))
	skip := -at & uint64(size-1)
	w := &world{pages: b[skip : skip+uint64(size)]}
	meta, err := offheap.Make(8 * metaWords)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { offheap.Free(meta) })
	w.meta = unsafe.Slice((*uint64)(unsafe.Pointer(&meta[0])), metaWords)
	w.runtime()
	return w
}

func (w *world) page(n int) uint64 { return uint64(uintptr(unsafe.Pointer(&w.pages[n<<pageShift]))) }
func (w *world) word(i int) uint64 { return uint64(uintptr(unsafe.Pointer(&w.meta[i]))) }

// set writes a word of the arena.
func (w *world) set(addr, v uint64) {
	*(*uint64)(unsafe.Pointer(&w.pages[addr-w.page(0)])) = v
}

// runtime makes the tables: the heap at word 0, allgs at 16, the arena's
// description at 64, spans at 512, 544 and 576.
func (w *world) runtime() {
	r := &Runtime{Heap: w.word(0), Arenas: 0, L1: 1, L2: 1, HeapArenas: 8, ArenaSize: 8 * testPages, Pages: testPages, AllGs: w.word(16)}
	r.Base = -w.page(0)
	r.Data = []Range{{w.word(32), w.word(40)}}
	r.G.Size, r.G.ID, r.G.Status, r.G.M, r.G.StackLo, r.G.StackHi, r.G.SP, r.G.SyscallSP = 64, 0, 8, 16, 24, 32, 40, 48
	s := &r.Span
	s.Size, s.Start, s.Pages, s.State, s.ElemSize, s.Class = 64, 0, 8, 16, 24, 32
	w.rt = r
	w.meta[0] = w.word(48)
	w.meta[48] = w.word(64)
	w.meta[1], w.meta[2], w.meta[3] = w.word(50), 1, 1
	w.meta[50] = 0
	for i, span := range []struct{ first, n, state, class uint64 }{{0, 8, spanInUse, 0}, {8, 8, spanInUse, noScanBit}, {16, 2, spanManual, 0}} {
		at := 512 + 32*i
		w.meta[at], w.meta[at+1], w.meta[at+2], w.meta[at+3], w.meta[at+4] = w.page(int(span.first)), span.n, span.state, 64, span.class
		for p := range span.n {
			w.meta[64+span.first+p] = w.word(at)
		}
	}
	w.meta[16], w.meta[17], w.meta[18] = w.page(1), 2, 2 // in the heap, as allgs is
	for i := range 2 {
		g := w.page(2) + uint64(i)*64
		w.set(w.page(1)+8*uint64(i), g)
		w.set(g, uint64(i+1)) // its id
		w.set(g+24, w.page(16+i))
		w.set(g+32, w.page(16+i)+8192)
		w.set(g+40, w.page(16+i)+8000)
	}
}

func (w *world) copy(t *testing.T, first uint64, size int, whole bool, depth int) *copied {
	t.Helper()
	c := &copier{rt: w.rt, first: first, most: time.Hour, share: 2, levels: depth, pointers: leastPointers, start: time.Now()}
	if err := c.reserve(uint64(size)); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1, func() {
		c.n, c.used, c.marks, c.stop, c.apart, c.counted = 0, 0, 0, 0, 0, 0
		clear(c.seen)
		c.run(whole)
	}); n > 0 {
		t.Errorf("the copier allocates %v times", n)
	}
	m := newCopied(c)
	t.Cleanup(func() { _ = m.close() })
	return m
}

func has(m *copied, addr uint64) bool {
	var b [8]byte
	return m.ReadMemory(b[:], addr) == nil
}

// Stacks, variables and the tables are copied, and of the heap what they lead
// to: to the depth that is asked for, not through objects without pointers, and
// not what is free.
func TestCopyFollowsPointers(t *testing.T) {
	w := newWorld(t)
	chain := func(n int) uint64 { return w.page(3) + 64*uint64(n) }
	for n := range 10 {
		w.set(chain(n)+8, chain(n+1)+16) // into its middle
	}
	blind := w.page(8) + 640
	w.set(chain(1)+24, blind)
	w.set(blind, w.page(5))           // not a pointer there
	w.set(chain(2), w.page(20))       // a page of no span
	w.set(w.page(16)+8008, chain(0))  // on the first stack
	w.meta[33] = w.page(4)            // a variable
	w.set(w.page(17)+8008, w.page(6)) // on the second stack
	m := w.copy(t, 1, 1<<20, false, 4)
	for name, tt := range map[string]struct {
		addr uint64
		want bool
	}{
		"the stack":                 {w.page(16) + 8008, true},
		"the other stack":           {w.page(17) + 8008, true},
		"a stack's free part":       {w.page(16) + 1024, false},
		"a variable":                {w.word(33), true},
		"its object":                {w.page(4) + 56, true},
		"the other stack's object":  {w.page(6) + 56, true},
		"the first link":            {chain(0), true},
		"a link's last word":        {chain(2) + 56, true},
		"the fourth":                {chain(3), true},
		"beyond the depth":          {chain(9), false},
		"without pointers":          {blind, true},
		"what it has no pointer to": {w.page(5), false},
		"no span":                   {w.page(20), false},
		"the arena's table":         {w.word(64), true},
		"a span":                    {w.word(512), true},
		"a goroutine":               {w.page(2) + 64, true},
		"allgs":                     {w.rt.AllGs, true},
	} {
		if got := has(m, tt.addr); got != tt.want {
			t.Errorf("%s is copied: %v", name, got)
		}
	}
	whole := w.copy(t, 1, 1<<20, true, 4)
	for n := range testPages {
		if got, want := has(whole, w.page(n)), n < 16; got != want {
			t.Errorf("the whole heap: page %d is copied: %v", n, got)
		}
	}
}

// Reads cross from one piece into the next, and what was copied is what was
// there at the time.
func TestCopyReads(t *testing.T) {
	w := newWorld(t)
	for i := range w.pages[3<<pageShift : 4<<pageShift] {
		w.pages[3<<pageShift+i] = byte(i * 7)
	}
	for n := range 128 {
		w.set(w.page(16)+7104+8*uint64(n), w.page(3)+64*uint64(n))
	}
	w.set(w.page(2)+40, w.page(16)+7000)
	m := w.copy(t, 1, 1<<20, false, 2)
	want := append([]byte(nil), w.pages[3<<pageShift+10:4<<pageShift-10]...)
	clear(w.pages)
	got := make([]byte, len(want))
	if err := m.ReadMemory(got, w.page(3)+10); err != nil || string(got) != string(want) {
		t.Errorf("a read over 128 objects: %v", err)
	}
	if err := m.ReadMemory(make([]byte, 8192+8), w.page(3)); err == nil {
		t.Error("a read that goes beyond the copy succeeds")
	}
	if err := m.close(); err != nil || has(m, w.page(3)) {
		t.Errorf("a closed copy can be read, %v", err)
	}
}

// Where there is little room, the goroutine that asked comes first.
func TestCopyIsBounded(t *testing.T) {
	w := newWorld(t)
	for n := range 100 {
		w.set(w.page(16)+7000+8*uint64(n), w.page(3)+64*uint64(n))
		w.set(w.page(17)+7000+8*uint64(n), w.page(5)+64*uint64(n))
	}
	for i := range uint64(2) {
		w.set(w.page(2)+64*i+40, w.page(16+int(i))+6900)
	}
	for first := range uint64(2) {
		m := w.copy(t, first+1, 10<<10, false, 4)
		mine, others := 0, 0
		for n := range uint64(100) {
			if has(m, w.page(3+2*int(first))+64*n) {
				mine++
			}
			if has(m, w.page(5-2*int(first))+64*n) {
				others++
			}
		}
		if mine < 20 || mine <= others {
			t.Errorf("goroutine %d: %d of its 100 objects are copied, and %d of the other's", first+1, mine, others)
		}
		if m.c.used > 10<<10 {
			t.Errorf("%d bytes are copied", m.c.used)
		}
	}
}

// Pointers to what was copied before take time too.
func TestCopyIsTimely(t *testing.T) {
	const first, last = 1 << 10, 1<<13 + 1<<10
	w := newWorld(t)
	w.rt.Data = []Range{{w.word(first), w.word(last)}}
	for i := first; i < last; i++ {
		w.meta[i] = w.page(3)
	}
	w.meta[last-1] = w.page(5)
	c := &copier{rt: w.rt, first: 1, share: 2, levels: 4, pointers: leastPointers, start: time.Now()}
	if err := c.reserve(1 << 20); err != nil {
		t.Fatal(err)
	}
	c.run(false)
	stop, m := c.stop, newCopied(c)
	if stop != noTime || has(m, w.page(5)) {
		t.Errorf("stopped for %d, the last object is copied: %v", stop, has(m, w.page(5)))
	}
	_ = m.close()
}

// Tables that make no sense are not followed.
func TestCopyDoubts(t *testing.T) {
	w := newWorld(t)
	w.set(w.page(2)+40, w.page(40))  // a stack pointer elsewhere
	w.set(w.page(1)+8, w.page(30)+4) // a g in no span
	w.meta[512+3] = 0                // objects of no size
	w.set(w.page(17)+8008, w.page(3))
	m := w.copy(t, 1, 1<<20, false, 4)
	if m.c.counted != 1 {
		t.Errorf("%d stacks are said to be missing", m.c.counted)
	}
	if has(m, w.page(3)) || has(m, w.page(40)) {
		t.Error("what is in no table was copied")
	}
	w.meta[17] = 1 << 60 // goroutines
	if m := w.copy(t, 1, 1<<20, false, 4); has(m, w.page(2)) {
		t.Error("a list of goroutines that is longer than its span was followed")
	}
}
