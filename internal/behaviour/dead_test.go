//go:build linux && amd64

package behaviour

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestDeadVariables: what a variable leads to that its function needs no longer
// may have been collected and used again. It is right, or marked, or a stub.
func TestDeadVariables(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "dead"))
		right, wrong := 0, 0
		for g := range d.Goroutines() {
			for f := range g.Frames() {
				switch f.Function().Name() {
				case "main.parked", "main.crash", "main.outgrow.func1":
					r, w := heldBy(t, d, f)
					right, wrong = right+r, wrong+w
				}
			}
		}
		if right < 50 || wrong < 100 {
			t.Errorf("%d values are right, %d are marked or absent and wrong, want 50 and 100 at least", right, wrong)
		}
		t.Logf("%d right, %d marked or absent and wrong", right, wrong)
	})
}

// TestDeadAfterFault: so it is in a frame that has faulted, whether the collector
// runs before or after.
func TestDeadAfterFault(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		for _, when := range []string{"fault", "late"} {
			d := open(t, crash(t, m, "dead", when))
			f, ok := d.Cause().Frame()
			if !ok || f.Function().Name() != "main."+when {
				t.Fatalf("the cause lies in %s, want main.%s", f.Function().Name(), when)
			}
			if _, wrong := heldBy(t, d, f); wrong == 0 {
				t.Errorf("%s: no value is marked or absent", when)
			}
		}
	})
}

// TestCollectorsCycles: the dump counts at least as many as the frozen memory has
// seen the end of: a value that may be gone is known by that.
func TestCollectorsCycles(t *testing.T) {
	d := open(t, crash(t, release, "collecting"))
	seen := int64(0)
	for v := range d.Globals() {
		if v.Name() == "main.rounds" {
			seen, _ = v.Value().Int()
		}
	}
	for _, s := range d.Meta().MemStats {
		if s.Name == "NumGC" && s.Value >= seen && seen > 0 {
			return
		}
	}
	t.Errorf("%d cycles were over, the dump has %v", seen, d.Meta().MemStats)
}

// heldBy holds a frame's variables against what they were.
func heldBy(t *testing.T, d *dump.Dump, f dump.Frame) (right, wrong int) {
	t.Helper()
	scope, err := restore.NewSession(d).ScopeAt(f.Goroutine().ID(), f.Index())
	if err != nil {
		t.Fatal(err)
	}
	vars := append(scope.Args(), scope.Locals()...)
	id := int64(-1)
	for _, v := range vars {
		if n, ok := v.Value().Int(); v.Name() == "id" && ok {
			id = n
		}
	}
	if id < 0 {
		t.Fatalf("%s: no id", f.Function().Name())
	}
	record := func(id int64) string {
		return fmt.Sprintf("main.record {ID: %d, Name: \"record-%d\", Next: *main.record {ID: %d, ", id, id, id+1)
	}
	want := map[string][]string{
		"alive": {record(id)}, "aliveText": {fmt.Sprintf("\"text-%d\"", id)},
		"one":   {record(id)},
		"text":  {fmt.Sprintf("\"text-%d\"", id)},
		"list":  {record(id), record(id + 1)},
		"table": {fmt.Sprintf("[\"text-%d\": %d, ]", id, id)},
		"total": {fmt.Sprint(id + 1000)},
		"any1":  {fmt.Sprintf("ID: %d, Name: \"record-%d\"", id, id)},
	}
	for _, v := range vars {
		parts, ok := want[v.Name()]
		if !ok {
			continue
		}
		text := restore.VariableValue(v, restore.LongConfig())
		if r, err := scope.Eval(v.Name()); err != nil || r.Stale() != strings.HasSuffix(text, restore.StaleMark) {
			t.Errorf("%s of %d: %s is %s; evaluated, it is marked: %t, %v", f.Function().Name(), id, v.Name(), text, r.Stale(), err)
		}
		good := true
		for _, part := range parts {
			good = good && strings.Contains(text, part)
		}
		switch {
		case good && !strings.HasSuffix(text, restore.StaleMark):
			right++
		case strings.HasPrefix(v.Name(), "alive"):
			t.Errorf("%s of %d: %s is %s", f.Function().Name(), id, v.Name(), text)
		case good:
		case strings.HasSuffix(text, restore.StaleMark) || strings.HasPrefix(text, "("):
			wrong++
		default:
			t.Errorf("%s of %d: %s is %s", f.Function().Name(), id, v.Name(), text)
		}
	}
	return right, wrong
}
