// Cycles has values that contain themselves.
package main

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type ring struct {
	ID   int
	Next *ring
}

//go:noinline
func use(first *ring, slice []any, tree map[string]any, self *any, call func() int) int {
	if len(slice) == 1 && len(tree) == 1 {
		given.Fail("round and round")
	}
	println(&slice[0], len(slice), cap(slice), self)
	return first.ID + call() + len(tree)
}

func work() {
	first := &ring{1, &ring{2, &ring{3, nil}}}
	first.Next.Next.Next = first
	slice := make([]any, 1)
	slice[0] = slice
	tree := map[string]any{}
	tree["self"] = tree
	var self any
	self = &self
	var call func() int
	call = func() int { return len(slice) + call() }
	println(use(first, slice, tree, &self, call))
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work()
}
