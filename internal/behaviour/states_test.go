//go:build linux && amd64

package behaviour

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// B3.25, B4.6: whatever a goroutine is doing, it is in the dump with its stack
// and the reason why it stands still: in a tight loop, in assembly, before a
// mutex, in read(2), on a thread of its own, on its way out, in a finalizer.
func TestEveryState(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		file := crash(t, m, "every")
		d := open(t, file)
		for _, tt := range []struct {
			mark     string // of its line
			function string
			status   dump.Status
			reason   string
			variable string // of that frame
			value    string
			is       func(dump.Goroutine) bool
		}{
			{"", "main.loops", dump.StatusRunnable, "", "", "", preempted(m)},
			{"", "main.moves", dump.StatusRunnable, "", "", "", nil},
			{"locks", "main.locks", dump.StatusWaiting, "sync.Mutex.Lock", "name", `"wants the lock"`, nil},
			{"reads", "main.reads", dump.StatusSyscall, "", "name", `"wants a byte"`, nil},
			{"pinned", "main.pinned", dump.StatusWaiting, "chan receive", "name", `"has a thread"`, dump.Goroutine.Locked},
			{"leaves", "main.exits", dump.StatusWaiting, "chan receive", "name", `"leaves"`, leaving},
			{"finalizer", "main.finalizer", dump.StatusWaiting, "chan receive", "", "", notSystem},
			{"cleanup", "main.cleanup", dump.StatusWaiting, "chan receive", "", "", notSystem},
			{"expired", "main.expired", dump.StatusWaiting, "chan receive", "", "", nil},
			{"leaks", "main.leaks", leakedIn(m), "chan receive", "", "", nil},
		} {
			g, f := ran(t, d, tt.function)
			if tt.mark == "" {
				tt.mark = tt.function
			} else {
				f = frameAt(t, g, line(t, "every", tt.mark))
			}
			if g.Status() != tt.status && (tt.status != dump.StatusRunnable || g.Status() != dump.StatusRunning) || g.WaitReason() != tt.reason {
				t.Errorf("%s: %v, %q; want %v, %q", tt.mark, g.Status(), g.WaitReason(), tt.status, tt.reason)
			}
			if len(g.Errors()) > 0 || g.InC() || g.New() {
				t.Errorf("%s: in C %v, new %v, errors %q", tt.mark, g.InC(), g.New(), g.Errors())
			}
			if tt.is != nil && !tt.is(g) {
				t.Errorf("%s: it is not said what is special about it", tt.mark)
			}
			if tt.variable != "" && !strings.Contains(m.name, race.name) {
				same(t, tt.mark, repl(t, file, fmt.Sprintf("goroutine %d frame %d print %s", g.ID(), f.Index(), tt.variable)), tt.value)
			}
		}
		if !strings.Contains(m.name, "1.27") {
			return
		}
		if out := repl(t, file, "goroutines"); !strings.Contains(out, "[chan receive (leaked)]") {
			t.Errorf("goroutines does not tell what has leaked:\n%s", out)
		}
	})
}

// preempted is what a goroutine in a tight loop says of itself; under the race
// detector the loop has calls.
func preempted(m mode) func(dump.Goroutine) bool {
	if m.name == race.name {
		return nil
	}
	return dump.Goroutine.AsyncPreempted
}

// leaving reports whether runtime.Goexit is under way.
func leaving(g dump.Goroutine) bool {
	return slices.ContainsFunc(g.Panics(), func(p dump.Panic) bool { return p.Goexit })
}

// notSystem reports whether a goroutine counts as the program's own: the
// runtime's goroutine that calls its finalizers.
func notSystem(g dump.Goroutine) bool { return !g.System() }

// leakedIn is the state of a goroutine that the runtime has found to wait in
// vain. From Go 1.27 on there is a profile that has it look.
func leakedIn(m mode) dump.Status {
	if strings.Contains(m.name, "1.27") {
		return dump.StatusLeaked
	}
	return dump.StatusWaiting
}

// B4.4: goroutines that have been started and did not run yet: no frames, no
// error, but the function that they were started with, its arguments and the go
// statement.
func TestNotBegunYet(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		for range 20 { // they may all have begun, if the thread that starts them had to wait
			file := crash(t, m, "every", "fresh")
			d := open(t, file)
			for g := range d.Goroutines() {
				if !g.New() || g.Created().Line != line(t, "every", "spawns") {
					continue
				}
				start, _ := g.Started()
				if g.NumFrames() != 0 || len(g.Errors()) > 0 || g.Status() != dump.StatusRunnable || !strings.HasPrefix(start.Function.Name(), "main.spawns") {
					t.Errorf("%d frames, errors %q, %v, starts with %s", g.NumFrames(), g.Errors(), g.Status(), start.Function.Name())
				}
				bt := repl(t, file, fmt.Sprintf("goroutine %d bt", g.ID()))
				for _, want := range []string{"(has not run yet)\n", "will call main.spawns.", "created by main.spawns in goroutine "} {
					if !strings.Contains(bt, want) {
						t.Errorf("bt lacks %q:\n%s", want, bt)
					}
				}
				if want := ` name = "not begun yet, true"`; !strings.Contains(bt, want) && m.name != race.name {
					t.Errorf("bt lacks the argument%s:\n%s", want, bt)
				}
				if want := " n = -"; !strings.Contains(bt, want) && len(m.flags) == 0 {
					t.Errorf("bt lacks the argument%s:\n%s", want, bt)
				}
				return
			}
		}
		t.Error("all goroutines have begun")
	})
}
