// Package settle waits until the goroutines of a program stand where a test
// wants them.
package settle

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"time"
)

// In returns when n goroutines are in the given state of a traceback,
// `chan receive` for instance.
func In(state string, n int) {
	want := []byte(" [" + state)
	until(fmt.Sprintf("%d goroutines in state %q", n, state), func(text []byte) bool { return bytes.Count(text, want) >= n })
}

// Waiting returns when each of the functions, which are named without their
// package, is on the stack of a goroutine that waits or is in a system call; of
// as many goroutines as it is named times.
func Waiting(functions ...string) {
	want := map[string]int{}
	for _, f := range functions {
		want[f]++
	}
	until(fmt.Sprintf("goroutines that wait in %q", functions), func(text []byte) bool {
		found := map[string]int{}
		for g := range bytes.SplitSeq(text, []byte("\n\n")) {
			head, stack, _ := bytes.Cut(g, []byte("\n"))
			if bytes.Contains(head, []byte(" [run")) { // running, runnable
				continue
			}
			for f := range want {
				if bytes.Contains(stack, []byte("."+f+"(")) {
					found[f]++
				}
			}
		}
		for f, n := range want {
			if found[f] < n {
				return false
			}
		}
		return true
	})
}

// Number returns when the program has n goroutines, those of the runtime apart.
func Number(n int) {
	until(fmt.Sprintf("program of %d goroutines", n), func([]byte) bool { return runtime.NumGoroutine() == n })
}

// Reading returns when a thread is in the system call read of a descriptor.
func Reading(fd int) {
	call := fmt.Appendf(nil, "0 %#x ", fd) // its number on amd64
	until(fmt.Sprintf("thread that reads from %d", fd), func([]byte) bool {
		threads, _ := os.ReadDir("/proc/self/task")
		for _, t := range threads {
			text, _ := os.ReadFile("/proc/self/task/" + t.Name() + "/syscall")
			if bytes.HasPrefix(text, call) {
				return true
			}
		}
		return false
	})
}

// until looks at all stacks until they are as wanted. A program that does not
// get there ends.
func until(what string, reached func(stacks []byte) bool) {
	var text []byte
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if text = stacks(text); reached(text) {
			return
		}
	}
	fmt.Fprintf(os.Stderr, "no %s:\n%s", what, text)
	os.Exit(1)
}

// stacks gives the text of all stacks, in buf if they fit.
func stacks(buf []byte) []byte {
	if buf = buf[:cap(buf)]; len(buf) == 0 {
		buf = make([]byte, 1<<16)
	}
	for ; ; buf = make([]byte, 2*len(buf)) {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return buf[:n]
		}
	}
}
