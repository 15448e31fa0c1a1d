// Deep panics below ten thousand calls of one function.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

const levels = 10_000

//go:noinline
func recurse(left int) int {
	if left == 1 {
		panic("the end of the ladder")
	}
	return recurse(left-1) + 1
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	println(recurse(levels))
}
