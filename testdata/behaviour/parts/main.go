// Parts has variables that the compiler splits: slices of which it forgets the
// capacity, and structs with room between and behind their fields, whose fields
// it keeps in places of their own. Each is still needed when a call fails.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type amount struct {
	Digits *int
	Exp    int32
}

type flagged struct {
	On    bool
	Count int64
	Last  int8
}

//go:noinline
func touch(n int) int { return n + 1 }

// total needs pointer and length of names.
//
//go:noinline
func total(names []string) (n int) {
	for i := range names {
		n += len(names[i])
		if touch(i) == 2 {
			given.Fail("parts")
		}
	}
	return n
}

//go:noinline
func amountOf(n int) amount { return amount{&n, int32(n + 1)} }

//go:noinline
func flaggedOf(n int) flagged { return flagged{n > 0, int64(n + 11), int8(n + 1)} }

// scale is inlined: its structs are what calls returned in registers.
func (a amount) scale(f flagged) int {
	n := total([]string{"anvil", "rocket", "skates"})
	n += *a.Digits + int(a.Exp) + int(f.Last)
	if f.On {
		n += int(f.Count)
	}
	return n
}

//go:noinline
func scaled(n int) int { return amountOf(n).scale(flaggedOf(n)) }

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	scaled(4)
}
