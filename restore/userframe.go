package restore

import (
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// userFrames is how far down the stack UserFrame looks, as in Delve.
const userFrames = 30

// UserFrame is the frame by which a goroutine is known: the culprit's in the
// one that crashed, else the innermost that does not belong to the runtime or
// to the standard library's internal packages, or the innermost of all where
// there is none. In a goroutine that iter.Pull
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
		name := f.Function().Name()
		if fn := f.Function(); fn.Valid() && !fn.IsRuntime() && !f.Hidden() && !strings.HasPrefix(name, "internal/") && !strings.HasPrefix(lastName(name), "runtime_") {
			return f, true
		}
	}
	return g.Frame(0)
}

// programFrames is how far down the stack ProgramFrame looks.
const programFrames = 1000

// ProgramFrame is the innermost frame outside the standard library, of the
// goroutine that crashed from the culprit's on; or else the one that UserFrame gives.
func ProgramFrame(d *dump.Dump, g dump.Goroutine) (dump.Frame, bool) {
	known, ok := UserFrame(d, g)
	for f := range g.Frames() {
		switch {
		case f.Index() < known.Index():
		case f.Index() >= known.Index()+programFrames:
			return known, ok
		case f.Function().Valid() && !f.Function().IsStd() && !f.Hidden():
			return f, true
		}
	}
	return known, ok
}
