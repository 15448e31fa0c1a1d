//go:build linux && amd64

package behaviour

import (
	"fmt"
	"path/filepath"
	"testing"
)

// B1.8: ten thousand goroutines are all in the dump, of one moment, each with
// its own value; then the program goes on, and each of them does its work.
func TestCrowd(t *testing.T) {
	const crowd = 10_000
	inModes(t, both, func(t *testing.T, m mode) {
		file := filepath.Join(t.TempDir(), "crowd.dump")
		e := succeed(t, build(t, m, "crowd"), "-o", file)
		same(t, "what the program says in the end", e.out, fmt.Sprint(crowd*(crowd-1)))
		d := open(t, file)
		// What is equal in all of them is there once.
		for _, s := range d.Stats() {
			if (s.Name == "stacks_distinct" || s.Name == "locations") && s.Value > 200 {
				t.Errorf("%s: %d of %d goroutines", s.Name, s.Value, crowd)
			}
		}
		seen := make([]bool, crowd)
		found := 0
		for g := range d.Goroutines() {
			for f := range g.Frames() {
				if f.Function().Name() != "main.waits" {
					continue
				}
				found++
				for _, v := range f.Variables() {
					if n, ok := v.Value().Elem().Int(); v.Name() == "n" && ok && n >= 0 && n < crowd {
						seen[n] = true
					}
				}
			}
		}
		if found != crowd {
			t.Errorf("%d goroutines are in the dump, want %d", found, crowd)
		}
		for n, ok := range seen {
			if !ok {
				t.Fatalf("the goroutine with %d is missing", n)
			}
		}
	})
}
