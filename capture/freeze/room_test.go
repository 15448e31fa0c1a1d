package freeze

import (
	"runtime/debug"
	"testing"
)

// A copy takes no more than it is allowed: by the caller, by the program's
// memory limit, and by default; and is not whole then.
func TestRoomForCopy(t *testing.T) {
	for _, c := range []struct {
		name           string
		allowed, limit int64
		need           int64
		least, most    int64
		whole          bool
	}{
		{"small program", 0, -1, 8 << 20, 8 << 20, 8 << 20, true},
		{"large program", 0, -1, 1 << 40, defaultMaxCopy / 2, defaultMaxCopy, false},
		{"the caller's bound", 32 << 20, -1, 1 << 30, 16 << 20, 32 << 20, false},
		{"the memory limit", 0, 128 << 20, 1 << 30, 16 << 20, 32 << 20, false},
		{"hardly any memory", 1 << 20, -1, 1 << 30, leastCopy, leastCopy, false},
	} {
		before := debug.SetMemoryLimit(c.limit)
		got, whole, err := newCopier(&Options{MaxCopy: c.allowed}, &Runtime{}, c.need)
		debug.SetMemoryLimit(before)
		if err != nil {
			t.Fatal(err)
		}
		if n := int64(len(got.buf)); n < c.least || n > c.most || whole != c.whole {
			t.Errorf("%s: room for %d bytes, all of it: %t; want %d to %d, %t", c.name, n, whole, c.least, c.most, c.whole)
		}
		got.free()
	}
}
