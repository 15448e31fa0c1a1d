package goroutine

import "github.com/gopostmortem/postmortem/internal/model"

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

// Owner is the goroutine that met a fault.
type Owner struct {
	ID    model.GoID
	Stack Range
	SigPC uint64 // of the instruction
}

// Owner gives the goroutine whose g lies at an address.
func (l *Layout) Owner(mem Memory, g uint64) (Owner, bool) {
	r, err := load(mem, g, l.gsize)
	if err != nil {
		return Owner{}, false
	}
	o := Owner{model.GoID(r.uint64(l.g.goid)), Range{r.uint64(l.g.stackLo), r.uint64(l.g.stackHi)}, r.uint64(l.g.sigpc)}
	return o, o.ID != 0 && o.Stack.Lo < o.Stack.Hi
}

// SignalName names the signal of a fault that raises a panic, "" on Windows,
// which has exceptions instead.
func SignalName(number uint32, goos string) string {
	switch {
	case number == 11:
		return "SIGSEGV"
	case number == 8:
		return "SIGFPE"
	case number == 7 && goos == "linux", number == 10 && goos != "linux":
		return "SIGBUS"
	}
	return ""
}
