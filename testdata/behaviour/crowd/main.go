// Crowd has ten thousand goroutines that wait, is captured, and has all of them
// do their work afterwards.
package main

import (
	"fmt"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
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
	var begun sync.WaitGroup
	for n := range crowd {
		begun.Add(1)
		go func() {
			begun.Done()
			waits(&n, in, out)
		}()
	}
	begun.Wait()
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
