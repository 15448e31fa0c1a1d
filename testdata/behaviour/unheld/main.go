// Unheld has goroutines that have deferred an Unlock and do not hold the lock:
// they wait in a sync.Cond, or have unlocked it for a while.
package main

import (
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type queue struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	own   sync.Mutex
	guard guard
	cond  *sync.Cond
	items []int
}

// guard is a lock of which package sync does not know that it is one of its own.
type guard struct {
	sync.Mutex
	locked int
}

func (g *guard) Lock() {
	g.Mutex.Lock()
	g.locked++
}

var quit = make(chan int)

// get holds own alone.
//
//go:noinline
func (q *queue) get() int {
	q.own.Lock()
	defer q.own.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.cond.Wait()
	}
	return q.items[0]
}

// take has been woken and waits for the lock.
//
//go:noinline
func (q *queue) take() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) < 2 {
		q.cond.Wait()
	}
	return q.items[0]
}

//go:noinline
func (q *queue) getGuarded() int {
	q.own.Lock()
	defer q.own.Unlock()
	q.guard.Lock()
	defer q.guard.Mutex.Unlock()
	for len(q.items) == 0 {
		q.cond.Wait()
	}
	return q.items[0]
}

//go:noinline
func (q *queue) getRead() int {
	q.rw.RLock()
	defer q.rw.RUnlock()
	for len(q.items) == 0 {
		q.cond.Wait()
	}
	return q.items[0]
}

// each unlocks for a call, which locks.
//
//go:noinline
func (q *queue) each(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.Unlock()
	f()
	q.mu.Lock()
}

// relock waits in the function that has deferred the Unlock.
//
//go:noinline
func (q *queue) relock(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.Unlock()
	f()
	q.mu.Lock()
	q.items = nil
}

// lend has a function unlock.
//
//go:noinline
func (q *queue) lend() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.give()
	<-quit
}

//go:noinline
func (q *queue) give() { q.mu.Unlock() }

//go:noinline
func (q *queue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	<-quit
}

// stuck holds a lock, and nothing shows it.
//
//go:noinline
func (q *queue) stuck(l sync.Locker) {
	l.Lock()
	q.items = append(q.items, 1)
	if q.cond != nil {
		q.cond.Broadcast()
	}
	<-quit
	l.Unlock()
}

// silent is like stuck, and wakes nobody.
//
//go:noinline
func (q *queue) silent(l sync.Locker) {
	l.Lock()
	<-quit
	l.Unlock()
}

//go:noinline
func (q *queue) add() {
	q.mu.Lock()
	q.items = append(q.items, 1)
	q.mu.Unlock()
}

//go:noinline
func (q *queue) write() {
	q.rw.Lock()
	q.items = append(q.items, 1)
	q.rw.Unlock()
}

//go:noinline
func (q *queue) addGuarded() {
	q.guard.Lock()
	q.items = append(q.items, 1)
	q.guard.Unlock()
}

func main() {
	var asleep, woken, guarded, read, called, same, lent queue
	asleep.cond, woken.cond = sync.NewCond(&asleep.mu), sync.NewCond(&woken.mu)
	guarded.cond, read.cond = sync.NewCond(&guarded.guard), sync.NewCond(read.rw.RLocker())
	go asleep.get()
	go woken.take()
	go woken.take()
	go guarded.getGuarded()
	go read.getRead()
	settle.In("sync.Cond.Wait", 5)
	begin := make(chan int)
	go called.each(func() { <-begin; called.add() })
	go same.relock(func() { <-begin })
	go lent.lend()
	settle.Waiting("each", "relock", "lend")
	go asleep.silent(&asleep.mu)
	go woken.stuck(&woken.mu)
	go guarded.silent(&guarded.guard)
	go read.silent(read.rw.RLocker())
	go called.silent(&called.mu)
	go same.silent(&same.mu)
	go lent.hold()
	settle.Waiting("silent", "silent", "silent", "silent", "silent", "stuck", "hold")
	close(begin)
	go asleep.add()
	go guarded.addGuarded()
	go read.write()
	go lent.add()
	settle.In("sync.Mutex.Lock", 7)
	settle.In("sync.RWMutex.Lock", 1)
	_, err := dump.Snapshot("unheld", given.Options()...)
	given.Check(err)
}
