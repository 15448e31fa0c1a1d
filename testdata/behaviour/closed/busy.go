package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

var (
	kept [64]atomic.Pointer[order]
	spun atomic.Int64
)

// busy captures v times while the program is under load, prints the files, and ends.
func busy(v string) error {
	go spin()
	for range 2 {
		go churn()
		go spawn()
		go callSystem()
	}
	go func() {
		for { // the capture does the same
			runtime.GOMAXPROCS(2 + int(spun.Load())%3)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for i := range number(v) {
		path, err := dump.Capture("busy", append(options, dump.File(filepath.Join(os.Args[1], fmt.Sprintf("%d.dump", i))))...)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, path)
	}
	if before := spun.Load(); before == 0 || work() != 5050 {
		return fmt.Errorf("the program does not go on")
	}
	os.Exit(0)
	return nil
}

// spin never yields.
func spin() {
	for {
		for i := range 1 << 20 {
			_ = i * i
		}
		spun.Add(1)
	}
}

// churn allocates and forgets.
func churn() {
	for i := 0; ; i++ {
		kept[i%len(kept)].Store(newOrder(i))
		if i%64 == 0 {
			time.Sleep(200 * time.Microsecond)
		}
	}
}

// spawn starts goroutines that end, some with a stack that grew.
func spawn() {
	for {
		done := make(chan int)
		for i := range 20 {
			go func() { done <- deep(10 * i) }()
		}
		for range 20 {
			<-done
		}
		time.Sleep(time.Millisecond)
	}
}

func deep(n int) int {
	var pad [64]byte
	if n == 0 {
		return int(pad[n])
	}
	return deep(n-1) + len(pad)
}

// callSystem blocks outside Go.
func callSystem() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	var b [64]byte
	for {
		_, _ = w.Write(b[:])
		_, _ = r.Read(b[:])
		_, _ = os.Stat("/")
		time.Sleep(100 * time.Microsecond)
	}
}
