package goroutine

// Range is a range of addresses.
type Range struct{ Lo, Hi uint64 }

// Bounds on what a damaged list of threads makes a reader do.
const (
	maxThreads     = 10000
	maxSignalStack = 1 << 20
)

// SignalStack gives the stack on which a thread of the runtime handles signals.
func (l *Layout) SignalStack(mem Memory, thread int64) (Range, bool) {
	if l.allm == 0 || l.m.gsignal == absent || l.m.alllink == absent || l.m.procid == absent {
		return Range{}, false
	}
	head, err := load(mem, l.allm, 8)
	if err != nil {
		return Range{}, false
	}
	addr := head.uint64(0)
	for n := 0; addr != 0 && n < maxThreads; n++ {
		m, err := load(mem, addr, l.m.size)
		if err != nil {
			break
		}
		if int64(m.uint64(l.m.procid)) != thread {
			addr = m.uint64(l.m.alllink)
			continue
		}
		g, err := load(mem, m.uint64(l.m.gsignal), l.gsize)
		if err != nil {
			break
		}
		lo, hi := g.uint64(l.g.stackLo), g.uint64(l.g.stackHi)
		return Range{lo, hi}, lo < hi && hi-lo <= maxSignalStack
	}
	return Range{}, false
}

// VectorRegisters reads what an asynchronous preemption saved outside the
// stack, from Go 1.26 on: g.xRegs.state. It returns how many bytes of each
// register it has read.
func (l *Layout) VectorRegisters(mem Memory, x *Info, out *[32][16]byte) int {
	if x.xregs == 0 {
		return 0
	}
	b, err := load(mem, x.xregs, uint64(l.arch.XRegsSize()))
	if err != nil {
		return 0
	}
	for i := 0; len(b) > 0; i, b = i+1, b[l.arch.XRegStride:] {
		copy(out[i][:], b)
	}
	return len(out[0])
}

// SystemSP is where the system stack of x's thread stood when Go code was last
// switched to from there, 0 if unknown: below it lies the C code that called back.
func (l *Layout) SystemSP(mem Memory, x *Info) uint64 {
	if x.g0 == 0 {
		return 0
	}
	g, err := load(mem, x.g0, l.gsize)
	if err != nil {
		return 0
	}
	return g.uint64(l.g.schedSP)
}
