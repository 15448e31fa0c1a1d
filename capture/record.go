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
	rec := &model.Goroutine{
		ID: g.ID, Status: g.Status, RawStatus: uint64(g.Raw), WaitReason: g.Reason, WaitSince: g.WaitSince,
		Thread: g.Thread, Parent: g.Parent, CreatedPC: g.GoPC, StackLo: g.StackLo, StackHi: g.StackHi,
	}
	out := &recorded{record: rec, info: g}
	note := func(what string, err error) {
		if err != nil {
			rec.Errors = append(rec.Errors, what+": "+err.Error())
			c.lose("goroutines", mock.Unreadable, 1, fmt.Sprintf("goroutine %d: %s: %v", g.ID, what, err))
		}
	}
	var err error
	rec.Flags = c.goroutineFlags(g)
	rec.Created, rec.Start = c.callLocation(g.GoPC), c.funcs.at(g.StartPC)
	rec.Labels, err = c.e.layout.Labels(c.r.Mem, g)
	note("labels", err)
	c.count.goroutines++
	if s.err != nil {
		note("stack", s.err)
		return out
	}
	out.trace = unwind.Walk(c.e.img, s.stack, g.Regs, int(c.lim.Frames), c.frames)
	c.frames = out.trace.Frames
	note("stack", out.trace.Err)
	c.count.frames += int64(len(out.trace.Frames))
	if out.trace.Elided > 0 {
		c.count.elided += int64(out.trace.Elided)
		c.lose("frames", mock.ElementLimit, int64(out.trace.Elided), fmt.Sprintf("goroutine %d has more frames than the limit", g.ID))
	}
	if len(out.trace.Frames) == 0 {
		return out
	}
	c.registers(&out.trace, g, s.stack)
	out.shape = c.shape(out.trace, s.stack)
	rec.Stack, rec.Base = out.shape.id, s.stack.Base
	c.userFiles(out.shape)
	c.variables(rec, out, s.stack)
	note("deferred calls", c.defers(rec, g, out.trace, s.stack))
	note("panics", c.panics(out, g))
	note("waits", c.waits(rec, g))
	return out
}

func (c *run) goroutineFlags(g *goroutine.Info) uint64 {
	var flags uint64
	for _, f := range []struct {
		on  bool
		bit uint64
	}{
		{g.ID == c.r.Cause.Goroutine, model.GoAsked}, {g.Locked, model.GoLocked}, {g.InC, model.GoInC},
		{g.Async, model.GoAsyncPreempted}, {c.isSystem(g), model.GoSystem},
	} {
		if f.on {
			flags |= f.bit
		}
	}
	return flags
}

// isSystem follows runtime.isSystemGoroutine: goroutines that start in a
// function of the runtime, but for main's.
func (c *run) isSystem(g *goroutine.Info) bool {
	fn, ok := c.e.img.Lines().Find(g.StartPC - c.e.img.Bias)
	if !ok {
		return false
	}
	name := fn.Name()
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
	c.count.absent += int64(sh.absent)
	rec.Image = make([]byte, 0, sh.size)
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
		c.count.variables++
		switch {
		case r.shallow:
			if b, ok := s.Slice(addr, r.typ.Size()); ok && !r.escaped {
				c.walker.Shallow(r.typ, addr, b)
			}
			continue
		case !r.escaped:
			if b, ok := s.Slice(addr, r.typ.Size()); ok && !r.abs {
				if b = c.outgrown(r.typ, b, g.info); b != nil {
					c.walker.Stored(addr, r.typ.Size())
					c.rootBytes(r.typ, b)
					continue
				}
			}
			c.root(r.typ, addr, !r.abs)
			continue
		}
		if target, err := c.word(addr, s); err == nil && target != 0 {
			c.root(r.typ, target, false)
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
	inline, lost := map[int][]byte{}, map[int]bool{}
	for _, ga := range g.shape.gathers {
		b := inline[ga.frame]
		if b == nil {
			b = make([]byte, g.shape.frames[ga.frame].inline)
			inline[ga.frame] = b
		}
		part := b[ga.in.inline : ga.in.inline+ga.in.size]
		c.count.variables++
		if !c.pieces(part, ga.in.pieces, &g.trace.Frames[ga.frame], s) {
			rec.Errors = append(rec.Errors, fmt.Sprintf("frame %d: a part of a variable cannot be read", ga.frame))
			lost[ga.frame] = true
			continue
		}
		if ga.in.shallow {
			continue
		}
		if !ga.in.escaped {
			if b := c.outgrown(ga.in.typ, part, g.info); b != nil {
				part = b
			}
			c.rootBytes(ga.in.typ, part)
		} else if target := binary.LittleEndian.Uint64(part); target != 0 {
			c.root(ga.in.typ, target, false)
		}
	}
	for i := range g.trace.Frames {
		if b := inline[i]; b != nil && !lost[i] {
			rec.Inline = append(rec.Inline, model.FrameInline{Frame: int64(i), Bytes: b})
		}
	}
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

// defers records the pending deferred calls, outermost frame last, each
// frame's in the order in which they would run.
func (c *run) defers(rec *model.Goroutine, g *goroutine.Info, t unwind.Trace, s unwind.Stack) error {
	list, err := c.e.layout.Defers(c.r.Mem, g, t, s)
	for _, d := range list {
		one := model.Defer{Frame: int64(d.Frame), Closure: d.Closure, PC: d.PC, Open: d.Open}
		one.File, one.Line = lineOf(c.e.img, d.PC)
		if entry, err := readWord(c.r.Mem, d.Closure); err == nil {
			one.Func = c.funcs.at(entry)
			c.closure(d.Closure)
		}
		rec.Defers = append(rec.Defers, one)
	}
	return err
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

// waits records the channels a goroutine is blocked on.
func (c *run) waits(rec *model.Goroutine, g *goroutine.Info) error {
	list, err := c.e.layout.Waits(c.r.Mem, g)
	for _, w := range list {
		kind := rec.WaitReason
		if w.Select {
			kind = "select"
		}
		rec.Waits = append(rec.Waits, model.Wait{Addr: w.Channel, Kind: kind, Elem: w.Elem})
	}
	return err
}
