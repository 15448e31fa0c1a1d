// Saturated keeps all processors busy with goroutines that never yield, and is
// captured while they go on.
package main

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

const spinners = 60

type badge struct {
	Number int
	turns  uint64
}

//go:noinline
func spin(b *badge, begun *sync.WaitGroup) {
	begun.Done()
	for {
		b.turns++
	}
}

func main() {
	procs := runtime.GOMAXPROCS(2)
	var begun sync.WaitGroup
	begun.Add(spinners)
	for n := range spinners {
		go spin(&badge{Number: n}, &begun)
	}
	begun.Wait()
	_, err := dump.Snapshot("saturated", given.Options()...)
	given.Check(err)
	fmt.Println(runtime.GOMAXPROCS(procs))
}
