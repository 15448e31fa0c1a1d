package values

import (
	"math"
	"testing"
)

// An array of pointers that was overwritten with numbers is no reason to
// search for ever what has been seen.
func TestSeenSpreads(t *testing.T) {
	var s seenTable
	defer s.free()
	const n = 1 << 14
	for i := range n {
		if !s.better(math.Float64bits(float64(1+i)), 1, 1) {
			t.Fatalf("%d is not new", i)
		}
	}
	run, longest := 0, 0
	for i := range s.slots {
		if run++; s.slots[i].addr == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest > n/16 {
		t.Errorf("%d slots in a row are taken", longest)
	}
}
