package capture

import (
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// defers records the deferred calls of a goroutine: those that run, innermost
// first, then the pending ones, outermost frame last, each frame's in the order
// in which they would run.
func (c *run) defers(out *recorded, g *goroutine.Info, s unwind.Stack) error {
	list, err := c.e.layout.Defers(c.r.Mem, g, out.trace, s)
	rec := out.record
	rec.Defers = c.running(out)
	for _, d := range list {
		one := model.Defer{Frame: int64(d.Frame), Closure: d.Closure, PC: d.PC, Open: d.Open}
		one.File, one.Line = lineOf(c.e.img, d.PC)
		if entry, err := readWord(c.r.Mem, d.Closure); err == nil {
			one.Func = c.funcs.at(entry)
			c.unwrap(&one, entry)
			c.closure(d.Closure)
		}
		rec.Defers = append(rec.Defers, one)
	}
	return err
}

// deferTarget is what a function that is deferred calls, if the compiler made it.
type deferTarget struct {
	callee   image.Callee
	ok       bool
	fn       model.FuncID // of the callee, 0 where it is known at run time only
	receiver image.Source
	file     string // of the defer statement
	line     int64
}

// deferTarget looks at a function once.
func (c *run) deferTarget(entry uint64) deferTarget {
	if t, ok := c.targets[entry]; ok {
		return t
	}
	var t deferTarget
	if fn, ok := c.e.img.Find(entry); ok && fn.Entry == entry && image.IsCallWrapper(fn) {
		t.file, t.line = fn.File(), int64(fn.StartLine)
		if t.callee, t.ok = c.e.img.At(entry).Callee(fn); t.ok && t.callee.Name != "" {
			t.fn = c.callee(&t.callee)
			c.arguments(&t, entry)
		}
	}
	c.targets[entry] = t
	return t
}

// callee gives the number of a function that a wrapper calls.
func (c *run) callee(x *image.Callee) model.FuncID {
	if x.Entry != 0 {
		return c.funcs.at(x.Entry)
	}
	return c.funcs.get(&model.Func{Name: x.Name, File: x.File, StartLine: int64(x.StartLine)})
}

// arguments finds a wrapper's copies of what its callee is called with.
func (c *run) arguments(t *deferTarget, entry uint64) {
	_, isMethod := receiverType(t.callee.Name)
	inlined := t.callee.Entry == 0
	var params []types.Field
	var err error
	if inlined {
		params, err = c.e.types.InlinedParams(entry)
	} else {
		params, err = c.e.types.Params(t.callee.Entry)
	}
	// Which of several arguments an inlined call takes from where is not known.
	if err == nil && inlined && len(params) != 1 {
		return
	}
	if isMethod && (err == nil || !inlined) {
		t.receiver = t.callee.Ints[0]
	}
	if err != nil {
		return
	}
	captured := capturedArgs(params, &t.callee)
	if len(captured) > 0 {
		_ = c.e.types.Describe(entry, captured) // or it holds what DWARF says
	}
}

// capturedArgs gives the arguments that a wrapper takes from its closure, as
// fields of that. Constants and package variables are not there.
func capturedArgs(params []types.Field, x *image.Callee) (out []types.Field) {
	ints, floats := x.Ints[:], x.Floats[:]
	for _, p := range params {
		parts, ok := p.Type.Registers()
		if !ok {
			continue
		}
		i, f, at := 0, 0, int64(0)
		for n, part := range parts {
			from, next := ints, &i
			if part.Float {
				from, next = floats, &f
			}
			if *next >= len(from) {
				return out // on the stack, and so may be what follows
			}
			off := from[*next].Captured - part.Offset
			if *next++; n > 0 && off != at || from[*next-1].Captured == 0 {
				ok = false
			}
			at = off
		}
		ints, floats = ints[i:], floats[f:]
		if ok && at > 0 && p.Type.Size() > 0 {
			p.Offset = at
			out = append(out, p)
		}
	}
	return out
}

// receiverType gives the type of which a symbol is a method with a pointer
// receiver, without type arguments: net/http.(*conn).serve is of net/http.conn.
func receiverType(symbol string) (string, bool) {
	pkg, rest, ok := strings.Cut(symbol, ".(*")
	name, _, closed := strings.Cut(rest, ")")
	name, _, _ = strings.Cut(name, "[")
	return strings.ReplaceAll(pkg, "%2e", ".") + "." + name, ok && closed
}

// unwrap finds out what a wrapper made by the compiler calls, and on what.
func (c *run) unwrap(d *model.Defer, entry uint64) {
	const firstCaptured = 8
	t := c.deferTarget(entry)
	if d.Line == 0 {
		d.File, d.Line = t.file, t.line
	}
	if !t.ok {
		return
	}
	d.Target = t.fn
	switch {
	case t.receiver.Captured > 0:
		d.Receiver, _ = readWord(c.r.Mem, d.Closure+uint64(t.receiver.Captured))
	case t.receiver.Addr > 0:
		d.Receiver = t.receiver.Addr
	case t.callee.Value:
		d.Target = c.indirect(d.Closure+firstCaptured, 0)
	case t.callee.Method > 0:
		d.Target = c.indirect(d.Closure+firstCaptured, uint64(t.callee.Method))
		if d.Target != 0 {
			d.Receiver, _ = readWord(c.r.Mem, d.Closure+firstCaptured+8)
		}
	}
}

// indirect gives the function whose code the table at *at refers to.
func (c *run) indirect(at, off uint64) model.FuncID {
	table, err := readWord(c.r.Mem, at)
	if err != nil || table == 0 {
		return 0
	}
	entry, err := readWord(c.r.Mem, table+off)
	if fn, ok := c.e.img.Find(entry); err != nil || !ok || fn.Entry != entry {
		return 0
	}
	return c.funcs.at(entry)
}

// running finds the deferred calls that have begun: the frames that gopanic,
// Goexit or a function's own return called. The runtime has taken them off its
// lists; what it keeps is for which frame it runs them.
func (c *run) running(g *recorded) (out []model.Defer) {
	frames := g.trace.Frames
	for i := 1; i < len(frames); i++ {
		if g.trace.Elided > 0 && i == g.trace.ElidedAt {
			continue
		}
		one := model.Defer{Frame: -1, Running: true}
		switch c.roleOf(frames[i].Fn) {
		case returns:
			one.Frame = int64(i + 1)
		case unwinds:
			one.Frame = c.deferring(g, frames[i].SP)
		default:
			continue
		}
		fn := frames[i-1].Fn
		if one.Frame < 0 || one.Frame >= int64(len(frames)) || packageOf(fn.Name()) == "runtime" {
			continue // it has not begun a call
		}
		one.Func = c.funcs.at(fn.Entry)
		t := c.deferTarget(fn.Entry)
		one.Target, one.File, one.Line = t.fn, t.file, t.line
		out = append(out, one)
	}
	return out
}

// deferring gives the frame whose calls a panic runs, whose own frame is at sp.
func (c *run) deferring(g *recorded, sp uint64) int64 {
	frameBySP := map[uint64]int{}
	for i := range g.trace.Frames {
		frameBySP[g.trace.Frames[i].SP] = i
	}
	for _, p := range g.panics {
		own, ok := frameBySP[p.StartSP]
		if !ok || p.SP == 0 {
			continue
		}
		// The runtime notes the stack pointer of gopanic or, up to Go 1.26, of its caller.
		if gopanic := g.trace.Frames[own]; gopanic.SP == sp || own > 0 && g.trace.Frames[own-1].SP == sp {
			if i, ok := frameBySP[p.SP]; ok {
				return int64(i)
			}
		}
	}
	return -1
}
