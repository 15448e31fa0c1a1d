package restore

import (
	"fmt"
	"strings"
	"testing"
)

// Of a variable whose value was made on some lines, the line that its frame is
// at tells whether that can be its value: all assignments that can be the last
// one have to be on those lines, and no others.
func TestReaching(t *testing.T) {
	for _, c := range []struct {
		name, body string // from line 2 on, of a function with a parameter n
		variable   string
		decl, at   int
		set        []int
		want       bool
	}{
		{"before the second", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 3, []int{2}, true},
		{"behind the second", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 5, []int{4}, true},
		{"the earlier value", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 5, []int{2}, false},
		{"the next value", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 3, []int{4}, false},
		{"either, where one is right", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 5, []int{2, 4}, false},
		{"not known", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 5, nil, false},
		{"not known, assigned once", "x := n\ng(x)", "x", 2, 3, nil, true},
		{"another line", "x := 1\ng(x)\nx = n\ng(x)", "x", 2, 5, []int{3}, false},
		{"the statement itself", "x := 1\nx = g(x)\ng(x)", "x", 2, 3, []int{2}, true},
		{"a parameter", "g(n)\nn++\ng(n)", "n", 1, 2, []int{0}, true},
		{"a parameter's next value", "g(n)\nn++\ng(n)", "n", 1, 4, []int{3}, true},
		{"a parameter's value before", "g(n)\nn++\ng(n)", "n", 1, 4, []int{0}, false},
		{"a part of a struct", "x := p{}\nx.a = 1\ng(x)", "x", 2, 4, []int{2}, false},
		{"a struct and its part", "x := p{}\nx.a = 1\ng(x)", "x", 2, 4, []int{2, 3}, true},
		{"two on one line", "x := 1; x = n\ng(x)", "x", 2, 3, []int{2}, false},
		{"another of the name", "x := 1\nif n > 0 {\nx := 2\nx++\ng(x)\n}\ng(x)", "x", 2, 8, []int{2}, true},
		{"the inner of the name", "x := 1\nif n > 0 {\nx := 2\nx++\ng(x)\n}\ng(x)", "x", 4, 6, []int{5}, true},

		{"if", "x := 1\nif n > 0 {\nx = 2\n}\ng(x)", "x", 2, 6, []int{2, 4}, true},
		{"if, one of two", "x := 1\nif n > 0 {\nx = 2\n}\ng(x)", "x", 2, 6, []int{4}, false},
		{"if and else", "x := 1\nif n > 0 {\nx = 2\n} else {\nx = 3\n}\ng(x)", "x", 2, 8, []int{4, 6}, true},
		{"if with return", "x := 1\nif n > 0 {\nx = 2\nreturn\n}\ng(x)", "x", 2, 7, []int{2}, true},
		{"a loop's begin, either time", "x := 1\nfor n > 0 {\ng(x)\nx = 2\n}", "x", 2, 4, []int{2, 5}, false},
		{"a loop's begin, first only", "x := 1\nfor n > 0 {\ng(x)\nx = 2\n}", "x", 2, 4, []int{2}, false},
		{"behind break", "x := 1\nfor {\nx = 2\nif n > 0 {\nbreak\n}\nx = 3\n}\ng(x)", "x", 2, 10, []int{4}, true},
		{"behind continue", "x := 1\nfor n > 0 {\ng(x)\nif n > 1 {\nx = 2\ncontinue\n}\nreturn\n}", "x", 2, 4, []int{2, 6}, false},
		{"continue an outer loop", "x := 1\no:\nfor n > 0 {\ng(x)\nfor {\nx = 2\ncontinue o\n}\n}", "x", 2, 5, []int{2, 7}, false},
		{"a variable of a loop", "for n > 0 {\nx := 1\nif n > 1 {\nx = 2\n}\ng(x)\n}", "x", 3, 7, []int{3, 5}, true},
		{"behind a loop without end", "x := 1\nfor {\nx++\nif n > 1 {\nbreak\n}\n}\ng(x)", "x", 2, 9, []int{4}, true},
		{"range", "x := 1\nfor x = range n {\ng(x)\n}\ng(x)", "x", 2, 4, []int{3}, true},
		{"behind range", "x := 1\nfor x = range n {\ng(x)\n}\ng(x)", "x", 2, 6, []int{2, 3}, false},
		{"range over a function, whose body belongs to its line", "x := 1\nfor range n {\nx = 2\ng(x)\nbreak\n}", "x", 2, 3, []int{2}, false},
		{"switch", "x := 1\nswitch n {\ncase 1:\nx = 2\ncase 2:\nx = 3\n}\ng(x)", "x", 2, 9, []int{2, 5, 7}, true},
		{"switch with default", "x := 1\nswitch n {\ncase 1:\nx = 2\ndefault:\nx = 3\n}\ng(x)", "x", 2, 9, []int{5, 7}, true},
		{"fallthrough", "x := 1\nswitch n {\ncase 1:\nx = 2\nfallthrough\ndefault:\ng(x)\n}", "x", 2, 8, []int{2, 5}, true},
		{"type switch", "x := 1\nswitch y := any(n).(type) {\ncase int:\nx = y\n}\ng(x)", "x", 2, 7, []int{2, 5}, true},
		{"select", "x := 1\nselect {\ncase x = <-c:\ncase c <- n:\nx = 3\n}\ng(x)", "x", 2, 8, []int{4, 6}, true},
		{"goto forward", "x := 1\nif n > 0 {\ngoto o\n}\nx = 2\no:\ng(x)", "x", 2, 8, []int{2, 6}, true},
		{"goto back", "x := 1\nb:\ng(x)\nx = 2\nif n > 0 {\ngoto b\n}", "x", 2, 4, []int{2, 5}, false},
		{"goto back, first only", "x := 1\nb:\ng(x)\nx = 2\nif n > 0 {\ngoto b\n}", "x", 2, 4, []int{2}, false},
		{"a literal that is called, by its call", "x := 1\nfunc() {\nx = 2\n}()\ng(x)", "x", 2, 6, []int{5}, true},
		{"a literal that may be called", "x := 1\nh := func() {\nx = 2\n}\ng(h, x)", "x", 2, 6, []int{2}, false},
		{"within a literal", "h := func() {\nx := 1\nx = 2\ng(x)\n}", "x", 3, 5, []int{4}, true},
	} {
		tr := parseTree("", []byte("package p; func f(n int, c chan int) {\n"+c.body+"\n}\n"))
		if tr == nil {
			t.Fatalf("%s: no Go", c.name)
		}
		f := tr.flow(flowKey{"", c.variable, c.decl, true}, new(int))
		if f == nil {
			t.Fatalf("%s: the variable is not found", c.name)
		}
		if got := f.holds(c.at, c.set); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Who writes a dump writes its source too: what takes too long is not known.
func TestReachingIsBounded(t *testing.T) {
	many := "x := 0\n" + strings.Repeat("x++\n", maxReached)
	deep := strings.Repeat("for {\nif n > 0 { x = n }\n", 30) + strings.Repeat("y++\n", 1000) + strings.Repeat("}\n", 30)
	for name, body := range map[string]string{
		"assigned too often":     many + "g(x)\n",
		"loops in one another":   "x := 0\n" + deep,
		"gotos":                  "x := 0\n" + backward(60),
		"literals in each other": "x := 0\n" + strings.Repeat("h = func() {\nx++\n", 300) + strings.Repeat("}\n", 300),
	} {
		tr := parseTree("", []byte("package p; func f(n int) {\n"+body+"\n}\n"))
		if tr == nil {
			t.Fatalf("%s: no Go", name)
		}
		steps := 0
		f := tr.flow(flowKey{"", "x", 2, true}, &steps)
		if name == "assigned too often" && f != nil && !f.unknown {
			t.Errorf("%s: it is said to be known", name)
		}
		if steps > maxFlowSteps+1<<16 {
			t.Errorf("%s: %d steps", name, steps)
		}
	}
}

// backward writes labels, each with an assignment and a jump to the one before.
func backward(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "l%d:\nx = %d\nif n > %d {\ngoto l%d\n}\n", i, i, i, max(0, i-1))
	}
	return b.String()
}

// A session that has done its steps doubts what it has not looked at.
func TestStepsOfASession(t *testing.T) {
	tr := parseTree("", []byte("package p; func f(n int) {\nx := 1\ng(x)\nx = 2\ng(x)\n}\n"))
	steps := maxFlowSteps
	if f := tr.flow(flowKey{"", "x", 2, true}, &steps); f != nil && f.holds(5, []int{4}) {
		t.Error("it was looked at")
	}
}
