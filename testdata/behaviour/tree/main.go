// Tree has goroutines that started others: many alike, one that has ended, and
// a chain.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

const many = 500

var (
	jobs = make(chan int)
	quit = make(chan struct{})
)

func worker() {
	<-jobs // mark: worker
}

func other() {
	<-quit // mark: other
}

// boss starts workers, and waits.
func boss() {
	for range many {
		go worker()
	}
	go other()
	<-quit // mark: boss
}

// gone starts two goroutines, and ends.
func gone(done chan struct{}) {
	go orphan(done) // mark: gone
	go orphan(done)
}

func orphan(done chan struct{}) {
	done <- struct{}{}
	<-quit // mark: orphan
}

func main() {
	done := make(chan struct{})
	go boss()
	go gone(done)
	<-done
	<-done
	settle.Number(many + 5) // gone has ended
	settle.In("chan receive", many+4)
	_, err := dump.Snapshot("tree", given.Options()...)
	given.Check(err)
}
