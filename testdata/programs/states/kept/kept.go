// Package kept brings goroutines into every state that there is and captures
// them. Each state has a function that is named after it, with three variables
// whose values follow from the name: tag, n and p.
package kept

import (
	"fmt"
	"iter"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
)

type point struct {
	N   int
	Tag string
}

// shelf is a package variable with a type that only an interface holds.
var shelf = map[string]any{"shelf": &point{35, "shelf"}}

// use keeps the variables alive until after the wait.
//
//go:noinline
func use(tag string, n int, p *point) int { return len(tag) + n + p.N + len(p.Tag) }

//go:noinline
func newPoint(n int, tag string) *point { return &point{n, tag} }

// given makes the variables' values.
func given(tag string) (string, int) { return tag, 7 * len(tag) }

// state is one of them: its name is its function's.
type state struct {
	name string
	run  func(tag string, n int) int
}

// states are those that wait or run while another goroutine captures. More are
// added where C is at hand.
var states = []state{
	{"chanReceive", chanReceive}, {"chanSend", chanSend}, {"selects", selects}, {"selectsNothing", selectsNothing},
	{"mutex", mutex}, {"rwMutex", rwMutex}, {"cond", cond}, {"waitGroup", waitGroup}, {"sleeps", sleeps},
	{"readsPipe", readsPipe}, {"accepts", accepts}, {"locked", locked},
	{"spins", spins}, {"yields", yields}, {"deep", deep}, {"panics", panics}, {"faults", faults}, {"exits", exits},
	{"coroutineSuspended", coroutineSuspended}, {"coroutineRuns", coroutineRuns},
}

// Run brings up all states and captures to a file, from a goroutine that has
// dereferenced nil. Nothing is collected, so that what variables lead to which
// are dead, like all of a function that has panicked, is still there.
func Run(file string) {
	debug.SetGCPercent(-1)
	shelf["more"] = &shelf
	waiting := []string{"runsInside"} // of coroutineRuns
	for _, s := range states {
		go s.run(given(s.name))
		if s.name != "spins" && s.name != "yields" {
			waiting = append(waiting, s.name)
		}
	}
	settle.Waiting(waiting...)
	for !spinning.Load() || !yielding.Load() {
		runtime.Gosched()
	}
	asks(given("asks"))(file)
}

// asks gives a function that fails in asking.
func asks(tag string, n int) func(file string) {
	return func(file string) {
		defer func() {
			cause := recover()
			if path, err := dump.Capture(cause, dump.File(file), dump.Timeout(time.Hour)); err != nil {
				fmt.Fprintln(os.Stderr, path, err)
				os.Exit(1)
			}
		}()
		println(asking(tag, n, nil))
	}
}

//go:noinline
func asking(tag string, n int, nothing *point) int {
	p := newPoint(n, tag)
	return use(tag, n, p) + nothing.N + use(tag, n, p)
}

//go:noinline
func chanReceive(tag string, n int) int {
	p, c := newPoint(n, tag), make(chan int)
	return <-c + use(tag, n, p)
}

//go:noinline
func chanSend(tag string, n int) int {
	p, c := newPoint(n, tag), make(chan int)
	c <- n
	return use(tag, n, p)
}

//go:noinline
func selects(tag string, n int) int {
	p, c, d := newPoint(n, tag), make(chan int), make(chan string)
	select {
	case <-c:
	case d <- tag:
	}
	return use(tag, n, p)
}

//go:noinline
func selectsNothing(tag string, n int) int {
	p := newPoint(n, tag)
	defer use(tag, n, p)
	select {}
}

//go:noinline
func mutex(tag string, n int) int {
	var mu sync.Mutex
	p := newPoint(n, tag)
	mu.Lock()
	mu.Lock()
	return use(tag, n, p)
}

//go:noinline
func rwMutex(tag string, n int) int {
	var mu sync.RWMutex
	p := newPoint(n, tag)
	mu.Lock()
	mu.RLock()
	return use(tag, n, p)
}

//go:noinline
func cond(tag string, n int) int {
	c := sync.NewCond(new(sync.Mutex))
	p := newPoint(n, tag)
	c.L.Lock()
	c.Wait()
	return use(tag, n, p)
}

//go:noinline
func waitGroup(tag string, n int) int {
	var wg sync.WaitGroup
	p := newPoint(n, tag)
	wg.Add(1)
	wg.Wait()
	return use(tag, n, p)
}

//go:noinline
func sleeps(tag string, n int) int {
	p := newPoint(n, tag)
	time.Sleep(time.Hour)
	return use(tag, n, p)
}

//go:noinline
func readsPipe(tag string, n int) int {
	var fds [2]int
	p := newPoint(n, tag)
	if err := syscall.Pipe(fds[:]); err == nil {
		_, _ = syscall.Read(fds[0], make([]byte, 1))
	}
	return use(tag, n, p)
}

//go:noinline
func accepts(tag string, n int) int {
	p := newPoint(n, tag)
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_, _ = l.Accept()
	}
	return use(tag, n, p)
}

//go:noinline
func locked(tag string, n int) int {
	runtime.LockOSThread()
	p, c := newPoint(n, tag), make(chan int)
	return <-c + use(tag, n, p)
}

// stop ends the loops, if anybody sets it; they say when they are about to begin.
var stop, spinning, yielding atomic.Bool

//go:noinline
func spins(tag string, n int) int {
	p := newPoint(n, tag)
	spinning.Store(true)
	sum := 0
	for !stop.Load() {
		sum += n
	}
	return sum + use(tag, n, p)
}

//go:noinline
func yields(tag string, n int) int {
	p := newPoint(n, tag)
	yielding.Store(true)
	for !stop.Load() {
		runtime.Gosched()
	}
	return use(tag, n, p)
}

//go:noinline
func deep(tag string, n int) int {
	p := newPoint(n, tag)
	return descend(100_000) + use(tag, n, p)
}

//go:noinline
func descend(n int) int {
	if n == 0 {
		return <-make(chan int)
	}
	return descend(n-1) + 1
}

//go:noinline
func panics(tag string, n int) int {
	p := newPoint(n, tag)
	defer func() { <-make(chan int) }()
	if use(tag, n, p) > 0 {
		panic(tag)
	}
	return use(tag, n, p)
}

//go:noinline
func faults(tag string, n int) int {
	defer func() { <-make(chan int) }()
	var nothing *point
	p := newPoint(n, tag)
	return use(tag, n, p) + nothing.N + use(tag, n, p)
}

//go:noinline
func exits(tag string, n int) int {
	p := newPoint(n, tag)
	defer func() { <-make(chan int) }()
	if use(tag, n, p) > 0 {
		runtime.Goexit()
	}
	return use(tag, n, p)
}

// pull waits in or beside a coroutine.
func pull(seq iter.Seq[int]) {
	next, stop := iter.Pull(seq)
	next()
	<-make(chan int)
	stop()
}

//go:noinline
func coroutineSuspended(tag string, n int) int {
	p := newPoint(n, tag)
	pull(func(yield func(int) bool) { suspends(tag, n, yield) })
	return use(tag, n, p)
}

//go:noinline
func suspends(tag string, n int, yield func(int) bool) int {
	p := newPoint(n, tag)
	yield(n)
	return use(tag, n, p)
}

//go:noinline
func coroutineRuns(tag string, n int) int {
	p := newPoint(n, tag)
	pull(func(func(int) bool) { runsInside(tag, n) })
	return use(tag, n, p)
}

//go:noinline
func runsInside(tag string, n int) int {
	p, c := newPoint(n, tag), make(chan int)
	return <-c + use(tag, n, p)
}
