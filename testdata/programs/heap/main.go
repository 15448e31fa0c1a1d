// Heap is the program for measuring the freeze: a thousand goroutines, 100 MB
// of heap, and one goroutine that measures how long it did not run.
//
// It answers each line on standard input with one on standard output:
// `capture FILE` with the longest gap in nanoseconds that the measuring
// goroutine saw meanwhile, `idle DURATION` with that of an idle time.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

type record struct {
	ID   int
	Name string
	Next *record
	Data [200]byte
}

// gap is the longest time between two turns of the loop in watch.
var gap atomic.Int64

func watch() {
	for last := time.Now(); ; {
		now := time.Now()
		if d := int64(now.Sub(last)); d > gap.Load() {
			gap.Store(d)
		}
		last = now
	}
}

func worker(id int, in chan *record) {
	local := record{ID: id}
	r := <-in
	runtime.KeepAlive(local)
	runtime.KeepAlive(r)
}

func grow() *record {
	var head *record
	for i := range 100 << 20 / 256 {
		head = &record{ID: i, Name: "n", Next: head}
	}
	return head
}

func main() {
	head := grow()
	for i := range 1000 {
		go worker(i, make(chan *record))
	}
	go watch()
	fmt.Println("ready", os.Getpid())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		command, arg, _ := strings.Cut(in.Text(), " ")
		gap.Store(0)
		var err error
		switch command {
		case "capture":
			_, err = dump.Capture("measured", dump.File(arg))
		case "idle":
			var d time.Duration
			d, err = time.ParseDuration(arg)
			time.Sleep(d)
		}
		if err != nil {
			fmt.Println("error", err)
			continue
		}
		fmt.Println("gap", gap.Load())
	}
	runtime.KeepAlive(head)
}
