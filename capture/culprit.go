package capture

import (
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/internal/model"
)

func packageOf(symbol string) string { return image.PackageOf(symbol) }

// logicalFrame gives a logical frame; nil beyond the last one.
func (g *recorded) logicalFrame(i int) *plan.Frame {
	for k, l := range g.shape.frames {
		if n := i - g.shape.firstLog[k]; n < l.logical {
			return &l.plan.Frames[n]
		}
	}
	return nil
}

// raisedAt gives the logical frame that raised a panic: the first one outside
// the runtime from the place where the panic began. The runtime notes the stack
// pointer of the function that called gopanic or, from Go 1.27 on, gopanic's own.
func (c *run) raisedAt(g *recorded, startSP uint64) int64 {
	if g.shape == nil || startSP == 0 {
		return -1
	}
	for i := range g.trace.Frames {
		if g.trace.Frames[i].SP >= startSP {
			return firstOutside(g, g.shape.firstLog[i], c.isRuntime)
		}
	}
	return -1
}

// toBlame gives the frame that is to blame for a panic raised in frame i: its
// first caller that is neither of the standard library, which was given what it
// cannot work with, nor made by the compiler. Where there is none it is i.
func (c *run) toBlame(g *recorded, i int64) int64 {
	f := firstOutside(g, int(i), func(f *plan.Frame) bool {
		return f.FuncID == image.IDWrapper || c.class(packageOf(f.Name))&model.FuncStd != 0
	})
	if f < 0 {
		return i
	}
	return f
}

// firstOutside gives the first logical frame from i on for which inside is false.
func firstOutside(g *recorded, i int, inside func(f *plan.Frame) bool) int64 {
	for ; i < g.shape.logical; i++ {
		if !inside(g.logicalFrame(i)) {
			return int64(i)
		}
	}
	return -1
}

func (c *run) isRuntime(f *plan.Frame) bool {
	return c.class(packageOf(f.Name))&model.FuncRuntime != 0
}

// isOwn tells the frames of the capture's own packages, and the waiting they do.
func (c *run) isOwn(symbol string) bool {
	return c.class(packageOf(symbol))&model.FuncRuntime != 0 || c.ofCapture(symbol)
}

// ofCapture tells the functions of the capture's own packages.
func (c *run) ofCapture(symbol string) bool {
	pkg := packageOf(symbol)
	for _, own := range c.r.Own {
		if pkg == own || strings.HasPrefix(pkg, own+"/") {
			return true
		}
	}
	return false
}

// findCulprit says which frame asked for the dump, and which one is to blame:
// for the newest panic that is under way there, or else the one that asked.
func (c *run) findCulprit(g *recorded) {
	cause := c.r.Cause
	cause.Frame, cause.AskFrame = -1, -1
	if g.shape == nil {
		return
	}
	// It waits in a function of the capture, or is still on its way there.
	own := max(firstOutside(g, 0, func(f *plan.Frame) bool { return !c.ofCapture(f.Name) }), 0)
	cause.AskFrame = firstOutside(g, int(own), func(f *plan.Frame) bool { return c.isOwn(f.Name) })
	cause.Frame = cause.AskFrame
	for i, p := range g.panics {
		if p.Goexit {
			if cause.Kind == model.CauseNone {
				cause.Kind = model.CauseGoexit
			}
			continue
		}
		if f := g.record.Panics[i].Frame; f > cause.AskFrame {
			cause.Frame = c.toBlame(g, f)
			cause.Signal, cause.FaultAddr = c.signal(g, p.StartSP)
			if cause.Kind == model.CauseNone {
				c.adopt(p.Value)
			}
			if cause.Kind == model.CauseValue || cause.Kind == model.CauseError || cause.Kind == model.CauseNone {
				cause.Kind = model.CausePanic
			}
		}
		break
	}
}

// adopt makes the value of a panic, an interface value at addr, the cause where
// the program has given none. What an error among them says is not known: its
// method is not called.
func (c *run) adopt(addr uint64) {
	const longest = 64 << 10
	cause := c.r.Cause
	tab, err := readWord(c.r.Mem, addr)
	if err != nil || tab == 0 {
		return
	}
	t, err := c.e.types.FromRType(tab)
	if err != nil {
		return
	}
	cause.Addr, cause.TypeName = addr, t.Name()
	if t.Kind() != model.KindString {
		cause.TextError = "no cause was given, so no method of the panic's value was called"
		return
	}
	text, err := readString(c.r.Mem, addr+8, longest)
	if err != nil {
		cause.TextError = err.Error()
		return
	}
	cause.Text = text
}

// readString reads the string to which the word at addr points, at most its
// first max bytes.
func readString(mem Memory, addr uint64, max uint64) (string, error) {
	var header [2]uint64
	box, err := readWord(mem, addr)
	for i := range header {
		if err == nil {
			header[i], err = readWord(mem, box+8*uint64(i))
		}
	}
	if err != nil {
		return "", err
	}
	text := make([]byte, min(header[1], max))
	if len(text) > 0 {
		err = mem.ReadMemory(text, header[0])
	}
	return string(text), err
}

// causeValue queues the value that the program gave as the cause.
func (c *run) causeValue() {
	if c.r.Cause.Addr == 0 || c.lim.Depth == 0 {
		c.r.Cause.Addr = 0
		return
	}
	iface, err := c.emptyInterface()
	if err != nil {
		c.r.Cause.Addr = 0
		return
	}
	c.r.Cause.Type = c.typeID(iface)
	c.root(iface, c.r.Cause.Addr, false)
}
