//go:build linux && amd64

package behaviour

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

func itoa(n int) string { return strconv.Itoa(n) }

// framesOf counts a function's frames.
func framesOf(g dump.Goroutine, function string) (n int) {
	for f := range g.Frames() {
		if f.Function().Name() == function {
			n++
		}
	}
	return n
}

// B2.15: of a stack of more than ten thousand frames a limit keeps the end that
// crashed and the root; what lies between is counted.
func TestDeepPanic(t *testing.T) {
	const levels, limit = 10_000, 100
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "deep", "-frames", itoa(limit))
		d := open(t, file)
		culprit, ok := d.Cause().Frame()
		if !ok || culprit.Function().Name() != "main.recurse" {
			t.Fatalf("the culprit is %q, want main.recurse", culprit.Function().Name())
		}
		g := culprit.Goroutine()
		kept := framesOf(g, "main.recurse")
		before, elided := g.Elided()
		if kept+elided != levels {
			t.Errorf("%d frames of the recursion and %d elided, want %d together", kept, elided, levels)
		}
		if before <= culprit.Index() || before >= g.NumFrames() {
			t.Errorf("frames are missing before %d of %d; the culprit is %d", before, g.NumFrames(), culprit.Index())
		}
		bt := repl(t, file, "bt -a 200")
		for _, want := range []string{"in main.recurse\n", "in main.main\n", "in runtime.main\n", "deep/main.go:", fmt.Sprintf("%d frames elided", elided)} {
			if !strings.Contains(bt, want) {
				t.Errorf("bt lacks %q:\n%s", want, bt)
			}
		}
		if n := len(regexp.MustCompile(`(?m)^ *\d+ +0x`).FindAllString(bt, -1)); n != limit {
			t.Errorf("bt lists %d frames, want %d", n, limit)
		}
		if len(m.flags) == 0 {
			return // the argument is dead there
		}
		same(t, "print left", repl(t, file, "print left"), "1")
		same(t, "print left next to the root", repl(t, file, fmt.Sprintf("frame %d print left", before)), itoa(levels-(g.NumFrames()-before-3)+1))
	})
}

// B2.15: a stack of a million frames: the end that crashed and the root are
// there, the others are counted, one by one.
func TestMillionFrames(t *testing.T) {
	const levels, limit = 1_000_000, 1000
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "deep", itoa(levels))
		d := open(t, file)
		culprit, _ := d.Cause().Frame()
		g := culprit.Goroutine()
		kept := framesOf(g, "main.recurse")
		before, elided := g.Elided()
		if kept+elided != levels || g.NumFrames() != limit || before != limit/2 {
			t.Errorf("%d frames of the recursion and %d elided before %d, want %d together and %d frames in all", kept, elided, before, levels, limit)
		}
		if _, f := ran(t, d, "main.main"); culprit.Function().Name() != "main.recurse" || f.Goroutine() != g || len(g.Errors()) > 0 {
			t.Errorf("the culprit is %s, main.main is of goroutine %d, errors %q", culprit.Function().Name(), f.Goroutine().ID(), g.Errors())
		}
		if bt := repl(t, file, "bt 2000"); !strings.Contains(bt, fmt.Sprintf("... %d frames elided ...", elided)) || !strings.Contains(bt, "in main.main\n") {
			t.Errorf("bt does not count them, or has no root")
		}
	})
}
