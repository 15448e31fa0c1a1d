// Closures has func values of all kinds.
package main

import (
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type account struct{ Owner string }

func (a account) Greet(with string) string { return with + " " + a.Owner }
func (a *account) Rename(to string)        { a.Owner = to }

//go:noinline
func use(add func(int) int, greet func(string) string, rename func(string), plain func(string) string, none func(), boxed any) {
	if add(2) == 12 {
		given.Fail("a dozen")
	}
	println(greet(""), plain(""))
	rename("")
	none()
	println(boxed, add(1))
}

//go:noinline
func work(step int) {
	total := 3
	unit := strings.Repeat("m", step)
	add := func(n int) int { // mark: add
		total += n * step
		if n < 0 {
			println(unit)
		}
		return total + 5
	}
	a := account{"Ada"}
	b := &account{"Bob"}
	use(add, a.Greet, b.Rename, strings.ToUpper, nil, add)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work(2)
}
