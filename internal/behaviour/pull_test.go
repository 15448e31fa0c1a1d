//go:build linux && amd64

package behaviour

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// versions are the modes of a test under each Go version, the local one first.
func versions(t *testing.T) []mode {
	modes := slices.Clone(both)
	if thorough {
		modes = append(modes, race, release.with("go1.25.0"), debug.with("go1.25.0"), release.with("go1.27.0"), debug.with("go1.27.0"))
	}
	return modes
}

// frameAt finds the frame of a goroutine's stack whose statement is on a line
// of the program's main.go.
func frameAt(t testing.TB, g dump.Goroutine, line int) dump.Frame {
	t.Helper()
	for f := range g.Frames() {
		if f.Line() == line && strings.HasSuffix(f.File(), "/main.go") {
			return f
		}
	}
	t.Fatalf("goroutine %d has no frame at line %d", g.ID(), line)
	return dump.Frame{}
}

// iterators finds the goroutines that run iterators.
func iterators(d *dump.Dump) (out []dump.Goroutine) {
	for g := range d.Goroutines() {
		if g.Coroutine() {
			out = append(out, g)
		}
	}
	return out
}

// states finds the three iterators of the program by what they are: their
// numbers do not say which was made first.
func states(t testing.TB, d *dump.Dump) (suspended, fresh, blocked dump.Goroutine) {
	t.Helper()
	found := map[string]dump.Goroutine{}
	for _, g := range iterators(d) {
		state := "suspended"
		if _, resumed := g.Resumer(); resumed {
			state = "blocked"
		} else if g.New() {
			state = "fresh"
		}
		if other, ok := found[state]; ok {
			t.Fatalf("the iterators of goroutines %d and %d are both %s", other.ID(), g.ID(), state)
		}
		found[state] = g
	}
	if len(found) != 3 {
		t.Fatalf("the iterators are %q, want one suspended, one fresh and one blocked", slices.Sorted(maps.Keys(found)))
	}
	return found["suspended"], found["fresh"], found["blocked"]
}

// B4.7: a suspended iterator has its whole stack, to the yield, with its
// variables; one that has not begun has no frames and says so; of one that has
// ended or was stopped nothing is left.
func TestIteratorStates(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		file := crash(t, m, "pull", "states")
		d := open(t, file)
		suspended, fresh, blocked := states(t, d)
		at := frameAt(t, suspended, line(t, "pull", "yield"))
		for name, want := range map[string]string{"i": "1", "text": `"numbers below 17"`, "limit": "17"} {
			command := fmt.Sprintf("goroutine %d frame %d print %s", suspended.ID(), at.Index(), name)
			if name == "limit" && m.name != debug.name || name == "i" && m.name == race.name {
				continue // it is dead there, or the compiler does not say where it is
			}
			same(t, command, repl(t, file, command), want)
		}
		if n := fresh.NumFrames(); n != 0 {
			t.Errorf("the fresh iterator has %d frames", n)
		}
		bt := repl(t, file, fmt.Sprintf("goroutine %d bt", fresh.ID()))
		for _, want := range []string{"(has not run yet)\n", "will call iter.Pull[", "seq = main.", "created by iter.Pull["} {
			if !strings.Contains(bt, want) {
				t.Errorf("bt of the fresh iterator lacks %q:\n%s", want, bt)
			}
		}
		for _, g := range []dump.Goroutine{suspended, fresh, blocked} {
			if len(g.Errors()) > 0 {
				t.Errorf("goroutine %d has errors: %q", g.ID(), g.Errors())
			}
		}
	})
}

