package goroutine

import "encoding/binary"

// What runtime.semtable is made of (runtime/sema.go, Go 1.25 to 1.27): roots of
// trees, one for each hash of an address, padded to a cache line. A tree's nodes
// are the first waiters of each semaphore, chained to the others.
const (
	semRoots = 251
	semTree  = 8 // offset of the tree in a root

	maxSemaphores = 1 << 20
)

// Semaphores finds the goroutines that wait for semaphores of package sync: the
// address of each one's semaphore, by the address of its g.
func (l *Layout) Semaphores(mem Memory) map[uint64]uint64 {
	out := map[uint64]uint64{}
	if l.semtable == 0 || l.sudog.g == absent || l.sudog.next == absent || l.sudog.prev == absent {
		return out
	}
	table := make([]byte, semRoots*l.arch.CacheLine)
	if mem.ReadMemory(table, l.semtable) != nil {
		return out
	}
	var todo []uint64
	add := func(sudog uint64) {
		if sudog != 0 && len(out)+len(todo) < maxSemaphores {
			todo = append(todo, sudog)
		}
	}
	for i := range semRoots {
		add(binary.LittleEndian.Uint64(table[i*l.arch.CacheLine+semTree:]))
	}
	seen := map[uint64]bool{}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		s, err := load(mem, at, l.sudog.size)
		if err != nil {
			continue
		}
		out[s.uint64(l.sudog.g)] = s.uint64(l.sudog.elem)
		add(s.uint64(l.sudog.prev))
		add(s.uint64(l.sudog.next))
		add(s.uint64(l.sudog.waitlink))
	}
	return out
}
