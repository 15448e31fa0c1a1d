package goroutine

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Batcher is memory that answers many requests at once.
type Batcher interface {
	ReadBatch([]freeze.Request)
}

// Info is one goroutine as the runtime describes it.
type Info struct {
	Addr      uint64 // of its g
	ID        model.GoID
	Raw       uint32
	Status    model.Status
	Reason    string
	WaitSince int64
	Parent    model.GoID
	GoPC      uint64
	StartPC   uint64
	StackLo   uint64
	StackHi   uint64
	Regs      unwind.Regs
	Locked    bool
	Thread    int64
	InC       bool
	Async     bool   // stopped at an arbitrary instruction
	SigPC     uint64 // of the last fault that raised a panic
	Signal    uint32 // likewise: its number
	FaultAddr uint64
	New       bool  // has not run yet
	Coroutine bool  // runs an iterator of iter.Pull
	OnSystem  bool  // was running on its thread's system stack
	Shared    bool  // its stack is said to be another goroutine's too
	SleepWhen int64 // the runtime's clock when it wants to be woken

	g0 uint64 // of its thread, 0 unknown

	ctxt, coro                             uint64 // of one that has not run yet
	labels, panics, defers, waiting, xregs uint64

	sudog record // at waiting, if Prefetch has read it
}

// The runtime's states (GOROOT/src/runtime/runtime2.go).
const (
	gIdle = iota
	gRunnable
	gRunning
	gSyscall
	gWaiting
	_
	gDead
	_
	gCopystack
	gPreempted
	gLeaked
	gDeadExtra

	gScan = 0x1000
)

var statuses = map[uint32]model.Status{
	gIdle: model.StatusIdle, gRunnable: model.StatusRunnable, gRunning: model.StatusRunning,
	gSyscall: model.StatusSyscall, gWaiting: model.StatusWaiting, gDead: model.StatusDead,
	gCopystack: model.StatusCopystack, gPreempted: model.StatusPreempted, gLeaked: model.StatusLeaked,
	gDeadExtra: model.StatusDeadExtra,
}

// maxGoroutines bounds what a damaged runtime.allgs may claim.
const maxGoroutines = 64 << 20

// List gives all goroutines that are alive, in the runtime's order. Those
// whose g cannot be read are counted in lost, and those at which stop says that
// the time is up.
func (l *Layout) List(mem Memory, stop func() bool) (list []Info, lost int, err error) {
	h, err := load(mem, l.allgs, 24)
	if err != nil {
		return nil, 0, fmt.Errorf("runtime.allgs: %w", err)
	}
	base, n := h.uint64(0), h.uint64(8)
	if n > min(h.uint64(16), maxGoroutines) {
		return nil, 0, fmt.Errorf("runtime.allgs claims %d goroutines", n)
	}
	reasons := l.waitReasons(mem)
	const chunk, expected = 1024, 1 << 18
	list = make([]Info, 0, min(n, expected))
	ptrs := make([]byte, 8*chunk)
	buf := make([]byte, chunk*l.gsize)
	reqs := make([]freeze.Request, 0, chunk)
	for i := uint64(0); i < n; i += chunk {
		k := min(chunk, n-i)
		if stop() {
			err = errors.New("the time for the capture was used up")
			lost += int(n - i)
			break
		}
		if err := mem.ReadMemory(ptrs[:8*k], base+8*i); err != nil {
			return list, lost + int(n-i), fmt.Errorf("runtime.allgs: %w", err)
		}
		reqs = reqs[:0]
		for j := range k {
			reqs = append(reqs, freeze.Request{Addr: binary.LittleEndian.Uint64(ptrs[8*j:]), Buf: buf[j*l.gsize : (j+1)*l.gsize]})
		}
		ReadBatch(mem, reqs)
		for j := range reqs {
			if reqs[j].Err != nil {
				lost++
				continue
			}
			g, ok := l.info(reqs[j].Addr, reqs[j].Buf, reasons)
			switch {
			case ok && !g.plausible():
				lost++
			case ok:
				list = append(list, g)
			}
		}
	}
	late := false
	for i := range list {
		if late = late || i%chunk == 0 && stop(); late {
			list[i].Thread = 0
			continue
		}
		l.thread(mem, &list[i])
	}
	return list, lost, err
}

// ReadBatch answers many requests with as few system calls as the memory can.
func ReadBatch(mem Memory, reqs []freeze.Request) {
	if b, ok := mem.(Batcher); ok {
		b.ReadBatch(reqs)
		return
	}
	for i := range reqs {
		reqs[i].Err = mem.ReadMemory(reqs[i].Buf, reqs[i].Addr)
	}
}

