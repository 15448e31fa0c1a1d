// Crasher ends in the way that its first argument names. Tests compare what
// becomes of it with and without dump.Guard.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// custom has methods that the runtime calls when it prints a panic.
type custom struct{ text string }

func (c custom) Error() string { return "custom: " + c.text }

var ways = map[string]func(){
	"value":   func() { panic("boom") },
	"custom":  func() { panic(custom{"boom"}) },
	"nil":     func() { panic(nil) },
	"pointer": func() { var p *custom; p.text = "x" },
	"nested": func() {
		defer func() { panic("second") }()
		panic("first")
	},
	"return": func() {},
	"returns": func() {
		for range 100 {
			guarded(func() {})
		}
	},
	"goexit": func() {
		done := make(chan string)
		go func() {
			defer func() { done <- fmt.Sprint("recovered ", recover()) }()
			guarded(runtime.Goexit)
		}()
		fmt.Println(<-done)
	},
	"recovered": func() {
		defer func() { fmt.Println("recovered", recover()) }()
		guarded(func() { panic(errors.New("kept")) })
	},
	"disk":    limitedDisk,
	"refused": refused,
}

var options []dump.Option

// guarded runs f under Guard where that is wanted.
func guarded(f func()) {
	if os.Getenv("GUARD") != "" {
		defer dump.Guard(options...)
	}
	f()
}

func main() {
	if err := dump.Configure(dump.Timeout(time.Hour)); err != nil { // however busy the machine is
		panic(err)
	}
	if os.Getenv("GUARD") == "bad" {
		options = []dump.Option{dump.Depth(-7)}
	}
	guarded(ways[os.Args[1]])
}

// limitedDisk captures with ever less room for files, and says what comes of it.
func limitedDisk() {
	big := strings.Repeat("0123456789abcdef", 1<<16)
	room := int64(1 << 30)
	for range 10 {
		setRoom(uint64(room))
		path, err := dump.Capture(big)
		fmt.Printf("%d|%s|%v|%v\n", room, path, errors.Is(err, dump.ErrPart), err)
		if info, err := os.Stat(path); err == nil {
			room = min(room, info.Size())
		}
		room /= 2
	}
	runtime.KeepAlive(big)
}

// hanging is a writer that never returns.
type hanging struct {
	once    sync.Once
	reached chan bool
}

func (h *hanging) Write([]byte) (int, error) {
	h.once.Do(func() { close(h.reached) })
	select {}
}

// refused captures a fault while another capture hangs, and says what is left of that.
func refused() {
	h := &hanging{reached: make(chan bool)}
	go func() { _ = dump.Write(h, "first") }()
	<-h.reached
	before, n := runtime.NumGoroutine(), 0
	defer func() {
		fault := recover()
		for range 10 {
			if err := dump.Write(h, fault, dump.Timeout(2*time.Millisecond)); errors.Is(err, dump.ErrBusy) {
				n++
			}
		}
		fmt.Printf("%d refused, more goroutines: %v\n", n, runtime.NumGoroutine() > before)
	}()
	var p *custom
	p.text = "x"
}
