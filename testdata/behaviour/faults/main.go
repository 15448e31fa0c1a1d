// Faults captures faults of new goroutines, whose stacks are small and grow
// before the dump is made, and of the first one, each into a file of the directory
// that is its argument.
package main

import (
	"fmt"
	"path/filepath"
	"runtime/debug"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type node struct {
	pad  [3]int
	next *node
	name string
}

// load meets nil behind the last of a list: its address is that of the field.
//
//go:noinline
func load(n *node, rest int) string {
	if rest == 0 {
		m := n.next
		return m.name
	}
	return load(n.next, rest-1)
}

// call calls a function that is nil.
//
//go:noinline
func call(f func(int) int, n int) int { return f(n) + 1 }

// wild reads from a place where there is no memory.
//
//go:noinline
func wild(addr uintptr, n int) int {
	p := (*int)(unsafe.Pointer(addr))
	return *p + n
}

// again fails once more, in another way, while its own fault is looked after.
func again() {
	defer func() {
		defer func() { _ = recover() }()
		load(&node{}, 0)
	}()
	wild(0xdead0000, 5)
}

// plain panics without a fault, after one.
func plain() {
	func() {
		defer func() { _ = recover() }()
		load(&node{}, 0)
	}()
	var m map[string]int
	m["x"] = 1
}

// capture runs a function that fails.
func capture(name string, fails func()) {
	defer func() {
		_, err := dump.Capture(recover(), dump.File(filepath.Join(given.Argument(), name+".dump")))
		given.Check(err)
	}()
	fails()
}

func main() {
	list := &node{name: "a", next: &node{name: "b"}}
	fails := map[string]func(){
		"load": func() { load(list, 1) },
		"call": func() { call(nil, 21) },
		"wild": func() {
			debug.SetPanicOnFault(true)
			wild(0xdead0000, 5)
		},
		"again": func() {
			debug.SetPanicOnFault(true)
			again()
		},
		"plain": plain,
	}
	for name, f := range fails {
		for i := range 3 {
			done := make(chan bool)
			go func() {
				defer close(done)
				capture(fmt.Sprint(name, i), f)
			}()
			<-done
		}
	}
	capture("first", fails["load"])
}
