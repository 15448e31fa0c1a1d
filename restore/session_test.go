package restore_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

func TestSession(t *testing.T) {
	s := restore.NewSession(open(t, sample.Service()))
	if g, ok := s.Goroutine(); !ok || g.ID() != 7 || s.FrameIndex() != 1 {
		t.Fatalf("a session begins at goroutine %d frame %d, not at the culprit", g.ID(), s.FrameIndex())
	}
	for _, move := range []struct {
		name string
		do   func() error
		want int // frame; -1 for an error
	}{
		{"up", func() error { return s.Up(1) }, 2},
		{"down", func() error { return s.Down(2) }, 0},
		{"down below", func() error { return s.Down(1) }, -1},
		{"frame 4", func() error { return s.SelectFrame(4) }, 4},
		{"frame 5", func() error { return s.SelectFrame(5) }, -1},
		{"goroutine 20", func() error { return s.SelectGoroutine(20) }, 0},
		{"goroutine 7", func() error { return s.SelectGoroutine(7) }, 1},
		{"goroutine 99", func() error { return s.SelectGoroutine(99) }, -1},
	} {
		before := s.FrameIndex()
		err := move.do()
		switch {
		case move.want < 0 && (!errors.Is(err, restore.ErrRange) || s.FrameIndex() != before):
			t.Errorf("%s: error %v, frame %d", move.name, err, s.FrameIndex())
		case move.want >= 0 && (err != nil || s.FrameIndex() != move.want):
			t.Errorf("%s: error %v, frame %d, want %d", move.name, err, s.FrameIndex(), move.want)
		}
	}
}

// Variables resolve by scope: the innermost of a name counts.
func TestScope(t *testing.T) {
	s := restore.NewSession(open(t, sample.Service()))
	scope := s.Scope()
	var locals, args []string
	for _, v := range scope.Locals() {
		locals = append(locals, v.Name())
	}
	for _, v := range scope.Args() {
		args = append(args, v.Name())
	}
	if want := []string{"numbers", "i", "name", "name", "hostile", "far", "fn", "gone"}; !slices.Equal(locals, want) {
		t.Errorf("locals: have %v, want %v", locals, want)
	}
	if want := []string{"s", "r"}; !slices.Equal(args, want) {
		t.Errorf("args: have %v, want %v", args, want)
	}
	other, err := s.ScopeAt(20, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Eval("i"); !errors.Is(err, restore.ErrUnknown) {
		t.Errorf("a variable of another frame is in scope: %v", err)
	}
	if r, err := other.Eval("counter"); err != nil || r.Format(restore.LongConfig()) != "12" {
		t.Errorf("a package variable is not in scope: %v", err)
	}
	if _, err := s.ScopeAt(20, 2); !errors.Is(err, restore.ErrRange) {
		t.Errorf("a frame that is not there: %v", err)
	}
	var none restore.Scope
	if _, err := none.Eval("i"); !errors.Is(err, restore.ErrUnknown) || none.Names() != nil || none.Locals() != nil {
		t.Errorf("the zero scope knows something: %v", err)
	}
	if _, err := none.Eval("main.T(1) + pkg.V + x.(*T)"); !errors.Is(err, restore.ErrReadOnly) {
		t.Errorf("the zero scope knows a type: %v", err)
	}
	if names := scope.Names(); !slices.Contains(names, "counter") || !slices.Contains(names, "store.Default") || !slices.Contains(names, "numbers") {
		t.Errorf("names: %v", names)
	}
}
