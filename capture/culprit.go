package capture

import (
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

func packageOf(symbol string) string { return image.PackageOf(symbol) }

// logicalName gives the name of a logical frame and the number of logical frames.
func (g *recorded) logicalName(i int) string {
	for k, l := range g.shape.frames {
		if n := i - g.shape.firstLog[k]; n < l.logical {
			return l.plan.Frames[n].Name
		}
	}
	return ""
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
			return c.firstOutside(g, g.shape.firstLog[i], c.isRuntime)
		}
	}
	return -1
}

// firstOutside gives the first logical frame from i on for which inside is false.
func (c *run) firstOutside(g *recorded, i int, inside func(symbol string) bool) int64 {
	for ; i < g.shape.logical; i++ {
		if !inside(g.logicalName(i)) {
			return int64(i)
		}
	}
	return -1
}

func (c *run) isRuntime(symbol string) bool {
	return c.class(packageOf(symbol))&model.FuncRuntime != 0
}

// isOwn tells the frames of the capture's own packages, and the waiting they do.
func (c *run) isOwn(symbol string) bool {
	if c.isRuntime(symbol) {
		return true
	}
	pkg := packageOf(symbol)
	for _, own := range c.r.Own {
		if pkg == own || strings.HasPrefix(pkg, own+"/") {
			return true
		}
	}
	return false
}

// findCulprit says which frame asked for the dump, and which one is to blame:
// the one that raised the newest panic that is under way there, or else the
// one that asked.
func (c *run) findCulprit(g *recorded) {
	cause := c.r.Cause
	cause.Frame, cause.AskFrame = -1, -1
	if g.shape == nil {
		return
	}
	cause.AskFrame = c.firstOutside(g, 0, c.isOwn)
	cause.Frame = cause.AskFrame
	for i, p := range g.panics {
		if p.Goexit {
			if cause.Kind == model.CauseNone {
				cause.Kind = model.CauseGoexit
			}
			continue
		}
		if f := g.record.Panics[i].Frame; f > cause.AskFrame {
			cause.Frame = f
			if cause.Kind == model.CauseValue || cause.Kind == model.CauseError || cause.Kind == model.CauseNone {
				cause.Kind = model.CausePanic
			}
		}
		break
	}
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
