package offheap

import (
	"fmt"
	"math"
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
		if i%1000 == 0 {
			key = 1<<64 - 1
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

// Keys as they come, pages or goroutines side by side, or words of damaged
// memory, are found in a few steps when a table is nearly full.
func TestMapSpreads(t *testing.T) {
	const n = 3 << 15 // of 1 << 17 slots
	spreads := func(what string, key func(i uint64) uint64) {
		var m Map
		defer m.Free()
		for i := range uint64(n) {
			m.Set(key(i), 0)
			if at, steps := Hash(key(i)), uint64(0); i%1000 == 0 || i == n-1 {
				for mask := uint64(len(m.slots) - 1); m.slots[(at+steps)&mask].key != key(i); {
					if steps++; steps > 1000 {
						t.Fatalf("%s: key %d is found after %d steps", what, i, steps)
					}
				}
			}
		}
	}
	for _, step := range []uint64{1, 8, 512, 4096, 1 << 32, 1 << 43, 1 << 47} {
		spreads(fmt.Sprintf("%d apart", step), func(i uint64) uint64 { return 0xc000000000 + i*step })
	}
	spreads("the same in both halves", func(i uint64) uint64 { return i<<32 ^ i ^ 1<<16 })
	spreads("floating point", func(i uint64) uint64 { return math.Float64bits(float64(i)) })
}
