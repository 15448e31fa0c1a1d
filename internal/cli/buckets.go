package cli

import (
	"slices"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// bucket is a set of goroutines that stand at the same place for the same
// reason: their stacks are equal, frame for frame.
type bucket struct {
	count   int
	status  string
	longest time.Duration // of the waits that are known
	first   dump.Goroutine
	ids     []dump.GoID // of the first few
}

// maxIDs is how many goroutines of a bucket are named.
const maxIDs = 5

// bucketsOf groups all goroutines, the largest bucket first, and the goroutines
// of the runtime and of the capture behind those of the program.
func bucketsOf(d *dump.Dump) []*bucket {
	type key struct {
		stack  uint64
		status string
		start  string // of those that have not run yet
	}
	byKey := map[key]*bucket{}
	var out []*bucket
	for g := range d.Goroutines() {
		k := key{stack: g.StackID(), status: bucketStatus(g)}
		if g.New() {
			k.start = startLoc.of(d, g)
		}
		b := byKey[k]
		if b == nil {
			b = &bucket{status: k.status, first: g}
			byKey[k] = b
			out = append(out, b)
		}
		b.count++
		if t, ok := g.WaitTime(); ok && t > b.longest {
			b.longest = t
		}
		if len(b.ids) < maxIDs {
			b.ids = append(b.ids, g.ID())
		}
	}
	slices.SortStableFunc(out, func(a, b *bucket) int {
		switch other := foreign(a.first); {
		case other == foreign(b.first):
			return b.count - a.count
		case other:
			return 1
		}
		return -1
	})
	return out
}

// foreign reports whether a goroutine is not one of the program's.
func foreign(g dump.Goroutine) bool { return g.System() || g.Dumper() }

// bucketStatus is what a goroutine was doing. The one that asked for the dump
// waits for the capture, which says nothing of the program.
func bucketStatus(g dump.Goroutine) string {
	if g.Asked() {
		return "asked for the dump"
	}
	if g.New() {
		return "has not run yet"
	}
	if g.WaitReason() != "" {
		if g.Status() == dump.StatusLeaked {
			return g.WaitReason() + " (leaked)"
		}
		return g.WaitReason()
	}
	return g.Status().String()
}
