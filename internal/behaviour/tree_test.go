//go:build linux && amd64

package behaviour

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// B4.16: goroutines hang below those that started them, one line each, those that
// are equal in one; one whose parent has ended is an orphan, whose node tells where it
// was started; -r adds the stacks.
func TestTree(t *testing.T) {
	place := func(mark, function string) string {
		return " at tree/main.go:" + itoa(line(t, "tree", "mark: "+mark)) + " main." + function + "\n"
	}
	want := "N [asked for the dump] runtime.main at tree/main.go:N main.main\n" +
		"  N [chan receive] main.boss" + place("boss", "boss") +
		"    N ×500 [chan receive] main.worker" + place("worker", "worker") +
		"    N [chan receive] main.other" + place("other", "other") +
		"created by goroutine N (exited)" + place("gone", "gone") +
		"  N [chan receive] main.gone.gowrap1" + place("orphan", "orphan") +
		"  N [chan receive] main.gone.gowrap2" + place("orphan", "orphan")
	ids := regexp.MustCompile(`(?m)^( *)\d+ `)
	neat := func(out string) string {
		out = regexp.MustCompile(`at \S*/tree/main.go`).ReplaceAllString(out, "at tree/main.go")
		out = regexp.MustCompile(`main.go:\d+ main.main`).ReplaceAllString(out, "main.go:N main.main")
		return regexp.MustCompile(`goroutine \d+`).ReplaceAllString(ids.ReplaceAllString(out, "${1}N "), "goroutine N")
	}
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "tree")
		if got := neat(repl(t, file, "tree")); !slices.Equal(branches(got), branches(want)) {
			t.Errorf("tree:\n%s\nwant, in any order,\n%s", got, want)
		}
		if n := strings.Count(repl(t, file, "tree -l"), "main.worker at"); n != 500 {
			t.Errorf("tree -l has %d workers, want 500", n)
		}
		stacks := repl(t, file, "tree -r 20")
		for function, n := range map[string]int{"main.boss": 1, "main.worker": 1, "main.orphan": 2} {
			if got := strings.Count(stacks, " in "+function+"\n"); got != n {
				t.Errorf("tree -r has %d frames of %s, want %d", got, function, n)
			}
		}
	})
}

// branches gives each line of a tree below those that it hangs from, whatever
// the order of the goroutines' numbers.
func branches(tree string) (out []string) {
	var above []string
	for l := range strings.Lines(tree) {
		depth := (len(l) - len(strings.TrimLeft(l, " "))) / 2
		above = append(above[:min(depth, len(above))], l)
		out = append(out, strings.Join(above, ""))
	}
	slices.Sort(out)
	return out
}
