//go:build linux && amd64

package behaviour

import (
	"testing"

	"github.com/gopostmortem/postmortem/restore"
)

// TestGeneratedCode: a stack goes on through code that the program generated
// and made known to the runtime, with its name and line, and what is beyond has
// its variables.
func TestGeneratedCode(t *testing.T) {
	modes := []mode{release, debug}
	if thorough {
		modes = append(modes, release.with("go1.25.0"), release.with("go1.27.0"))
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "generated"))
		asked, _ := d.Asked()
		lines, order := map[string]int{}, ""
		for f := range asked.Frames() {
			lines[f.Function().Name()] = f.Line()
			for _, v := range f.Variables() {
				if f.Function().Name() == "main.above" && v.Name() == "o" {
					order = restore.VariableValue(v, restore.LongConfig())
				}
			}
		}
		if n, ok := lines["generated.call"]; !ok || n != 42 {
			t.Errorf("generated.call has line %d, %v; want 42", n, ok)
		}
		if want := `*main.order {ID: 4711, Lines: []string len: 1, cap: 1, ["anvil"]}`; order != want {
			t.Errorf("o is %s in main.above, want %s", order, want)
		}
		if _, ok := lines["main.main"]; !ok {
			t.Errorf("the stack ends before main.main: %v", lines)
		}
		if missing := d.Meta().Missing; len(missing) > 0 {
			t.Errorf("the dump lacks %v", missing)
		}
		for _, e := range asked.Errors() {
			t.Error(e)
		}
	})
}
