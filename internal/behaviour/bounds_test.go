//go:build linux && amd64

package behaviour

import (
	"testing"

	"github.com/gopostmortem/postmortem/restore"
)

// TestBoundsRegisters: in an optimised build too, the frame in which an index or
// slice expression failed shows what was in registers only.
// Before Go 1.26 the runtime does not keep them.
func TestBoundsRegisters(t *testing.T) {
	modes := []mode{release, release.with("go1.27.0")}
	if !thorough {
		modes = modes[:1]
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		want := map[string]string{"i": "4", "step": "2"}
		d := open(t, crash(t, m, "bounds"))
		asked, _ := d.Asked()
		found := 0
		for f := range asked.Frames() {
			if f.Function().Name() != "main.pick" {
				continue
			}
			for _, v := range f.Variables() {
				text := restore.VariableValue(v, restore.LongConfig())
				if right, ok := want[v.Name()]; ok && text == right {
					found++
				} else if ok {
					t.Errorf("%s is %s, want %s", v.Name(), text, right)
				}
			}
		}
		if found != len(want) {
			t.Errorf("%d variables are right, want %d", found, len(want))
		}
	})
}
