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
// stack, from Go 1.26 on: g.xRegs.state, 64 bytes for each register of which
// the first 16 are xmm's.
func (l *Layout) VectorRegisters(mem Memory, x *Info, out *[16][16]byte) bool {
	if x.xregs == 0 {
		return false
	}
	const stride = 64
	b, err := load(mem, x.xregs, 16*stride)
	if err != nil {
		return false
	}
	for i := range out {
		copy(out[i][:], b[i*stride:])
	}
	return true
}
