package capture

import (
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// registers finds the registers of frames that were interrupted at an
// instruction: unwinding alone loses them, and with them every variable that
// the compiler kept in one.
func (c *run) registers(t *unwind.Trace, g *goroutine.Info, s unwind.Stack) {
	arch := unwind.ArchOf(c.e.img)
	bounds, _ := c.e.functionEntry("runtime.panicBounds")
	for i := 0; i+1 < len(t.Frames); i++ {
		f := &t.Frames[i]
		if t.Elided > 0 && i+1 == t.ElidedAt {
			continue
		}
		switch {
		case f.IsAsyncPreempt():
			r := arch.Preempted(f, s)
			if r != nil && r.VectorLen == 0 {
				r.VectorLen = c.e.layout.VectorRegisters(c.r.Mem, g, &r.Vector)
			}
			t.Frames[i+1].Regs = r
		case f.Fn.Entry == bounds && bounds != 0:
			t.Frames[i+1].Regs = arch.Bounds(f, s)
		case f.IsSigpanic():
			t.Frames[i+1].Regs = c.faulted(g, s, f, &t.Frames[i+1])
		}
	}
}

// SignalContext is what the kernel saved of a thread when a fault raised a
// panic: the registers of the faulting frame.
type SignalContext struct {
	owner goroutine.Owner // when the context was found
	fault unwind.Fault
}

// SignalContexts finds the context of the last fault on a thread, which must be
// the caller's own. The handler has long returned, but its frame still lies on
// the thread's signal stack until the next signal comes: so a program that
// wants it looks before it does anything else. Other threads are not looked at:
// what lies there may be an older fault of the same goroutine in the same place.
func (e *Engine) SignalContexts(mem Memory, thread int64) []SignalContext {
	out, _ := guarded(e, func() ([]SignalContext, error) { // they make a dump richer; it does not depend on them
		e.mu.Lock()
		defer e.mu.Unlock()
		if err := e.prepare(mem); err != nil {
			return nil, err
		}
		return e.signalContexts(mem, thread), nil
	})
	return out
}

func (e *Engine) signalContexts(mem Memory, thread int64) []SignalContext {
	arch := unwind.ArchOf(e.img)
	next, ok := e.functionEntry(arch.SigpanicEntry)
	if !ok {
		return nil
	}
	stack, ok := e.layout.SignalStack(mem, thread)
	if !ok {
		return nil
	}
	b := make([]byte, stack.Hi-stack.Lo)
	if mem.ReadMemory(b, stack.Lo) != nil {
		return nil
	}
	f, ok := arch.FindFault(b, next, mem.ReadMemory)
	if !ok {
		return nil
	}
	o, ok := e.layout.Owner(mem, f.Goroutine)
	if !ok {
		return nil
	}
	return []SignalContext{{o, f}}
}

// faulted finds the context of the fault that made a sigpanic frame: it was
// about to go on there with that frame's stack pointer. A stack that has
// grown since lies elsewhere; what is on it keeps its distance from the end.
func (c *run) faulted(g *goroutine.Info, s unwind.Stack, sigpanic, met *unwind.Frame) *unwind.Registers {
	arch := unwind.ArchOf(c.e.img)
	for i := range c.r.Contexts {
		x := &c.r.Contexts[i]
		moved := arch.EntrySP(sigpanic) - x.fault.SP
		if x.owner.ID != g.ID || !c.metFault(x.owner.SigPC, met) || !x.couldMove(moved, g.StackHi) {
			continue
		}
		regs := x.fault.Regs
		regs.Move(x.fault.SP, g.StackHi-moved, moved)
		arch.Injected(&regs, sigpanic, s)
		return &regs
	}
	return nil
}

// couldMove reports whether the stack on which the fault happened can have moved
// by a distance to where its end is hi. Most often it had grown when the context
// was looked for, in the deferred functions: then only the new one is known.
func (x *SignalContext) couldMove(distance, hi uint64) bool {
	const aligned = 1 << 10 // the runtime's smallest stack has twice that
	if x.fault.SP >= x.owner.Stack.Lo && x.fault.SP < x.owner.Stack.Hi {
		return distance == hi-x.owner.Stack.Hi
	}
	return distance%aligned == 0
}

// functionEntry finds a function by name, and remembers it.
func (e *Engine) functionEntry(name string) (uint64, bool) {
	if entry, ok := e.entries[name]; ok {
		return entry, entry != 0
	}
	if e.entries == nil {
		e.entries = map[string]uint64{}
	}
	e.entries[name] = 0
	if f, ok := e.img.Named(name); ok {
		e.entries[name] = f.Entry
	}
	return e.entries[name], e.entries[name] != 0
}
