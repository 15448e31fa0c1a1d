package dump

import (
	"testing"

	"github.com/gopostmortem/postmortem/capture/text"
	"github.com/gopostmortem/postmortem/internal/model"
)

func TestBlame(t *testing.T) {
	const do, panicking = "github.com/gopostmortem/postmortem/dump.(*job).do", "runtime.gopanic"
	tests := []struct {
		name       string
		frames     []string // innermost first
		ask, blame int64
		kind       model.CauseKind
	}{
		{"no panic", []string{"runtime.gopark", do, "main.work", "main.main"}, 2, 2, model.CauseValue},
		{"on its way", []string{"runtime.asyncPreempt", "time.NewTimer", do, "main.work", "main.main"}, 3, 3, model.CauseValue},
		{"panic", []string{do, "main.work.func1", panicking, "runtime.goPanicIndex", "main.work", "main.main"}, 1, 4, model.CausePanic},
		{"panic of the standard library", []string{do, "main.work.func1", panicking, "strings.Repeat", "main.work"}, 1, 4, model.CausePanic},
		{"panic of a dependency", []string{do, "main.work.func1", panicking, "example.com/x.F", "main.work"}, 1, 3, model.CausePanic},
		{"nobody else to blame", []string{do, "net/http.(*conn).serve.func1", panicking, "net/http.(*conn).serve"}, 1, 3, model.CausePanic},
		{"nobody", []string{"runtime.gopark"}, -1, -1, model.CauseValue},
	}
	for _, tt := range tests {
		g := text.Goroutine{ID: 7}
		for _, f := range tt.frames {
			g.Frames = append(g.Frames, text.Frame{Func: f})
		}
		cause := model.Cause{Kind: model.CauseValue, Goroutine: 7, Frame: -1, AskFrame: -1}
		blame(&text.Trace{Goroutines: []text.Goroutine{{ID: 1}, g}}, text.Program{Main: "example.com/app", Modules: []string{"example.com/x"}}, &cause)
		if cause.AskFrame != tt.ask || cause.Frame != tt.blame || cause.Kind != tt.kind {
			t.Errorf("%s: asked %d, blamed %d, %v; want %d, %d, %v", tt.name, cause.AskFrame, cause.Frame, cause.Kind, tt.ask, tt.blame, tt.kind)
		}
	}
}
