// Bounds has an index that is out of range, while what is known of it is in
// registers only.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type row struct{ Weight, Count int }

//go:noinline
func pick(rows []row, i, step, sum int) int {
	for {
		sum += rows[i].Weight
		i += step
	}
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	pick([]row{{1, 2}, {3, 4}, {5, 6}}, 0, 2, 10)
}
