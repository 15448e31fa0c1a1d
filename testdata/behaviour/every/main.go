// Every has goroutines in all states that a program of Go alone can bring about.
package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

var (
	stop    atomic.Bool
	looping uint32 // not a type with methods: in a debug build the loop has no call
	block   = make(chan int)
	done    sync.WaitGroup
	ready   sync.WaitGroup
)

//go:noinline
func loops(seed int) (n int) {
	for n = seed; !stop.Load(); n++ { // loops
		atomic.StoreUint32(&looping, 1)
	}
	return n
}

// moves spends its time in assembly, where nothing can be preempted. A larger
// block would make each stop of the world wait for long.
//
//go:noinline
func moves(buf []byte) {
	ready.Done()
	for !stop.Load() {
		copy(buf, buf[1:]) // moves
	}
}

//go:noinline
func locks(m *sync.Mutex) {
	name := "wants the lock"
	ready.Done()
	m.Lock() // locks
	m.Unlock()
	runtime.KeepAlive(&name)
}

//go:noinline
func reads(fd int) {
	name := "wants a byte"
	ready.Done()
	var b [1]byte
	_, err := syscall.Read(fd, b[:]) // reads
	given.Check(err)
	runtime.KeepAlive(&name)
}

//go:noinline
func pinned() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name := "has a thread"
	ready.Done()
	<-block // pinned
	runtime.KeepAlive(&name)
}

//go:noinline
func exits() {
	name := "leaves"
	defer func() {
		ready.Done()
		<-block // exits
		runtime.KeepAlive(&name)
	}()
	runtime.Goexit() // leaves
}

// object has a finalizer or a cleanup that does not come back.
type object struct{ n *int }

//go:noinline
func finalizer(o *object) {
	ready.Done()
	<-block // finalizer
	runtime.KeepAlive(o)
}

//go:noinline
func cleanup(name string) {
	ready.Done()
	<-block // cleanup
	runtime.KeepAlive(&name)
}

//go:noinline
func forgotten() {
	runtime.SetFinalizer(&object{new(int)}, finalizer)
	runtime.AddCleanup(&object{new(int)}, cleanup, "the object is gone")
}

//go:noinline
func leaks(c chan int) {
	ready.Done()
	<-c // leaks
}

//go:noinline
func expired() {
	ready.Done()
	<-block // expired
}

var begun atomic.Int64

//go:noinline
func fresh(n int, name string) {
	begun.Add(1)
	runtime.KeepAlive(&name)
}

// spawns starts goroutines and does not let them begin for a while, again and again.
func spawns() {
	ready.Done()
	for n := 0; !stop.Load(); n++ {
		for i := range 20 {
			go fresh(i-100, fmt.Sprint("not begun yet, ", n >= 0)) // spawns
		}
		for end := time.Now().Add(5 * time.Millisecond); time.Now().Before(end); {
		}
		runtime.Gosched()
	}
}

func start(f func()) {
	ready.Add(1)
	done.Add(1)
	go func() {
		defer done.Done()
		f()
	}()
}

// snapshot captures the program and lets it go on.
func snapshot() {
	ready.Wait()
	_, err := dump.Snapshot("every", given.Options()...)
	given.Check(err)
	stop.Store(true)
}

func main() {
	if given.Argument() == "fresh" {
		runtime.GOMAXPROCS(2)
		start(spawns)
		snapshot()
		return
	}
	runtime.GOMAXPROCS(4) // two for those that never pause
	var mu sync.Mutex
	mu.Lock()
	var pipe [2]int
	given.Check(syscall.Pipe(pipe[:]))
	ready.Add(3) // finalizer, cleanup, expired
	forgotten()
	time.AfterFunc(time.Millisecond, expired)
	start(func() { locks(&mu) })
	start(func() { reads(pipe[0]) })
	start(pinned)
	start(exits)
	ready.Add(1)
	go leaks(make(chan int))
	runtime.GC()
	runtime.GC()
	ready.Wait()
	if p := pprof.Lookup("goroutineleak"); p != nil { // from Go 1.26 or 1.27 on
		given.Check(p.WriteTo(io.Discard, 0))
	}
	done.Go(func() { println(loops(1) > 0) })
	start(func() { moves(make([]byte, 256)) })
	ready.Wait()
	for atomic.LoadUint32(&looping) == 0 {
		runtime.Gosched()
	}
	settle.Waiting("locks", "reads", "pinned", "exits", "finalizer", "cleanup", "expired", "leaks")
	snapshot()
	close(block)
	mu.Unlock()
	_, err := syscall.Write(pipe[1], []byte("x"))
	given.Check(err)
	done.Wait()
}
