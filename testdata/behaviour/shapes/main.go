// Shapes has a map and channels in a generic struct. The compiler builds one
// function for all types of a shape, so that they are reached under two types:
// that of the shape in a method, the true one in its callers.
package main

import (
	"runtime"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type store[K comparable, V any] struct {
	Items map[K]V
	Queue chan entry[K, V]
	fail  func(map[K]V, chan entry[K, V])
}

type entry[K comparable, V any] struct {
	Key   K
	Value V
}

type order struct{ Number int }

type part struct {
	Name string
	Size int
}

func newStore[K comparable, V any](k K, v V) *store[K, V] {
	s := &store[K, V]{Items: map[K]V{k: v}, Queue: make(chan entry[K, V], 3)}
	s.Queue <- entry[K, V]{k, v}
	return s
}

// broken has the true types, and is looked at first.
//
//go:noinline
func broken(items map[part]*order, queue chan entry[part, *order]) {
	given.Fail("shapes")
	runtime.KeepAlive(items)
	runtime.KeepAlive(queue)
}

// run has the types of the shape.
//
//go:noinline
func (s *store[K, V]) run(other *store[K, V]) {
	s.fail(s.Items, s.Queue)
	runtime.KeepAlive(s)
	runtime.KeepAlive(other)
}

// start has the true types, and is looked at last.
//
//go:noinline
func start(first, second *store[part, *order]) {
	first.run(second)
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	first, second := newStore(part{"anvil", 7}, &order{4711}), newStore(part{"rocket", 8}, &order{12})
	first.fail = broken
	start(first, second)
}
