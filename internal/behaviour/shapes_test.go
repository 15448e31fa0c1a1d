//go:build linux && amd64

package behaviour

import (
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/restore"
)

// TestShapes: maps and channels that generic code and its callers share have
// their elements in both, whichever is looked at first.
func TestShapes(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "shapes"))
		asked, _ := d.Asked()
		frames := 0
		for f := range asked.Frames() {
			first, second := "first", "second"
			switch name := f.Function().Name(); {
			case strings.HasPrefix(name, "main.(*store["):
				first, second = "s", "other"
			case name != "main.start":
				continue
			}
			frames++
			scope, err := restore.NewSession(d).ScopeAt(asked.ID(), f.Index())
			if err != nil {
				t.Fatal(err)
			}
			for expr, want := range map[string]string{
				"len(" + first + ".Items)":  "1",
				"cap(" + first + ".Queue)":  "3",
				"len(" + first + ".Queue)":  "1",
				first + ".Items":            `{Name: "anvil", Size: 7}: `,
				"len(" + second + ".Items)": "1",
				"cap(" + second + ".Queue)": "3",
				"len(" + second + ".Queue)": "1",
				second + ".Items":           `{Name: "rocket", Size: 8}: `,
			} {
				r, err := scope.Eval(expr)
				if err != nil {
					t.Errorf("%s: %s: %v", f.Function().Name(), expr, err)
				} else if got := r.Format(restore.LongConfig()); !strings.Contains(got, want) {
					t.Errorf("%s: %s is %s, want %s", f.Function().Name(), expr, got, want)
				}
			}
		}
		if frames != 2 {
			t.Errorf("%d frames with stores, want 2", frames)
		}
	})
}
