package dump

import (
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/capture/text"
	"github.com/gopostmortem/postmortem/internal/model"
)

// isOwn reports whether a function belongs to the capture.
func isOwn(function string) bool {
	pkg := text.PackageOf(function)
	for _, p := range own {
		if pkg == p || strings.HasPrefix(pkg, p+"/") {
			return true
		}
	}
	return false
}

// dropOwn takes the goroutines out that the capture started.
func dropOwn(t *text.Trace, asker model.GoID) {
	kept := t.Goroutines[:0]
	for _, g := range t.Goroutines {
		if n := len(g.Frames); g.ID == asker || n == 0 || !isOwn(g.Frames[n-1].Func) {
			kept = append(kept, g)
		}
	}
	t.Goroutines = kept
}

// blame finds the frame that asked and the one to blame: the one that raised
// the newest panic under way below it, or its first caller outside the standard
// library; or else the one that asked.
func blame(t *text.Trace, prog text.Program, cause *model.Cause) {
	for _, g := range t.Goroutines {
		if g.ID != cause.Goroutine {
			continue
		}
		outside := func(f text.Frame) bool { return !isOwn(f.Func) && text.PackageOf(f.Func) != "runtime" }
		// It waits in a function of the capture, or is still on its way there.
		in := max(slices.IndexFunc(g.Frames, func(f text.Frame) bool { return isOwn(f.Func) }), 0)
		ask := slices.IndexFunc(g.Frames[in:], outside)
		if ask < 0 {
			return
		}
		ask += in
		cause.AskFrame, cause.Frame = int64(ask), int64(ask)
		panicked := slices.IndexFunc(g.Frames[ask:], func(f text.Frame) bool { return f.Func == "runtime.gopanic" })
		if panicked < 0 {
			return
		}
		raised := g.Frames[ask+panicked:]
		i := slices.IndexFunc(raised, func(f text.Frame) bool { return !prog.Standard(f.Func) })
		if i < 0 {
			i = slices.IndexFunc(raised, outside)
		}
		if i >= 0 {
			cause.Frame = int64(ask + panicked + i)
		}
		if cause.Kind == model.CauseValue || cause.Kind == model.CauseError || cause.Kind == model.CauseNone {
			cause.Kind = model.CausePanic
		}
	}
}
