package dump

import (
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/text"
	"github.com/gopostmortem/postmortem/internal/model"
)

// traceOf makes a goroutine's traceback from the names of its functions.
func traceOf(t *testing.T, functions ...string) *text.Trace {
	t.Helper()
	s := "goroutine 7 [running]:\n"
	for _, f := range functions {
		s += f + "(0x1)\n\t/x.go:1 +0x1\n"
	}
	trace, err := text.Parse(strings.NewReader(s), text.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func TestBlame(t *testing.T) {
	const ours = "github.com/gopostmortem/postmortem/dump."
	tests := []struct {
		name        string
		functions   []string
		ask, blamed int64
		kind        model.CauseKind
	}{
		{"no panic", []string{ours + "(*job).do", ours + "Capture", "main.f", "main.main"}, 2, 2, model.CauseValue},
		{"panic", []string{ours + "Capture", "main.main.func1", "panic", "main.f", "main.main"}, 1, 3, model.CausePanic},
		{"runtime error", []string{ours + "Capture", "main.main.func1", "panic", "runtime.goPanicIndex", "main.f", "main.main"}, 1, 4, model.CausePanic},
		{"raised by the standard library", []string{ours + "Capture", "main.main.func1", "panic", "strings.Repeat", "main.f"}, 1, 4, model.CausePanic},
		{"the standard library alone", []string{ours + "Capture", "main.main.func1", "panic", "net/http.serve", "runtime.goexit"}, 1, 3, model.CausePanic},
		{"the newest of two", []string{ours + "Capture", "main.f.func2", "panic", "main.f.func1", "panic", "main.f"}, 1, 3, model.CausePanic},
		{"nothing else", []string{ours + "Capture", "runtime.goexit"}, -1, -1, model.CauseValue},
	}
	for _, tt := range tests {
		c := &model.Cause{Kind: model.CauseValue, Goroutine: 7, Frame: -1, AskFrame: -1}
		blame(traceOf(t, tt.functions...), text.Program{Main: "example.com/m"}, c)
		if c.AskFrame != tt.ask || c.Frame != tt.blamed || c.Kind != tt.kind {
			t.Errorf("%s: asked %d, blamed %d, %v, want %d, %d, %v", tt.name, c.AskFrame, c.Frame, c.Kind, tt.ask, tt.blamed, tt.kind)
		}
	}
}

func TestDropOwn(t *testing.T) {
	trace := traceOf(t, "main.f")
	trace.Goroutines = append(trace.Goroutines, traceOf(t, "os.read", "github.com/gopostmortem/postmortem/dump.(*job).do.func2").Goroutines...)
	trace.Goroutines[1].ID = 8
	dropOwn(trace, 7)
	if len(trace.Goroutines) != 1 || trace.Goroutines[0].ID != 7 {
		t.Errorf("left: %+v, want goroutine 7 alone", trace.Goroutines)
	}
}
