//go:build linux && amd64

package behaviour

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// everyGo are both modes under all versions of Go.
func everyGo() []mode {
	modes := slices.Clone(both)
	if thorough {
		for _, version := range []string{"go1.25.0", "go1.27.0"} {
			modes = append(modes, release.with(version), debug.with(version))
		}
	}
	return modes
}

// frameOf finds a frame by its function.
func frameOf(t testing.TB, g dump.Goroutine, function string) dump.Frame {
	t.Helper()
	for f := range g.Frames() {
		if f.Function().Name() == function {
			return f
		}
	}
	t.Fatalf("goroutine %d has no frame of %s", g.ID(), function)
	return dump.Frame{}
}

// deferTexts describes the calls that a frame has deferred: what each calls,
// with which arguments, and the mark of its line.
func deferTexts(t testing.TB, d *dump.Dump, function string, marks map[int]string) []string {
	t.Helper()
	asked, ok := d.Asked()
	if !ok {
		t.Fatal("no goroutine asked for the dump")
	}
	f := frameOf(t, asked, function)
	var out []string
	for _, x := range f.Defers() {
		text := restore.NewSession(d).DeferText(f, x, restore.NewReading(d))
		if x.Running {
			text = "running " + text
		}
		if x.Line > 0 && filepath.Base(x.File) == "main.go" {
			text += " at " + marks[x.Line]
		}
		out = append(out, addresses.ReplaceAllString(text, "0xX"))
	}
	return out
}

// B4.14: a frame lists its deferred calls in the order in which they would run:
// what the source calls, on what, with which arguments, on which line; those of
// open-coded defers, of loops and of range-over-func bodies.
func TestDeferredCalls(t *testing.T) {
	marks := map[int]string{}
	for _, m := range []string{"mutex", "read", "locker", "function", "method", "value", "loop", "range", "remaining"} {
		marks[line(t, "defers", "mark: "+m)] = m
	}
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "defers"))
		const onStore = "main.(*store).done(s 0xX, n = %d) at %s"
		for function, want := range map[string][]string{
			"main.last": {"running main.last.func1()", "main.note(...) at remaining"},
			"main.each": {fmt.Sprintf(onStore, 20, "range"), fmt.Sprintf(onStore, 10, "range")},
			"main.loop": {fmt.Sprintf(onStore, 1, "loop"), fmt.Sprintf(onStore, 0, "loop")},
			"main.many": {
				"main.many.func1() with", // what a closure captures by value or reference differs
				"main.main.func1(...)",
				fmt.Sprintf(onStore, 2, "method"),
				"main.note(x = 2, y = 4) at function",
				"sync.(*Mutex).Unlock(l.(data) 0xX) at locker",
				"sync.(*RWMutex).RUnlock(s.rw 0xX) at read",
				"sync.(*Mutex).Unlock(s.mu 0xX) at mutex",
			},
		} {
			got := deferTexts(t, d, function, marks)
			if len(got) != len(want) {
				t.Errorf("%s has %d deferred calls, want %d: %q", function, len(got), len(want), got)
				continue
			}
			for i := range want {
				if function == "main.many" && i < 2 {
					got[i] = strings.TrimSuffix(got[i][:min(len(got[i]), len(want[i]))], " at value")
				}
				if got[i] != want[i] && !unnamed(m, got[i], want[i]) {
					t.Errorf("%s: call %d is %q, want %q", function, i+1, got[i], want[i])
				}
			}
		}
	})
}

// unnamed accepts, in an optimised build, that the variable which leads to a
// receiver is gone: then its address stands alone.
func unnamed(m mode, got, want string) bool {
	if strings.HasSuffix(m.name, "debug") {
		return false
	}
	for _, name := range []string{"s ", "s.rw ", "s.mu ", "l.(data) "} {
		if got == strings.Replace(want, "("+name, "(", 1) {
			return true
		}
	}
	return false
}

// B4.15: while a deferred call runs during a panic, the line that panicked and the
// call are there once each.
func TestRunningDefer(t *testing.T) {
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		file := crash(t, m, "defers")
		d := open(t, file)
		g, _ := d.Asked()
		f := frameOf(t, g, "main.last")
		if want := line(t, "defers", "mark: panic"); f.Line() != want {
			t.Errorf("main.last is at line %d, it panicked at %d", f.Line(), want)
		}
		running := 0
		for _, x := range g.Defers() {
			if x.Running {
				running++
				if at, ok := x.Frame(); !ok || at != f || x.Function().Name() != "main.last.func1" {
					t.Errorf("%s runs for frame %d, want main.last.func1 for %d", x.Function().Name(), at.Index(), f.Index())
				}
			}
		}
		if running != 1 {
			t.Errorf("%d deferred calls run, want 1", running)
		}
		bt := repl(t, file, "bt -defer")
		for _, text := range []string{"in main.last\n", "in main.last.func1\n    at", "defer running: "} {
			if n := strings.Count(bt, text); n != 1 {
				t.Errorf("bt -defer has %q %d times:\n%s", text, n, bt)
			}
		}
		out := repl(t, file, fmt.Sprintf("frame %d", f.Index()))
		for _, want := range []string{"deferred: main.last.func1(), running\n", "deferred: main.note(...) at "} {
			if strings.Count(out, want) != 1 {
				t.Errorf("frame does not say %q once:\n%s", want, out)
			}
		}
		same(t, "deferred 3", repl(t, file, fmt.Sprintf("frame %d deferred 4 locals", frameOf(t, g, "main.many").Index())), "x = 2\ny = 4")
	})
}