// B4.8: an iterator that runs, here one that is blocked, and the goroutine that
// waits for it have one stack: the iterator's frames, then those of the caller,
// numbered on, with their variables.
func TestBlockedIterator(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		file := crash(t, m, "pull", "states")
		_, _, blocked := states(t, open(t, file))
		inner := frameAt(t, blocked, line(t, "pull", "blocked"))
		outer := frameAt(t, blocked, line(t, "pull", "waits"))
		if inner.Index() >= outer.Index() || inner.Goroutine() == outer.Goroutine() {
			t.Errorf("the iterator is in frame %d of goroutine %d, its caller in frame %d of goroutine %d", inner.Index(), inner.Goroutine().ID(), outer.Index(), outer.Goroutine().ID())
		}
		if by, ok := blocked.Resumer(); !ok || by != outer.Goroutine() || by.WaitReason() != "coroutine" {
			t.Errorf("it is resumed by goroutine %d, %q", by.ID(), by.WaitReason())
		}
		same(t, "name", repl(t, file, fmt.Sprintf("goroutine %d frame %d print name", blocked.ID(), inner.Index())), `"blocked iterator"`)
		same(t, "label", repl(t, file, fmt.Sprintf("goroutine %d frame %d print label", blocked.ID(), outer.Index())), `"who waits for the iterator"`)
		bt := repl(t, file, fmt.Sprintf("goroutine %d bt", blocked.ID()))
		if want := fmt.Sprintf("\n--- resumed by goroutine %d through iter.Pull ---\n", outer.Goroutine().ID()); strings.Count(bt, want) != 1 {
			t.Errorf("bt lacks %q:\n%s", want, bt)
		}
		if want := "created by main.states in goroutine 1\n"; !strings.Contains(bt, want) {
			t.Errorf("bt lacks %q:\n%s", want, bt)
		}
	})
}

// B4.8: a panic inside the sequence of an iterator that another iterator pulls:
// captured there, it shows one stack, the origin first, through both to main.
func TestPanicInIterator(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		file := crash(t, m, "pull", "origin")
		g, ok := open(t, file).Asked()
		if !ok {
			t.Fatal("no goroutine asked for the dump")
		}
		last := -1
		owners := map[dump.GoID]bool{}
		for _, c := range []struct{ mark, work string }{
			{"origin", `*main.state {Name: "failing", Factor: 3, Done: 3}`}, {"failing", `*main.state {Name: "failing", Factor: 3, Done: 3}`},
			{"inner next", `*main.state {Name: "doubles", Factor: 2, Done: 3}`}, {"outer next", `*main.state {Name: "sum", Factor: 6, Done: 3}`},
		} {
			f := frameAt(t, g, line(t, "pull", c.mark))
			if f.Index() <= last {
				t.Errorf("frame %d, of %s, comes before its caller's", f.Index(), c.mark)
			}
			last = f.Index()
			owners[f.Goroutine().ID()] = true
			value := strings.TrimSuffix(strings.TrimSpace(repl(t, file, fmt.Sprintf("frame %d print work", f.Index()))), " [possibly stale]")
			same(t, c.mark, value, c.work)
		}
		if len(owners) != 3 {
			t.Errorf("the stack is of %d goroutines, want 3", len(owners))
		}
		bt := repl(t, file, "bt")
		if all := repl(t, file, "bt -a"); strings.Contains(bt, "runtime.goexit") || strings.Count(all, "in runtime.goexit\n") != 3 { // B4.4
			t.Errorf("runtime.goexit is for -a to show, three times:\n%s", all)
		}
		if n := strings.Count(bt, "--- resumed by goroutine"); n != 2 || !strings.Contains(bt, "in main.main\n") {
			t.Errorf("bt tells of %d resumers, want 2, and main.main:\n%s", n, bt)
		}
	})
}

// B4.8: iter.Pull raises a panic of its iterator again where next was called.
// The iterator is gone by then, which the dump says.
func TestPanicThroughIterator(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		file := crash(t, m, "pull", "caller")
		d := open(t, file)
		same(t, "the culprit", d.Cause().Text, "the iterator fails")
		if f, ok := d.Cause().Frame(); !ok || f.Line() != line(t, "pull", "outer next") {
			t.Errorf("to blame is %s:%d", f.File(), f.Line())
		}
		if len(iterators(d)) != 0 {
			t.Error("an iterator is left")
		}
		_, out, _ := postmortem("info", file)
		if want := "  origin in an iterator of iter.Pull"; !strings.Contains(out, want) {
			t.Errorf("info lacks %q:\n%s", want, out)
		}
	})
}
