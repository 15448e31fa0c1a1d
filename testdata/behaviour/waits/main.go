// Waits has a goroutine for each thing that one can wait for, started by a
// function of its own.
package main

import (
	"context"
	"fmt"
	"iter"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type order struct {
	ID   int
	Note *string
}

type pool struct {
	mu      sync.Mutex
	rw      sync.RWMutex
	wg      sync.WaitGroup
	cond    *sync.Cond
	once    sync.Once
	lent    sync.Mutex
	jobs    chan order
	results chan int
	quit    chan struct{}
	size    atomic.Int64
}

var (
	state sync.Mutex // a package variable that nobody else refers to
	ready sync.WaitGroup
)

//go:noinline
func touch(p *pool) { p.size.Add(1) }

//go:noinline
func holdMutex(p *pool) {
	p.mu.Lock()
	defer p.mu.Unlock() // mark: hold mu
	ready.Done()
	<-p.quit
	touch(p)
}

//go:noinline
func holdRead(p *pool) {
	p.rw.RLock()
	defer p.rw.RUnlock()
	state.Lock()
	defer state.Unlock()
	ready.Done()
	<-p.quit
	touch(p)
}

// lend has given back the lock whose Unlock it has deferred.
//
//go:noinline
func lend(p *pool) {
	p.lent.Lock()
	defer p.lent.Unlock()
	p.lent.Unlock()
	ready.Done()
	<-p.quit
	p.lent.Lock()
}

//go:noinline
func waitMutex(p *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	touch(p)
}

// waitEarly has deferred the Unlock before it has the lock.
//
//go:noinline
func waitEarly(p *pool) {
	defer p.mu.Unlock()
	p.mu.Lock()
	touch(p)
}

//go:noinline
func waitState(p *pool) {
	state.Lock()
	defer state.Unlock()
	touch(p)
}

//go:noinline
func waitWrite(p *pool) {
	p.rw.Lock()
	defer p.rw.Unlock()
	touch(p)
}

//go:noinline
func waitRead(p *pool) {
	p.rw.RLock()
	defer p.rw.RUnlock()
	touch(p)
}

//go:noinline
func waitGroup(p *pool) {
	p.wg.Wait()
	touch(p)
}

//go:noinline
func waitCond(p *pool) {
	p.cond.L.Lock()
	p.cond.Wait()
	touch(p)
}

//go:noinline
func waitOnce(p *pool) {
	p.once.Do(func() { ready.Done(); <-p.quit })
	touch(p)
}

//go:noinline
func receive(p *pool) {
	fmt.Println(<-p.quit)
	touch(p)
}

//go:noinline
func send(p *pool) {
	note := "urgent"
	p.jobs <- order{3, &note}
	touch(p)
}

//go:noinline
func choose(ctx context.Context, p *pool) {
	select { // mark: choose
	case p.jobs <- order{4, nil}:
	case n := <-p.results:
		fmt.Println(n)
	case <-ctx.Done():
	}
	touch(p)
}

//go:noinline
func never(p *pool) {
	touch(p)
	select {}
}

//go:noinline
func sleep(p *pool) {
	time.Sleep(time.Hour)
	touch(p)
}

//go:noinline
func after(p *pool) {
	<-time.After(2 * time.Hour)
	touch(p)
}

//go:noinline
func tick(p *pool) {
	t := time.NewTicker(3 * time.Hour)
	defer t.Stop()
	<-t.C
	touch(p)
}

//go:noinline
func done(ctx context.Context, p *pool) {
	<-ctx.Done()
	touch(p)
}

//go:noinline
func read(conn net.Conn, p *pool) {
	var b [1]byte
	_, _ = conn.Read(b[:])
	touch(p)
}

//go:noinline
func accept(l net.Listener, p *pool) {
	_, _ = l.Accept()
	touch(p)
}

//go:noinline
func call(fd int, p *pool) {
	var b [1]byte
	_, _ = syscall.Read(fd, b[:])
	touch(p)
}

// numbers waits in a coroutine.
func numbers(p *pool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
			touch(p)
		}
	}
}

type key struct{}

// start starts them all.
func start(p *pool) {
	ready.Add(4)
	p.wg.Add(1)
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, "shop"), 4*time.Hour)
	_ = cancel
	for _, f := range []func(*pool){holdMutex, holdRead, lend, waitOnce} {
		go f(p)
	}
	ready.Wait()
	for _, f := range []func(*pool){waitMutex, waitEarly, waitState, waitWrite, waitGroup, waitCond, waitOnce, receive, never, sleep, after, tick} {
		go f(p)
	}
	settle.Waiting("waitWrite")
	go waitRead(p) // behind the writer
	go send(p)
	go choose(ctx, p)
	go done(ctx, p)
	connect(p)
	var pipe [2]int
	given.Check(syscall.Pipe(pipe[:]))
	go call(pipe[0], p)
	next, _ := iter.Pull(numbers(p))
	next()
	settle.Waiting("waitMutex", "waitEarly", "waitState", "waitRead", "waitGroup", "waitCond", "waitOnce", "waitOnce", "receive", "never", "sleep", "after",
		"tick", "send", "choose", "done", "accept", "call")
}

func connect(p *pool) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	given.Check(err)
	conn, err := net.Dial("tcp", l.Addr().String())
	given.Check(err)
	fmt.Println("address", l.Addr(), conn.LocalAddr())
	go read(conn, p)
	settle.Waiting("read")
	_, err = l.Accept()
	given.Check(err)
	go accept(l, p)
}

func main() {
	p := &pool{jobs: make(chan order, 2), results: make(chan int), quit: make(chan struct{})}
	p.cond = sync.NewCond(new(sync.Mutex))
	p.jobs <- order{1, nil}
	p.jobs <- order{2, nil}
	start(p)
	_, err := dump.Snapshot("waits", given.Options()...)
	given.Check(err)
	os.Exit(int(p.size.Load()) * 0)
}
