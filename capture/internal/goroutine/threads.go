package goroutine

// Range is a range of addresses.
type Range struct{ Lo, Hi uint64 }

// Bounds on what a damaged list of threads makes a reader do.
const (
	maxThreads     = 10000
	maxSignalStack = 1 << 20
)

// SignalStacks gives the stacks on which the runtime's threads handle signals.
func (l *Layout) SignalStacks(mem Memory) []Range {
	if l.allm == 0 || l.m.gsignal == absent || l.m.alllink == absent {
		return nil
	}
	head, err := load(mem, l.allm, 8)
	if err != nil {
		return nil
	}
	var out []Range
	for addr := head.uint64(0); addr != 0 && len(out) < maxThreads; {
		m, err := load(mem, addr, l.m.size)
		if err != nil {
			break
		}
		if g, err := load(mem, m.uint64(l.m.gsignal), l.gsize); err == nil {
			lo, hi := g.uint64(l.g.stackLo), g.uint64(l.g.stackHi)
			if lo < hi && hi-lo <= maxSignalStack {
				out = append(out, Range{lo, hi})
			}
		}
		addr = m.uint64(l.m.alllink)
	}
	return out
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
