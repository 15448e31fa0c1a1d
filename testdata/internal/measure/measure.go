// Package measure lets a test tell a program when to capture itself, and how
// long it took.
package measure

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/hold"
)

// Serve says `ready` and the process id, and answers each line on standard
// input with one on standard output until there are no more: `took`, the
// nanoseconds, and by how many bytes the program's resident memory rose above
// what it was before.
//
//	capture FILE   a dump, three references deep
//	hold FILE      the same, but waits within it: `HOLD pid`, until a line comes
//	stack          runtime.Stack of all goroutines
func Serve() {
	fmt.Println("ready", os.Getpid())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		command, file, _ := strings.Cut(in.Text(), " ")
		debug.FreeOSMemory()
		var took time.Duration
		var err error
		before := restartPeak()
		switch command {
		case "stack":
			took = stack()
		case "hold":
			hold.Snapshot = func(pid int) {
				fmt.Println("HOLD", pid)
				in.Scan()
			}
			took, err = capture(file)
			hold.Snapshot = nil
		case "capture":
			took, err = capture(file)
		}
		if err != nil {
			fmt.Println("error", err)
			continue
		}
		fmt.Println("took", took.Nanoseconds(), peak()-before)
	}
}

func capture(file string) (time.Duration, error) {
	start := time.Now()
	_, err := dump.Capture("measured", dump.File(file), dump.Timeout(time.Hour))
	return time.Since(start), err
}

// stack takes the text of all stacks, into a buffer that is there already.
func stack() time.Duration {
	buf := make([]byte, 4<<10*runtime.NumGoroutine()+1<<20)
	clear(buf)
	start := time.Now()
	runtime.Stack(buf, true)
	return time.Since(start)
}

// restartPeak makes the kernel forget the peak of the resident memory, and
// gives the present one.
func restartPeak() int64 {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
	}
	return peak()
}

// peak is the highest that the resident memory was, in bytes.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kb, _ := strconv.ParseInt(number, 10, 64)
	return kb << 10
}
