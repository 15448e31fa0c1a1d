package goroutine

import (
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// A coro of the runtime is where one goroutine waits until another switches to
// it (GOROOT/src/runtime/coro.go): the iterator of iter.Pull, or while that
// runs, the goroutine that called next or stop.

type coroOffsets struct {
	size, gp, f uint64
}

func (f *finder) findCoro(l *Layout) {
	size := f.enter("runtime.coro")
	l.coro = coroOffsets{size: size, gp: f.must("gp"), f: f.must("f")}
}

// Resumer finds the goroutine that waits in iter.Pull for x to yield or to end;
// 0 where none does, as x itself is the one that waits. It belongs to
// the coro that x will leave at its end: runtime.corostart, with which x began,
// has deferred that, and the deferred call holds the coro.
func (l *Layout) Resumer(mem Memory, x *Info, t unwind.Trace, s unwind.Stack) model.GoID {
	for i := len(t.Frames) - 1; i >= 0 && i >= len(t.Frames)-2; i-- {
		if t.Frames[i].IsCorostart() {
			return l.waiter(mem, l.coroOf(mem, x, t, s, i), x.Addr)
		}
	}
	return 0
}

// coroOf gives the address of the coro that the call deferred in a frame of
// corostart is given, 0 if it is not known.
func (l *Layout) coroOf(mem Memory, x *Info, t unwind.Trace, s unwind.Stack, frame int) uint64 {
	defers, _ := l.Defers(mem, x, t, s) // that there is no such one says enough
	for _, d := range defers {
		if d.Frame == frame {
			closure, err := load(mem, d.Closure, 16)
			if err != nil {
				return 0
			}
			return closure.uint64(8)
		}
	}
	return 0
}

// waiter gives the goroutine that is blocked in a coro, unless it is self.
func (l *Layout) waiter(mem Memory, coro, self uint64) model.GoID {
	if coro == 0 {
		return 0
	}
	c, err := load(mem, coro, l.coro.size)
	if err != nil || c.uint64(l.coro.gp) == self {
		return 0
	}
	g, err := load(mem, c.uint64(l.coro.gp), l.gsize)
	if err != nil || g.uint32(l.g.status)&^gScan != gWaiting {
		return 0
	}
	return model.GoID(g.uint64(l.g.goid))
}

// Started gives the closure that a goroutine which has not run yet will call: what
// the go statement was given, or the iterator's function. It is 0 if unknown.
func (l *Layout) Started(mem Memory, x *Info) uint64 {
	if x.coro == 0 {
		return x.ctxt
	}
	c, err := load(mem, x.coro, l.coro.size)
	if err != nil {
		return 0
	}
	return c.uint64(l.coro.f)
}
