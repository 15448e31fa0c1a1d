//go:build linux && amd64

package behaviour

import (
	"path/filepath"
	"testing"
)

// A program whose goroutines compute all the time, several to a processor, is
// captured like any other, each of them with its value.
func TestSaturated(t *testing.T) {
	const spinners = 60
	inModes(t, both, func(t *testing.T, m mode) {
		file := filepath.Join(t.TempDir(), "saturated.dump")
		e := succeed(t, build(t, m, "saturated"), "-o", file)
		same(t, "GOMAXPROCS afterwards", e.out, "2")
		d := open(t, file)
		for l := range d.Losses() {
			t.Errorf("lost: %+v", l)
		}
		seen := map[int64]bool{}
		for g := range d.Goroutines() {
			for f := range g.Frames() {
				if f.Function().Name() != "main.spin" {
					continue
				}
				for _, v := range f.Variables() {
					if number, ok := v.Value().Elem().FieldByName("Number"); v.Name() == "b" && ok {
						n, _ := number.Int()
						seen[n] = true
					}
				}
			}
		}
		for n := range int64(spinners) {
			if !seen[n] {
				t.Errorf("the goroutine with %d is missing", n)
			}
		}
	})
}
