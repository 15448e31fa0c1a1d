// Package pace lets the program run while a capture works, and the capture
// work while the program runs.
//
// Go's scheduler has no priorities. A goroutine that has computed for ten
// milliseconds goes to the end of the queue, and so does one that yields: where
// 250 goroutines compute all the time on two processors it waits there for more
// than a second, again and again. A goroutine that is started or woken by the
// one that runs is next instead, and if it is locked to its thread, it gets a
// time slice of its own.
package pace

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A capture lets others run after a slice of work. Where they take long it
// waits for lenient in all, and from then on it works for longer, but for well
// below the ten milliseconds of the scheduler.
const (
	slice   = time.Millisecond
	most    = 4 * time.Millisecond
	pause   = 50 * time.Microsecond // in which whoever is in the queue begins
	lenient = 500 * time.Millisecond
)

// Of the capture under way; there is one at a time.
var (
	busy   atomic.Bool  // who yields does not run again at once
	began  atomic.Int64 // the slice, in Unix nanoseconds
	waited atomic.Int64 // nanoseconds in all
)

// Begin is called when a capture begins.
func Begin() {
	busy.Store(true) // until it is known
	waited.Store(0)
	begin := time.Now()
	go func() {
		runtime.Gosched()
		busy.Store(time.Since(begin) >= most)
	}()
	Rest()
}

// Waited is how long the capture under way has let others run.
func Waited() time.Duration { return time.Duration(waited.Load()) }

// Busy reports whether others are in the queue for long.
func Busy() bool { return busy.Load() }

// Turn lets others run if it is time to. What works for a capture calls it
// every millisecond or so.
func Turn() {
	begin := time.Now()
	length := slice
	if Waited() > lenient {
		length = most
	}
	switch {
	case begin.UnixNano()-began.Load() < int64(length):
	case busy.Load():
		Rest()
	default:
		runtime.Gosched()
		busy.Store(ran(begin) >= most)
	}
}

// Rest lets others run if the program is busy, and begins a new slice.
func Rest() { Prepare()() }

// Prepare gives a Rest that begins at once when it is called: it does nothing
// before in which a goroutine could be preempted whose slice is used up. It has
// to be called. What wakes may lose its place to something that is woken after
// it, by the program's timers for instance, and then is last: so there are several.
func Prepare() (rest func()) {
	if !busy.Load() {
		return func() {}
	}
	over := make(chan struct{}, 1)
	wake := func() {
		select {
		case over <- struct{}{}:
		default:
		}
	}
	var timers [8]*time.Timer
	for i := range timers {
		timers[i] = time.AfterFunc(pause<<(2*i), wake)
	}
	return func() {
		begin := time.Now()
		runtime.LockOSThread()
		<-over
		runtime.UnlockOSThread()
		for _, t := range timers {
			t.Stop()
		}
		ran(begin)
	}
}

// ran notes that others could run since begin, and gives how long that took.
func ran(begin time.Time) time.Duration {
	end := time.Now()
	began.Store(end.UnixNano())
	took := end.Sub(begin)
	waited.Add(int64(took))
	return took
}