// info interprets a copy of a g; it declines those that are dead.
func (l *Layout) info(addr uint64, g record, reasons []string) (Info, bool) {
	raw := g.uint32(l.g.status)
	state := raw &^ gScan
	if state == gIdle || state == gDead || state == gDeadExtra {
		return Info{}, false
	}
	x := Info{
		Addr: addr, ID: model.GoID(g.uint64(l.g.goid)), Raw: raw, Status: statuses[state],
		WaitSince: int64(g.uint64(l.g.waitSince)), Parent: model.GoID(g.uint64(l.g.parent)),
		GoPC: g.uint64(l.g.gopc), StartPC: g.uint64(l.g.startpc),
		StackLo: g.uint64(l.g.stackLo), StackHi: g.uint64(l.g.stackHi),
		Locked: g.uint64(l.g.lockedm) != 0, Async: g.byte(l.g.asyncSafePoint) != 0, SleepWhen: int64(g.uint64(l.g.sleepWhen)),
		SigPC: g.uint64(l.g.sigpc), Signal: g.uint32(l.g.signal), FaultAddr: g.uint64(l.g.faultAddr),
		labels: g.uint64(l.g.labels), panics: g.uint64(l.g.panics), defers: g.uint64(l.g.defers), waiting: g.uint64(l.g.waiting), xregs: g.uint64(l.g.xregs),
	}
	x.Regs = unwind.Regs{PC: g.uint64(l.g.schedPC), SP: g.uint64(l.g.schedSP), BP: g.uint64(l.g.schedBP), Link: g.uint64(l.g.schedLR)}
	if sp := g.uint64(l.g.syscallSP); sp != 0 && (state == gSyscall || state == gRunning) {
		x.Regs = unwind.Regs{PC: g.uint64(l.g.syscallPC), SP: sp, BP: g.uint64(l.g.syscallBP)}
	}
	if reason := int(g.byte(l.g.waitReason)); (state == gWaiting || state == gLeaked) && reason < len(reasons) {
		x.Reason = reasons[reason]
	}
	// A goroutine begins at the first instruction of its function, and never
	// stops there again.
	if x.New = x.Regs.PC == x.StartPC && (state == gRunnable || state == gWaiting); x.New {
		x.ctxt, x.coro = g.uint64(l.g.schedCtxt), g.uint64(l.g.coroarg)
	}
	// Parking lets go of the thread: one that waits and has a thread has only
	// called itself waiting, while it works on the thread's stack.
	x.OnSystem = state == gWaiting && g.uint64(l.g.m) != 0
	if m := g.uint64(l.g.m); m != 0 {
		x.Thread = int64(m) // the m's address until thread replaces it
	} else {
		x.Thread = int64(g.uint64(l.g.lockedm))
	}
	return x, true
}

// plausible reports whether this can be a goroutine at all: where the runtime's
// memory is damaged its list may lead anywhere.
func (x *Info) plausible() bool {
	const space = 1 << 63 // processes have the lower half of the addresses
	_, known := statuses[x.Raw&^gScan]
	return x.ID != 0 && x.StackHi < space && (known || x.OnStack())
}

// OnStack reports whether the stack pointer lies on the goroutine's own stack.
func (x *Info) OnStack() bool {
	return x.Regs.SP != 0 && x.Regs.SP >= x.StackLo && x.Regs.SP <= x.StackHi
}

// thread replaces the address of the goroutine's m by what the m says.
func (l *Layout) thread(mem Memory, x *Info) {
	if x.Thread == 0 || l.m.procid == absent {
		x.Thread = 0
		return
	}
	m, err := load(mem, uint64(x.Thread), l.m.size)
	x.Thread = 0
	if err == nil {
		x.g0 = m.uint64(l.m.g0)
		x.Thread = int64(m.uint64(l.m.procid))
		x.InC = m.byte(l.m.incgo) != 0 && x.Status == model.StatusSyscall
	}
}

// NextModule follows the runtime's list of modules; 0 at its end.
func (l *Layout) NextModule(mem Memory, moduledata uint64) uint64 {
	if l.nextModule == absent {
		return 0
	}
	next, err := load(mem, moduledata+l.nextModule, 8)
	if err != nil {
		return 0
	}
	return next.uint64(0)
}

// waitReasons reads the runtime's own texts.
func (l *Layout) waitReasons(mem Memory) []string {
	out := make([]string, l.reason.n)
	for i := range out {
		s, err := readString(mem, l.reason.addr+16*uint64(i), 200)
		if err != nil {
			return out[:i]
		}
		out[i] = s
	}
	return out
}

// Labels reads a goroutine's profiler labels: runtime/pprof.labelMap, a slice of
// pairs of strings in Go 1.24 and later.
func (l *Layout) Labels(mem Memory, x *Info) ([]model.KV, error) {
	if x.labels == 0 {
		return nil, nil
	}
	const most, longest = 256, 4 << 10
	h, err := load(mem, x.labels, 16)
	if err != nil {
		return nil, err
	}
	n := h.uint64(8)
	if n > most {
		return nil, fmt.Errorf("%d labels", n)
	}
	var out []model.KV
	for i := range n {
		key, err := readString(mem, h.uint64(0)+32*i, longest)
		if err != nil {
			return out, err
		}
		value, err := readString(mem, h.uint64(0)+32*i+16, longest)
		if err != nil {
			return out, err
		}
		out = append(out, model.KV{Key: key, Value: value})
	}
	return out, nil
}
