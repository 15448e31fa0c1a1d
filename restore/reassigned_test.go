package restore

import (
	"strings"
	"testing"
)

const reassignedSource = `package p

func f(n int, s string) int {
	total := 0
	kept := n
	for i := 0; i < n; i++ {
		g()
		total += i
	}
	s = "x"
	kept2 := kept
	a, err := h()
	b, err := h()
	g()
	if n > 3 {
		n--
	}
	p := T{}
	p.x[1].y = 3
	return g()
}

func other(n int) {
	n++
	g()
}
`

func TestReassigned(t *testing.T) {
	a := assignmentsOf(parseTree("", []byte(reassignedSource)), maxAssignments)
	for _, c := range []struct {
		name string
		decl int
		want bool
	}{
		{"total", 4, true},
		{"kept", 5, false},
		{"kept2", 11, false},
		{"i", 6, true},
		{"s", 3, true},
		{"a", 12, false},
		{"err", 12, true},
		{"n", 3, true},
		{"p", 18, true}, // a part of it
		{"n", 23, true},
		{"nobody", 3, false},
	} {
		if got := a.reassigned(c.name, c.decl, false); got != c.want {
			t.Errorf("%s of line %d: %v, want %v", c.name, c.decl, got, c.want)
		}
	}
	if a.reassigned("p", 18, true) {
		t.Error("an assignment to what p points to changes p")
	}
}

// Of a source that has too many assignments to look at, any may be one of the
// variable's: nothing is shown as certain that nobody has looked at.
func TestReassignedTooOften(t *testing.T) {
	often := "package p\nfunc f() {\ny := 1\n" + strings.Repeat("x = 1\n", maxOfName+1) + "g()\n}\n"
	for _, c := range []struct {
		name, variable string
		most           int
		want           bool
	}{
		{"many of one name", "x", maxAssignments, true},
		{"another name", "y", maxAssignments, false},
		{"more than are kept", "y", 10, true},
	} {
		a := assignmentsOf(parseTree("", []byte(often)), c.most)
		if got := a.reassigned(c.variable, 3, false); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if a.n > c.most {
			t.Errorf("%s: %d assignments are kept, at most %d may be", c.name, a.n, c.most)
		}
	}
}

// The parser's stack takes a kilobyte for each bracket.
func TestNestedSource(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{reassignedSource, false},
		{strings.Repeat("f([]int{1})\n", 10*maxBrackets), false},
		{strings.Repeat("(", maxBrackets+1), true},
		{strings.Repeat("func(){x[", maxBrackets), true},
	} {
		if got := nested([]byte(c.text)); got != c.want {
			t.Errorf("%.30q: %v, want %v", c.text, got, c.want)
		}
	}
}
