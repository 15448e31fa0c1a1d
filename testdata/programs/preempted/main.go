// Preempted panics while another goroutine computes without a call: it is
// stopped at an arbitrary instruction, and its variables are in registers.
package main

import (
	"runtime"
	"sync/atomic"

	"github.com/gopostmortem/postmortem/testdata/internal/fixture"
)

var running, stop atomic.Bool

//go:noinline
func spin(id int, factor float64, name string, rest []int) float64 {
	sum := factor * float64(id)
	for !stop.Load() {
		sum = sum/2 + 21.25 // it stays 42.5
		running.Store(true)
	}
	return sum + float64(len(name)+len(rest)+id)
}

func main() {
	runtime.GOMAXPROCS(2)
	go func() { println(spin(17, 2.5, "spinner", []int{1, 2, 3})) }()
	for !running.Load() {
		runtime.Gosched()
	}
	fixture.Crash(func() { panic("while another computes") })
}
