// Rules is a program with frames of all kinds, whose dump has the rules that it
// is given as its arguments.
package main

import (
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/behaviour/rules/faulty"
	"github.com/gopostmortem/postmortem/testdata/behaviour/rules/framework"
	"github.com/gopostmortem/postmortem/testdata/behaviour/rules/wrong"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

// stock handles requests; its method is called through a wrapper.
type stock struct{ left int }

//go:noinline
func (s stock) Handle(r *framework.Request) {
	each([]int{1, s.left}, func(n int) {
		faulty.Pass(inlined, n)
		noted = append(noted, n)
	})
}

// each is generic.
//
//go:noinline
func each[T any](list []T, do func(T)) {
	for _, x := range list {
		do(x)
	}
}

var noted []int

func inlined(n int) {
	deferring(n)
	noted = append(noted, -n)
}

//go:noinline
func deferring(n int) {
	l := &ledger{"main"}
	defer l.close(n)
	if n > 1 {
		given.Fail("out of stock")
	}
}

type ledger struct{ name string }

//go:noinline
func (l *ledger) close(n int) {
	cause := recover()
	for i := range l.entries {
		if cause != nil && i > n/2 {
			snapshot(cause)
		}
	}
}

//go:noinline
func (l *ledger) entries(yield func(int) bool) {
	for i := 0; i < 5 && yield(i); i++ {
	}
}

var texts []string

//go:noinline
func snapshot(cause any) {
	var opts []dump.Option
	for _, text := range texts {
		opts = append(opts, dump.Rules(text))
	}
	_, err := dump.Capture(cause, append(opts, given.Options()...)...)
	given.Check(err)
}

func main() {
	texts = given.Arguments()
	noted = make([]int, 0, wrong.Count())
	if len(texts) > 0 && texts[0] == "register" {
		given.Check(dump.RegisterRules("main", strings.Join(texts[1:], "\n")))
		texts = nil
	}
	var router framework.Router
	router.Add("/take", stock{7})
	framework.Serve(&router, &framework.Request{Method: "POST", Path: "/take"})
}
