//go:build linux && amd64

package behaviour

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// cNames are the C functions that belong before a frame.
func cNames(g dump.Goroutine, before int) (names []string) {
	for _, f := range g.Foreign() {
		if f.Before == before {
			names = append(names, f.Name)
		}
	}
	return names
}

// ran finds the goroutine that runs a function of package main.
func ran(t testing.TB, d *dump.Dump, function string) (dump.Goroutine, dump.Frame) {
	t.Helper()
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			if f.Function().Name() == function {
				return g, f
			}
		}
	}
	t.Fatalf("no goroutine is in %s", function)
	return dump.Goroutine{}, dump.Frame{}
}

// has reports whether the names begin with others, in their order, one or more
// between them apart.
func has(names []string, want ...string) bool {
	for _, n := range names {
		if len(want) > 0 && n == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// inC runs a test with dumps of the program inc.
func inC(t *testing.T, test func(t *testing.T, file string, d *dump.Dump)) {
	needC(t)
	modes := append(versions(t), mode{name: "pie", flags: []string{"-buildmode=pie"}})
	inModes(t, modes, func(t *testing.T, m mode) {
		file := crash(t, m, "inc")
		test(t, file, open(t, file))
	})
}

// B4.5: a goroutine in C has its Go frames, with variables, and says that it is
// in C: never an empty stack. Where its thread waits in the kernel the frames
// of C are there as well; where it computes, the dump says why they are not.
func TestInC(t *testing.T) {
	inC(t, func(t *testing.T, file string, d *dump.Dump) {
		for _, tt := range []struct{ function, mark, why string }{
			{"main.reads", "reads", `"waits for a byte"`}, {"main.spins", "spins", `"computes"`},
		} {
			g, f := ran(t, d, tt.function)
			if !g.InC() || g.Status() != dump.StatusSyscall || f.Line() != line(t, "inc", tt.mark) {
				t.Errorf("%s: in C: %v, %v, line %d", tt.function, g.InC(), g.Status(), f.Line())
			}
			same(t, "why", repl(t, file, fmt.Sprintf("goroutine %d frame %d print why", g.ID(), f.Index())), tt.why)
		}
		reads, _ := ran(t, d, "main.reads")
		if names := cNames(reads, 0); !has(names, "c_reads", "c_outer") || len(reads.Errors()) > 0 {
			t.Errorf("the goroutine that reads in C is in %q, errors %q", names, reads.Errors())
		}
		bt := repl(t, file, fmt.Sprintf("goroutine %d bt", reads.ID()))
		for _, want := range []string{" in c_reads\n", " in c_outer\n", "of inc\n", "in main.reads\n"} {
			if !strings.Contains(bt, want) {
				t.Errorf("bt lacks %q:\n%s", want, bt)
			}
		}
		spins, _ := ran(t, d, "main.spins")
		bt = repl(t, file, fmt.Sprintf("goroutine %d bt", spins.ID()))
		for _, want := range []string{"C  in C\n", "its registers are not known\n"} {
			if !strings.Contains(bt, want) {
				t.Errorf("bt lacks %q:\n%s", want, bt)
			}
		}
	})
}

// B4.5: C that calls Go: the frames of the Go function, those of C that called
// it, and those of Go that called C are one stack; so on a thread that C made,
// where nothing of Go comes before.
func TestCalledByC(t *testing.T) {
	inC(t, func(t *testing.T, file string, d *dump.Dump) {
		g, inner := ran(t, d, "main.goBack")
		_, outer := ran(t, d, "main.calls")
		if !g.Asked() || outer.Goroutine() != g || inner.Index() >= outer.Index() || len(g.Errors()) > 0 {
			t.Errorf("goroutine %d asked: %v, frame %d is called back in frame %d of goroutine %d, errors %q",
				g.ID(), g.Asked(), inner.Index(), outer.Index(), outer.Goroutine().ID(), g.Errors())
		}
		foreign := g.Foreign()
		if len(foreign) == 0 || foreign[0].Before <= inner.Index() || foreign[0].Before > outer.Index() {
			t.Fatalf("C frames between %d and %d: %v", inner.Index(), outer.Index(), foreign)
		}
		if names := cNames(g, foreign[0].Before); !has(names, "goBack", "c_calls_back") {
			t.Errorf("between the Go frames is %q", names)
		}
		bt := repl(t, file, "bt")
		order := []string{"in main.goBack\n", "in goBack\n", "in c_calls_back\n", "in runtime.cgocall\n", "in main.calls\n"}
		at := make([]int, len(order))
		for i, want := range order {
			at[i] = strings.Index(bt, want)
		}
		if at[0] < 0 || !slices.IsSorted(at) {
			t.Errorf("bt has %q at %d:\n%s", order, at, bt)
		}
		same(t, "what", repl(t, file, fmt.Sprintf("frame %d print what", inner.Index())), `"called back by C"`)
		same(t, "why", repl(t, file, fmt.Sprintf("frame %d print why", outer.Index())), `"calls C that calls back"`)

		thread, f := ran(t, d, "main.goOnThread")
		if names := cNames(thread, thread.NumOwnFrames()-1); !has(names, "goOnThread", "c_thread") || len(thread.Errors()) > 0 {
			t.Errorf("on the thread of C is %q, errors %q", names, thread.Errors())
		}
		same(t, "where", repl(t, file, fmt.Sprintf("goroutine %d frame %d print where", thread.ID(), f.Index())), `"on a thread of C"`)
	})
}

// Where a panic has left the C that called Go, the dump says that the frames of
// C are gone, not that memory is bad.
func TestUnwoundC(t *testing.T) {
	needC(t)
	d := open(t, crash(t, release, "unwoundc"))
	g, _ := ran(t, d, "main.goFails")
	if errs := g.Errors(); len(errs) != 1 || !strings.Contains(errs[0], "they are gone: a panic has left the C code") {
		t.Errorf("errors %q", errs)
	}
	for l := range d.Losses() {
		if l.Area == "goroutines" {
			t.Errorf("lost: %+v", l)
		}
	}
}
