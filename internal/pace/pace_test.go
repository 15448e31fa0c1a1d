package pace

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// saturate keeps two processors busy until the test ends.
func saturate(t *testing.T, spinners int) {
	procs := runtime.GOMAXPROCS(2)
	var stop atomic.Bool
	var begun sync.WaitGroup
	t.Cleanup(func() {
		stop.Store(true)
		runtime.GOMAXPROCS(procs)
	})
	for range spinners {
		begun.Add(1)
		go func() {
			begun.Done()
			for !stop.Load() {
			}
		}()
	}
	begun.Wait()
}

// shortest is how long f takes at least.
func shortest(times int, f func()) time.Duration {
	least := time.Hour
	for range times {
		begin := time.Now()
		f()
		least = min(least, time.Since(begin))
	}
	return least
}

// Where many goroutines compute all the time, who rests runs again long before
// who yields.
func TestRest(t *testing.T) {
	saturate(t, 100)
	Begin()
	if !Busy() {
		t.Fatal("nobody knows that the program is busy")
	}
	rest := shortest(12, Rest)
	yield := shortest(2, runtime.Gosched)
	t.Logf("a rest takes %v, to yield %v", rest, yield)
	if rest > yield/4 {
		t.Errorf("a rest takes %v where to yield takes %v", rest, yield)
	}
}

// What works for a capture rests only after a slice of work.
func TestTurn(t *testing.T) {
	saturate(t, 20)
	Begin()
	turns, rests := 0, 0
	for before := waited.Load(); rests < 5; turns++ {
		Turn()
		if now := waited.Load(); now != before {
			before = now
			rests++
		}
	}
	if turns < 10*rests {
		t.Errorf("%d rests in %d turns", rests, turns)
	}
}

// Where nobody computes, there is no rest.
func TestCalm(t *testing.T) {
	for range 1000 {
		Begin()
		for range 100 {
			if !Busy() {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	t.Error("a program that does nothing is said to be busy")
}
