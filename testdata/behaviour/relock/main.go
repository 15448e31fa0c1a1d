// Relock has goroutines that wait for locks which they hold themselves, and one
// that has deferred an Unlock before the Lock for which it waits.
package main

import (
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type store struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	size int
}

//go:noinline
func (s *store) put() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size++
	s.count()
}

//go:noinline
func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

//go:noinline
func (s *store) rounds() {
	for range 2 {
		s.mu.Lock()
		defer s.mu.Unlock() // runs when the function ends, not the round
		s.size++
	}
}

//go:noinline
func (s *store) upgrade() {
	s.rw.RLock()
	defer s.rw.RUnlock()
	s.rw.Lock()
	defer s.rw.Unlock()
	s.size++
}

//go:noinline
func (s *store) readTwice(wait chan int) {
	s.rw.RLock()
	defer s.rw.RUnlock()
	<-wait
	s.read()
}

//go:noinline
func (s *store) read() int {
	s.rw.RLock()
	defer s.rw.RUnlock()
	return s.size
}

//go:noinline
func (s *store) write() {
	s.rw.Lock()
	defer s.rw.Unlock()
	s.size++
}

//go:noinline
func (s *store) hold(quit chan int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	<-quit
}

//go:noinline
func (s *store) early() {
	defer s.mu.Unlock()
	s.mu.Lock()
	s.size++
}

func main() {
	var a, b, c, d, e store
	writing := make(chan int)
	go a.put()
	go b.rounds()
	go c.upgrade()
	go d.readTwice(writing)
	go e.hold(make(chan int))
	settle.Waiting("readTwice", "hold")
	go d.write()
	go e.early()
	settle.In("sync.RWMutex.Lock", 2) // upgrade and write
	close(writing)
	settle.In("sync.RWMutex.RLock", 1) // readTwice, behind write
	settle.In("sync.Mutex.Lock", 3)    // put, rounds and early
	_, err := dump.Snapshot("relock", given.Options()...)
	given.Check(err)
}
