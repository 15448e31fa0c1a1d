// Package faulty gives rules of which one line is no rule.
package faulty

var postmortemRules string

func init() {
	postmortemRules = "hidden faulty.Pass\n" +
		"hideline github.com/gopostmortem/postmortem/testdata/behaviour/rules/faulty.Pass\n" +
		"hide faulty.Nowhere"
}

// Passed counts calls.
var Passed int

// Pass calls what it is given.
//
//go:noinline
func Pass(f func(int), n int) {
	f(n)
	Passed++
}
