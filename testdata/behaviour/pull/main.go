// Pull runs iterators of iter.Pull in every state that they can be in.
package main

import (
	"fmt"
	"iter"
	"runtime"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

// numbers yields those below limit.
func numbers(limit int) iter.Seq[int] {
	return func(yield func(int) bool) {
		text := fmt.Sprintf("numbers below %d", limit)
		for i := range limit {
			if !yield(i) { // yield
				break
			}
		}
		runtime.KeepAlive(&text)
	}
}

// blocked yields nothing, for ever.
func blocked(c chan int, name string) iter.Seq[int] {
	return func(yield func(int) bool) {
		yield(<-c) // blocked
		runtime.KeepAlive(&name)
	}
}

// state is what a function knows.
type state struct {
	Name         string
	Factor, Done int
}

// newState makes one on the heap.
//
//go:noinline
func newState(name string, factor int) *state { return &state{Name: name, Factor: factor} }

// doubles pulls numbers out of another iterator, which fails at the third.
func doubles(of iter.Seq2[int, error]) iter.Seq[int] {
	return func(yield func(int) bool) {
		work := newState("doubles", 2)
		next, stop := iter.Pull2(of)
		defer stop()
		for {
			n, _, ok := next() // inner next
			if !ok || !yield(work.Factor*n) {
				break
			}
			work.Done++
		}
	}
}

func failing(capture bool) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		if capture {
			defer func() {
				_, err := dump.Capture(recover(), given.Options()...)
				given.Check(err)
				panic("captured")
			}()
		}
		work := newState("failing", 3)
		for i := 0; ; i++ {
			fail(i, work) // failing
			if !yield(i, nil) {
				return
			}
			work.Done++
		}
	}
}

//go:noinline
func fail(i int, work *state) {
	if i == work.Factor {
		given.Fail("the iterator fails") // origin
		work.Done++
	}
}

// states captures iterators that do not run.
func states() {
	suspended, _ := iter.Pull(numbers(17))
	suspended()
	suspended()
	fresh, _ := iter.Pull(numbers(18))
	stopped, stop := iter.Pull(numbers(19))
	stopped()
	stop()
	ended, _ := iter.Pull(numbers(1))
	ended()
	ended()
	c := make(chan int)
	go func() {
		label := "who waits for the iterator"
		next, _ := iter.Pull(blocked(c, "blocked iterator"))
		next() // waits
		runtime.KeepAlive(&label)
	}()
	settle.In("chan receive", 1) // the blocked iterator
	_, err := dump.Snapshot("states", given.Options()...)
	given.Check(err)
	fresh()
	suspended()
}

// sum adds up what it pulls.
func sum(seq iter.Seq[int]) int {
	work := newState("sum", 0)
	next, _ := iter.Pull(seq)
	for {
		n, ok := next() // outer next
		if !ok {
			return work.Factor
		}
		work.Factor += n
		work.Done++
	}
}

func main() {
	switch given.Argument() {
	case "states":
		states()
	case "origin": // captured in the iterator
		defer func() { _ = recover() }()
		sum(doubles(failing(true)))
	case "caller": // captured by its caller
		defer func() {
			_, err := dump.Capture(recover(), given.Options()...)
			given.Check(err)
		}()
		sum(doubles(failing(false)))
	}
}
