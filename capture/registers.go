package capture

import (
	"encoding/binary"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// registers finds the registers of frames that were interrupted at an
// instruction: unwinding alone loses them, and with them every variable that
// the compiler kept in one.
func (c *run) registers(t *unwind.Trace, g *goroutine.Info, s unwind.Stack) {
	for i := 0; i+1 < len(t.Frames); i++ {
		f := &t.Frames[i]
		if t.Elided > 0 && i+1 == t.ElidedAt {
			continue
		}
		switch {
		case f.IsAsyncPreempt():
			r := unwind.Preempted(f, s)
			if r != nil && !r.HasVec {
				r.HasVec = c.e.layout.VectorRegisters(c.r.Mem, g, &r.Vector)
			}
			t.Frames[i+1].Regs = r
		case f.IsSigpanic():
			t.Frames[i+1].Regs = c.faulted(g, f, t.Frames[i+1].PC)
		}
	}
}

// SignalContext is what the kernel saved of a thread when a fault raised a
// panic: the registers of the faulting frame.
type SignalContext struct {
	goid  model.GoID
	stack goroutine.Range // of the goroutine, when the context was found
	sp    uint64          // where the runtime pushed the faulting address
	pc    uint64          // and what it pushed
	regs  unwind.Registers
}

// SignalContexts finds the context of the last fault on a thread, which must be
// the caller's own. The handler has long returned, but its frame still lies on
// the thread's signal stack until the next signal comes: so a program that
// wants it looks before it does anything else. Other threads are not looked at:
// what lies there may be an older fault of the same goroutine in the same place.
func (e *Engine) SignalContexts(mem Memory, thread int64) (out []SignalContext) {
	defer func() {
		if x := recover(); x != nil {
			out = nil // they make a dump richer; it does not depend on them
		}
	}()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.prepare(mem) != nil {
		return nil
	}
	pushed, ok := e.functionEntry("runtime.sigpanic0")
	if !ok {
		return nil
	}
	stack, ok := e.layout.SignalStack(mem, thread)
	if !ok {
		return nil
	}
	x, ok := findContext(mem, stack, pushed)
	if !ok {
		return nil
	}
	list, _, _ := e.layout.List(mem) // without it, the context has no owner
	for i := range list {
		if g := &list[i]; x.sp >= g.StackLo && x.sp < g.StackHi {
			x.goid, x.stack = g.ID, goroutine.Range{Lo: g.StackLo, Hi: g.StackHi}
			return []SignalContext{x}
		}
	}
	return nil
}

// faulted finds the context of the fault that pushed a sigpanic frame: it was
// about to go on in sigpanic0 with that frame's stack pointer. A stack that has
// grown since lies elsewhere; what is on it keeps its distance from the end.
func (c *run) faulted(g *goroutine.Info, sigpanic *unwind.Frame, pc uint64) *unwind.Registers {
	for _, x := range c.r.Contexts {
		moved := g.StackHi - x.stack.Hi
		if x.goid == g.ID && x.sp+moved == sigpanic.CFA-8 && x.pc == pc {
			regs := x.regs
			regs.Move(x.stack.Lo, x.stack.Hi, moved)
			return &regs
		}
	}
	return nil
}

// findContext searches one signal stack for a context that goes on at next.
func findContext(mem Memory, stack goroutine.Range, next uint64) (SignalContext, bool) {
	b := make([]byte, stack.Hi-stack.Lo)
	if mem.ReadMemory(b, stack.Lo) != nil {
		return SignalContext{}, false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	for i := len(b)/8 - unwind.ContextWords; i >= 0; i-- {
		if word(i+unwind.ContextPC) != next {
			continue
		}
		sp := word(i + unwind.ContextSP)
		pc, err := readWord(mem, sp)
		if err != nil || sp%8 != 0 {
			continue
		}
		var words [unwind.ContextWords]uint64
		for k := range words {
			words[k] = word(i + k)
		}
		r := unwind.FromContext(words[:])
		vector(mem, r, words[unwind.ContextWords-1])
		return SignalContext{sp: sp, pc: pc, regs: *r}, true
	}
	return SignalContext{}, false
}

// vector reads the vector registers from the floating point state of a signal
// frame, which has the layout of FXSAVE.
func vector(mem Memory, r *unwind.Registers, fpstate uint64) {
	const xmm0 = 160
	var b [16 * 16]byte
	if mem.ReadMemory(b[:], fpstate+xmm0) != nil {
		return
	}
	for i := range r.Vector {
		copy(r.Vector[i][:], b[16*i:])
	}
	r.HasVec = true
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
	for f := range e.img.Lines().Functions {
		if f.Name() == name {
			e.entries[name] = f.Entry + e.img.Bias
			break
		}
	}
	return e.entries[name], e.entries[name] != 0
}
