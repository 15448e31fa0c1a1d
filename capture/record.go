package capture

import (
	"encoding/binary"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// recorded is a goroutine's record together with what later steps look at.
type recorded struct {
	record *model.Goroutine
	trace  unwind.Trace
	shape  *stackShape
	panics []goroutine.Panic
	info   *goroutine.Info
}

// goroutine makes the record of one goroutine and queues its variables for the
// walk over what they reach.
func (c *run) goroutine(g *goroutine.Info, s stackRead) *recorded {
	out := c.nextGoroutine()
	rec := out.record
	rec.ID, rec.Status, rec.RawStatus, rec.WaitReason, rec.WaitSince = g.ID, g.Status, uint64(g.Raw), g.Reason, g.WaitSince
	rec.Thread, rec.Parent, rec.CreatedPC, rec.StackLo, rec.StackHi = g.Thread, g.Parent, g.GoPC, g.StackLo, g.StackHi
	out.info = g
	note := func(what string, err error) {
		if err != nil {
			rec.Errors = append(rec.Errors, what+": "+err.Error())
			c.lose("goroutines", mock.Unreadable, 1, fmt.Sprintf("goroutine %d: %s: %v", g.ID, what, err))
		}
	}
	var err error
	g.Coroutine = c.startedIn(g.StartPC).coroutine
	rec.Flags = c.goroutineFlags(g)
	rec.Created, rec.Start = c.callLocation(g.GoPC), c.funcs.at(g.StartPC)
	rec.Labels, err = c.e.layout.Labels(c.r.Mem, g)
	note("labels", err)
	c.count.goroutines++
	if s.err != nil {
		note("stack", s.err)
		return out
	}
	if g.New {
		c.fresh(rec, g)
		return out
	}
	c.mem.stack = s.stack
	defer func() { c.mem.stack = unwind.Stack{} }()
	out.trace = unwind.Walk(c.e.img, s.stack, g.Regs, int(c.lim.Frames), c.frames, c.unwound)
	c.frames = out.trace.Frames
	note("stack", out.trace.Err)
	c.countFrames(&out.trace, g)
	if len(out.trace.Frames) == 0 {
		return out
	}
	if c.startedIn(g.StartPC).calls && c.outsideRuntime(out.trace) {
		rec.Flags &^= model.GoSystem
	}
	c.registers(&out.trace, g, s.stack)
	var beyond error
	out.shape, beyond = c.fitting(&out.trace, g, s.stack)
	note("stack", beyond)
	if out.shape == nil {
		return out
	}
	rec.Stack, rec.Base = out.shape.id, s.stack.Base
	c.userFiles(out.shape)
	c.variables(rec, out, s.stack)
	note("panics", c.panics(out, g))
	note("deferred calls", c.defers(out, g, s.stack))
	note("waits", c.waits(out, g))
	note("frames of C", c.foreign(rec, g, out.trace))
	if g.Coroutine {
		rec.Resumer = c.e.layout.Resumer(c.r.Mem, g, out.trace, s.stack)
	}
	return out
}

func (c *run) countFrames(t *unwind.Trace, g *goroutine.Info) {
	c.count.frames += int64(len(t.Frames))
	if t.Elided > 0 {
		c.count.elided += int64(t.Elided)
		c.lose("frames", mock.ElementLimit, int64(t.Elided), fmt.Sprintf("goroutine %d has more frames than the limit", g.ID))
	}
}

func (c *run) goroutineFlags(g *goroutine.Info) uint64 {
	var flags uint64
	for _, f := range []struct {
		on  bool
		bit uint64
	}{
		{g.ID == c.r.Cause.Goroutine, model.GoAsked}, {g.Locked, model.GoLocked}, {g.InC, model.GoInC},
		{g.Async, model.GoAsyncPreempted}, {c.startedIn(g.StartPC).system, model.GoSystem},
		{g.Coroutine, model.GoCoroutine}, {g.OnSystem, model.GoSystemStack}, {g.New, model.GoNew},
	} {
		if f.on {
			flags |= f.bit
		}
	}
	return flags
}

// outsideRuntime reports whether a stack has frames that are not the runtime's.
func (c *run) outsideRuntime(t unwind.Trace) bool {
	for i := range t.Frames {
		if c.class(packageOf(t.Frames[i].Fn.Name()))&model.FuncRuntime == 0 {
			return true
		}
	}
	return false
}

// fresh records a goroutine that has not run yet: it has no frames, but what it
// was started with.
func (c *run) fresh(rec *model.Goroutine, g *goroutine.Info) {
	rec.Closure = c.e.layout.Started(c.r.Mem, g)
	if entry, err := readWord(c.r.Mem, rec.Closure); err == nil {
		c.deferTarget(entry) // describes the arguments, if it is a wrapper
		c.closure(rec.Closure)
	}
}

// systemStart follows runtime.isSystemGoroutine: goroutines that start in a
// function of the runtime, but for main's.
func (c *run) systemStart(name string) bool {
	switch name {
	case "runtime.main", "runtime.handleAsyncEvent", "runtime.corostart":
		return false
	}
	return c.class(packageOf(name))&model.FuncRuntime != 0
}

// variables copies the bytes that the goroutine's variables occupy, and queues
// what they refer to.
func (c *run) variables(rec *model.Goroutine, g *recorded, s unwind.Stack) {
	if c.lim.Depth == 0 {
		return
	}
	sh := g.shape
	c.count.variables.add(&sh.tally)
	rec.Image = c.room(int(sh.size))[:0]
	for _, span := range sh.spans {
		b, ok := s.Slice(s.Base+uint64(span.Off), span.Len)
		if !ok { // below the stack pointer or beyond its end: not this stack's
			b = make([]byte, span.Len)
			c.stub(s.Base+uint64(span.Off), span.Len, mock.Unreadable)
		}
		rec.Image = append(rec.Image, b...)
	}
	for i := range sh.roots {
		r := &sh.roots[i]
		addr := uint64(r.off)
		if !r.abs {
			addr += s.Base
		}
		switch {
		case r.shallow:
			if b, ok := s.Slice(addr, r.typ.Size()); ok && !r.escaped {
				c.walker.Shallow(r.typ, addr, b)
			}
			continue
		case !r.escaped:
			b, ok := s.Slice(addr, r.typ.Size())
			if !ok || r.abs {
				c.root(r.typ, addr, !r.abs)
				continue
			}
			if valid := c.outgrown(r.typ, b, g.info); valid != nil {
				b = valid
			}
			c.walker.Stored(addr, r.typ.Size())
			c.rootBytes(r.typ, b)
			continue
		}
		if target, err := c.word(addr, s); err == nil && target != 0 {
			c.escaped(r.typ, target, g.info)
		}
	}
	c.gather(rec, g, s)
}

func (c *run) word(addr uint64, s unwind.Stack) (uint64, error) {
	if w, ok := s.Word(addr); ok {
		return w, nil
	}
	return readWord(c.r.Mem, addr)
}

// gather puts variables that the compiler split into their frame's inline bytes.
// A frame of which one cannot be read has none: zeros would be a value.
func (c *run) gather(rec *model.Goroutine, g *recorded, s unwind.Stack) {
	for list := g.shape.gathers; len(list) > 0; {
		frame, n := list[0].frame, 1
		for n < len(list) && list[n].frame == frame {
			n++
		}
		b := c.room(int(g.shape.frames[frame].inline))
		if c.gatherFrame(rec, g, s, list[:n], b) {
			rec.Inline = append(rec.Inline, model.FrameInline{Frame: int64(frame), Bytes: b})
		}
		list = list[n:]
	}
}

// gatherFrame fills one frame's inline bytes.
func (c *run) gatherFrame(rec *model.Goroutine, g *recorded, s unwind.Stack, list []gather, b []byte) bool {
	whole := true
	for i := range list {
		ga := &list[i]
		part := b[ga.in.inline : ga.in.inline+ga.in.size]
		if !c.pieces(part, ga.in.pieces, &g.trace.Frames[ga.frame], s) {
			rec.Errors = append(rec.Errors, fmt.Sprintf("frame %d: a part of a variable cannot be read", ga.frame))
			whole = false
			continue
		}
		if ga.in.shallow {
			continue
		}
		if !ga.in.escaped {
			part = ga.in.known(part)
			if b := c.outgrown(ga.in.typ, part, g.info); b != nil {
				part = b
			}
			c.rootBytes(ga.in.typ, part)
		} else if target := binary.LittleEndian.Uint64(part); target != 0 {
			c.escaped(ga.in.typ, target, g.info)
		}
	}
	return whole
}

// pieces copies a variable's parts, one behind the other.
func (c *run) pieces(dst []byte, pieces []plan.Piece, f *unwind.Frame, s unwind.Stack) bool {
	for _, p := range pieces {
		n := int(p.Size)
		if n == 0 || n > len(dst) {
			n = len(dst)
		}
		switch p.Kind {
		case plan.PieceConst:
			copy(dst[:n], p.Const)
		case plan.PieceCFA:
			b, ok := s.Slice(f.CFA+uint64(p.Off), int64(n))
			if !ok {
				return false
			}
			copy(dst, b)
		case plan.PieceReg:
			if f.Regs == nil {
				break // lost, as its location says
			}
			b, ok := f.Regs.Bytes(p.Reg, n)
			if !ok {
				return false
			}
			copy(dst, b)
		case plan.PieceAbs:
			if c.r.Mem.ReadMemory(dst[:n], uint64(p.Off)) != nil {
				return false
			}
		}
		dst = dst[n:]
	}
	return true
}

// panics records the chain of panics; where each was raised is found by the
// stack pointer that the runtime noted when it began.
func (c *run) panics(g *recorded, info *goroutine.Info) error {
	list, err := c.e.layout.Panics(c.r.Mem, info)
	g.panics = list
	iface, typeErr := c.emptyInterface()
	for _, p := range list {
		one := model.Panic{Recovered: p.Recovered, Goexit: p.Goexit, Repanicked: p.Repanicked, Frame: c.raisedAt(g, p.StartSP)}
		if !p.Goexit && typeErr == nil {
			one.Type, one.Addr = c.typeID(iface), p.Value
			c.root(iface, p.Value, false)
		}
		g.record.Panics = append(g.record.Panics, one)
	}
	return err
}
