// Once has goroutines that wait for a sync.Once, one of them for its own, and
// two that wait for each other's lock under the same names.
package main

import (
	"os"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type account struct {
	mu  sync.Mutex
	sum int
}

var ready sync.WaitGroup

//go:noinline
func again(o *sync.Once) {
	o.Do(func() { o.Do(func() {}) })
}

//go:noinline
func first(o *sync.Once, quit chan int) {
	o.Do(func() { <-quit })
}

//go:noinline
func second(o *sync.Once) {
	o.Do(func() {})
}

//go:noinline
func transfer(from, to *account) {
	from.mu.Lock()
	defer from.mu.Unlock()
	ready.Done()
	ready.Wait()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.sum--
	to.sum++
}

func main() {
	quit, shared := make(chan int), new(sync.Once)
	a, b := new(account), new(account)
	ready.Add(2)
	go again(new(sync.Once))
	go first(shared, quit)
	go transfer(a, b)
	go transfer(b, a)
	settle.Waiting("again", "first", "transfer", "transfer")
	go second(shared)
	settle.Waiting("second")
	_, err := dump.Snapshot("once", given.Options()...)
	given.Check(err)
	os.Exit(a.sum * 0)
}
