// Spilled has functions that no longer need their arguments when they fail, and
// variables of which the compiler keeps a part. Each states what they were.
package main

import (
	"runtime"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type pair struct {
	A, B int
}

var (
	null   *int
	faulty bool // tables is to meet a fault
)

// three lies outside of the stack, which may move.
var three = []int{1, 2, 3}

//go:noinline
func touch(n int) int { return n + 1 }

// words spills its arguments across a call, takes them back into registers, and
// needs them no longer when the next one fails.
//
//go:noinline
func words(id int, name string, list []int, _ int, p pair, f float64, b bool) int {
	n := touch(id)
	n += id + len(name) + cap(list) + p.A + p.B + int(f)
	if b {
		n = touch(n) + int(name[0])
	}
	for _, x := range list {
		n = touch(n + x)
	}
	for touch(n) < 1000 {
		n = touch(n) + 100
	}
	return tables(7, "seven", three, 0, pair{4, 5}, 2.5, true)
}

// tables is like words, and jumps where a table tells. It may meet a fault itself.
//
//go:noinline
func tables(id int, name string, list []int, _ int, p pair, f float64, b bool) int {
	n := touch(id)
	n += id + len(name) + cap(list) + p.A + p.B + int(f)
	if b {
		n = touch(n) + int(name[0])
	}
	for _, x := range list {
		n = touch(n + x)
	}
	for touch(n) < 1000 {
		n = touch(n) + 100
	}
	switch n & 15 {
	case 0:
		n = touch(n + 3)
	case 1:
		n = touch(n ^ 5)
	case 2:
		n = touch(n * 7)
	case 3:
		n = touch(n - 9)
	case 4:
		n = touch(n | 16)
	case 5:
		n = touch(n + 77)
	case 6:
		n = touch(n + 13)
	case 7:
		n = touch(n * 3)
	}
	if faulty {
		*null = n
	}
	ends(n, "end")
	return n
}

// moved needs its arguments still when the call fails.
//
//go:noinline
func moved(id int, one map[string]int, text string, p pair) {
	raw := unsafe.Pointer(&id)
	eight := map[int]string{}
	for i := range 8 {
		eight[i] = string(rune('a' + i))
	}
	named := map[any]int{p: 1, text: 2}
	words(7, "seven", three, 0, pair{4, 5}, 2.5, true)
	runtime.KeepAlive(one)
	runtime.KeepAlive(id)
	runtime.KeepAlive(text)
	runtime.KeepAlive(p)
	runtime.KeepAlive(raw)
	runtime.KeepAlive(eight)
	runtime.KeepAlive(named)
}

// ends never stores its arguments: nothing is to be made up.
//
//go:noinline
func ends(n int, text string) {
	given.Fail("spilled")
	touch(1)
}

// generic has a dictionary before its arguments.
//
//go:noinline
func generic[T any](id int, v T, name string) int {
	n := touch(id)
	n = n + id + len(name)
	moved(n, map[string]int{"a": 1}, "text", pair{8, 9})
	_ = v
	return touch(n)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	faulty = given.Argument() == "fault"
	generic(8, pair{6, 7}, "eight")
}
