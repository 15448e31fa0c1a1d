// Defers is stopped by a panic while calls of many kinds are deferred.
package main

import (
	"iter"
	"os"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type store struct {
	name string
	mu   sync.Mutex
	rw   sync.RWMutex
}

//go:noinline
func (s *store) done(n int, how string) { println(s.name, n, how) }

//go:noinline
func note(x, y int) { println(x, y) }

func open(name string) *store { return &store{name: name} }

// many has open-coded calls, none of which is pending more than once.
//
//go:noinline
func many(s *store, l sync.Locker, n int, then func(int)) {
	s.mu.Lock()
	defer s.mu.Unlock() // mark: mutex
	s.rw.RLock()
	defer s.rw.RUnlock() // mark: read
	l.Lock()
	defer l.Unlock()        // mark: locker
	defer note(n, n*2)      // mark: function
	defer s.done(n, "well") // mark: method
	defer then(n)           // mark: value
	defer func() {          // mark: closure
		if s.name == "" {
			note(n, 0)
		}
	}()
	loop(s, n)
	note(n, n)
}

// loop defers in a loop: those calls are on the runtime's list.
//
//go:noinline
func loop(s *store, n int) {
	for i := range n {
		defer s.done(i, "looped") // mark: loop
	}
	each(s, func(yield func(int) bool) {
		_ = yield(10) && yield(20)
	})
	note(n, n)
}

// each defers in the body of a range-over-func loop.
//
//go:noinline
func each(s *store, seq iter.Seq[int]) {
	for v := range seq {
		defer s.done(v, "each") // mark: range
	}
	last()
	note(1, 2)
}

// last panics, and captures while all the calls above are pending.
//
//go:noinline
func last() {
	defer note(7, 8) // mark: remaining
	defer func() {   // mark: running
		r := recover()
		_, err := dump.Capture(r, given.Options()...)
		given.Check(err)
		os.Exit(0)
	}()
	given.Fail("stopped") // mark: panic
	note(3, 4)
}

func main() {
	many(open("shop"), new(sync.Mutex), 2, func(n int) { println(n) })
}
