// Longlist holds two lists of a million nodes, one of them larger than the
// default budget for bytes.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type light struct {
	N    int
	Next *light
}

type heavy struct {
	N    int
	Next *heavy
	Load [14]uint64
}

const length = 1_000_000

//go:noinline
func last(small *light, large *heavy) int {
	if small.N == large.N {
		given.Fail("two heads of one number")
	}
	return small.N + large.N
}

func work(which string) {
	var small *light
	var large *heavy
	for n := length; n > 0; n-- {
		if which == "light" {
			small = &light{n, small}
		} else {
			large = &heavy{N: n, Next: large}
		}
	}
	if which == "light" {
		large = &heavy{N: 1}
	} else {
		small = &light{N: 1}
	}
	println(last(small, large))
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work(given.Argument())
}
