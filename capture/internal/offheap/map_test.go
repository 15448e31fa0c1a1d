package offheap

import (
	"math/rand/v2"
	"testing"
)

// A Map holds what Go's own map holds.
func TestMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var m Map
	defer m.Free()
	want := map[uint64]int32{}
	for i := range int32(100_000) {
		key := r.Uint64() >> r.IntN(60)
		if key == 1<<64-1 {
			continue
		}
		if got, ok := m.Get(key); got != want[key] || ok != has(want, key) {
			t.Fatalf("%#x is %d, %v, want %d", key, got, ok, want[key])
		}
		if i%3 != 0 {
			m.Set(key, i)
			want[key] = i
		}
	}
	for key, val := range want {
		if got, ok := m.Get(key); got != val || !ok {
			t.Fatalf("%#x is %d, %v, want %d", key, got, ok, val)
		}
	}
	if m.n != len(want) {
		t.Errorf("%d keys, want %d", m.n, len(want))
	}
	m.Free()
	if _, ok := m.Get(0); ok {
		t.Error("a map that was freed has a key")
	}
	m.Set(0, 1) // may be used again
}

func has(m map[uint64]int32, key uint64) bool { _, ok := m[key]; return ok }

// Keys as they come, pages or goroutines side by side, do not collide more
// than random ones: a table that is nearly full is searched in a few steps.
func TestMapSpreads(t *testing.T) {
	for _, step := range []uint64{1, 8, 512, 4096, 1 << 32} {
		var m Map
		for i := range uint64(190) { // of 256 slots
			m.Set(0xc000000000+i*step, 0)
		}
		run, longest := 0, 0
		for i := range m.slots {
			if run++; m.slots[i].key == 0 {
				run = 0
			}
			longest = max(longest, run)
		}
		if longest > 64 {
			t.Errorf("keys %d apart fill %d slots in a row", step, longest)
		}
		m.Free()
	}
}
