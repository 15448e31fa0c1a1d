//go:build linux && amd64

package behaviour

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tornStack is what the program torn has on the stack that it damages, up to
// the damage behind main.f4.
var tornStack = []string{"main.f0", "main.f1", "main.f2", "main.f3", "main.f4"}

// B4.1, B4.6: a stack whose return address was overwritten: the frames up to
// there, with their variables, and an error with the goroutine. A second fault
// is told as well. A frame pointer that was overwritten does no harm.
func TestTornStack(t *testing.T) {
	inModes(t, versions(t), func(t *testing.T, m mode) {
		for _, tt := range []struct {
			what   string
			root   bool // it is whole
			errors []string
		}{
			{"whole", true, nil},
			{"frame", true, nil},
			{"return", false, []string{"stack: no Go function at pc 0x10"}},
			{"both", false, []string{"labels: ", "stack: no Go function at pc 0x10"}},
		} {
			file := crash(t, m, "torn", tt.what)
			g, f := ran(t, open(t, file), "main.f0")
			var names []string
			for f := range g.Frames() {
				if name := f.Function().Name(); strings.HasPrefix(name, "main.") {
					names = append(names, name)
				}
			}
			want := tornStack
			if tt.root {
				want = slices.Concat(tornStack, []string{"main.f5"})
			}
			if len(names) < len(want) || !slices.Equal(names[:len(want)], want) || !tt.root && len(names) > len(want) {
				t.Errorf("%s: the frames are %q, want %q", tt.what, names, want)
			}
			same(t, tt.what, repl(t, file, fmt.Sprintf("goroutine %d frame %d print s", g.ID(), f.Index())), `"554321"`)
			if len(g.Errors()) != len(tt.errors) {
				t.Fatalf("%s: errors %q, want %q", tt.what, g.Errors(), tt.errors)
			}
			bt := repl(t, file, fmt.Sprintf("goroutine %d bt", g.ID()))
			_, info, _ := postmortem("info", file)
			for i, want := range tt.errors {
				if !strings.HasPrefix(g.Errors()[i], want) || !strings.Contains(bt, "error while reading the "+want) {
					t.Errorf("%s: error %q, want %q; bt:\n%s", tt.what, g.Errors()[i], want, bt)
				}
			}
			if told := fmt.Sprintf("goroutines: %d, ", len(tt.errors)); strings.Contains(info, told) != (len(tt.errors) > 0) {
				t.Errorf("%s: info does not count %d errors:\n%s", tt.what, len(tt.errors), info)
			}
		}
	})
}
