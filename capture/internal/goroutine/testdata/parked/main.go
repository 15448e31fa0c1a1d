// Parked has goroutines in several states, says so and waits.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/internal/settle"
)

func main() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	mu.Lock()
	wg.Add(1)
	in, out := make(chan int), make(chan string)
	for _, f := range []func(){
		func() { <-in },
		func() { out <- "" },
		func() { select {} },
		func() { time.Sleep(time.Hour) },
		func() { mu.Lock() },
		func() { wg.Wait() },
		func() { defer wg.Done(); panics(in) },
	} {
		go pprof.Do(context.Background(), pprof.Labels("kind", "parked"), func(context.Context) { f() })
	}
	settle.In("chan receive", 2)
	for _, state := range []string{"chan send", "select (no cases)", "sleep", "sync.Mutex.Lock", "sync.WaitGroup.Wait"} {
		settle.In(state, 1)
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// panics waits for ever in a call that a panic deferred.
func panics(in chan int) {
	defer func() { <-in }()
	panic("parked")
}
