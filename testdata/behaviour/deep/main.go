// Deep panics below many calls of one function: ten thousand, or as many as it is told.
package main

import (
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

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
	levels := 10_000
	if n, err := strconv.Atoi(given.Argument()); err == nil {
		levels = n
	}
	println(recurse(levels))
}
