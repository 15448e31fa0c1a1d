// Tree has goroutines that started others: many alike, one that has ended, and
// a chain.
package main

import (
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

const many = 500

var (
	jobs  = make(chan int)
	quit  = make(chan struct{})
	ready sync.WaitGroup
)

func worker() {
	ready.Done()
	<-jobs // mark: worker
}

func other() {
	ready.Done()
	<-quit // mark: other
}

// boss starts workers, and waits.
func boss() {
	for range many {
		go worker()
	}
	go other()
	ready.Done()
	<-quit // mark: boss
}

// gone starts two goroutines, and ends.
func gone(done chan struct{}) {
	go orphan(done) // mark: gone
	go orphan(done)
}

func orphan(done chan struct{}) {
	ready.Done()
	done <- struct{}{}
	<-quit // mark: orphan
}

func main() {
	ready.Add(many + 4)
	done := make(chan struct{})
	go boss()
	go gone(done)
	ready.Wait()
	<-done
	<-done
	_, err := dump.Snapshot("tree", given.Options()...)
	given.Check(err)
}
