// Crowd has ten thousand goroutines that wait, is captured, and has all of them
// do their work afterwards.
package main

import (
	"fmt"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

const crowd = 10_000

//go:noinline
func waits(n *int, in, out chan int) {
	x := <-in // waits
	out <- x * *n
}

func main() {
	in, out := make(chan int), make(chan int, crowd)
	for n := range crowd {
		go waits(&n, in, out)
	}
	settle.In("chan receive", crowd)
	_, err := dump.Snapshot("crowd", given.Options()...)
	given.Check(err)
	for range crowd {
		in <- 2
	}
	total := 0
	for range crowd {
		total += <-out
	}
	fmt.Println(total)
}
