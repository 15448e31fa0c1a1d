package dump

import (
	"runtime"
	"testing"
)

// The traceback is whole even if goroutines take more than was guessed.
func TestAllStacks(t *testing.T) {
	const deep, n = 45, 200
	ready, release := make(chan bool), make(chan bool)
	defer close(release)
	var wait func(int)
	wait = func(depth int) {
		if depth > 0 {
			wait(depth - 1)
			return
		}
		ready <- true
		<-release
	}
	for range n {
		go wait(deep)
		<-ready
	}
	b, whole := allStacks()
	if guess := runtime.NumGoroutine() * perGoroutine; !whole || len(b) <= guess {
		t.Errorf("%d bytes, whole: %v, want more than the %d of the guess and all", len(b), whole, guess)
	}
}
