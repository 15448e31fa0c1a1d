// Depth has values at known numbers of references from its variables.
package main

import (
	"errors"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type node struct {
	Value int
	Next  *node
}

type outer struct{ Middle *middle }

type middle struct{ Inner *inner }

type inner struct{ Target *node }

// use fails after it has been given all the values.
//
//go:noinline
func use(counts map[string]int, list *node, far *outer, near *node, boxed any, secret string) int {
	if near.Value == far.Middle.Inner.Target.Value {
		given.Fail(errors.New("both lead to " + secret[:3]))
	}
	return len(counts) + list.Value + far.Middle.Inner.Target.Value + near.Value + boxed.(*node).Value + len(secret)
}

func work() {
	target := &node{4, &node{5, &node{6, &node{7, nil}}}}
	list := &node{1, &node{2, &node{3, nil}}}
	far := &outer{&middle{&inner{target}}} // target is 4 references away, and 1 from near
	secret := strings.Repeat("swordfish-", 3)
	println(use(map[string]int{"a": 1}, list, far, target, list, secret))
}

func main() {
	given.Configure()
	idle := make(chan string)
	go func() { println(<-idle) }()
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work()
}
