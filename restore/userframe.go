package restore

import (
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// userFrames is how far down the stack UserFrame looks, as in Delve.
const userFrames = 30

// UserFrame is the frame by which a goroutine is known: the culprit's in the
// one that crashed, else the innermost that does not belong to the runtime,
// or the innermost of all where there is none. In a goroutine that iter.Pull
// switched away from, iter is taken for a part of the runtime.
func UserFrame(d *dump.Dump, g dump.Goroutine) (dump.Frame, bool) {
	if g.Asked() {
		if f, ok := d.Cause().Frame(); ok && f.Goroutine() == g {
			return f, true
		}
	}
	switched := g.Coroutine() || g.WaitReason() == "coroutine"
	for f := range g.Frames() {
		if f.Index() >= userFrames {
			break
		}
		if switched && f.Function().Package() == "iter" {
			continue
		}
		if fn := f.Function(); fn.Valid() && !fn.IsRuntime() && !f.Hidden() && !strings.HasPrefix(lastName(fn.Name()), "runtime_") {
			return f, true
		}
	}
	return g.Frame(0)
}
