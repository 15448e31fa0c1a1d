package restore_test

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// Of an optimised build the variables are marked that the source assigns again,
// but for those that have one place; without the source, those of which the
// compiler itself has several values. What a marked variable is shown in is
// marked as well.
func TestDoubt(t *testing.T) {
	const source = "package main\nfunc f() {\nsum := 1\nkept := 2\nsum += 3\ng()\n}\n"
	for _, c := range []struct {
		name              string
		optimised, source bool
		variable          string
		flags             uint64
		want              bool
	}{
		{"assigned again", true, true, "sum", 0, true},
		{"assigned once", true, true, "kept", 0, false},
		{"assigned once, but moved", true, true, "kept", model.VarMoved, false},
		{"assigned again in its one place", true, true, "sum", model.VarFixed, false},
		{"build for debugging", false, true, "sum", 0, false},
		{"no source, several values", true, false, "sum", model.VarMoved, true},
		{"no source, one value", true, false, "sum", 0, false},
		{"no source, build for debugging", false, false, "sum", model.VarMoved, false},
	} {
		b, n := sample.New(), 4
		b.Meta.Optimized = c.optimised
		if c.source {
			b.Source("/src/main.go", source, model.SourceEmbedded)
		}
		v := b.Local(c.variable, &n)
		v.DeclLine = map[string]int64{"sum": 3, "kept": 4}[c.variable]
		v.Flags |= c.flags
		scope := frameOf(t, b, v)
		if got := scope.Locals()[0].Stale(); got != c.want {
			t.Errorf("%s: marked is %t, want %t", c.name, got, c.want)
		}
		if r, err := scope.Eval(c.variable + " + 1"); err != nil || r.Stale() != c.want {
			t.Errorf("%s: what is made of it is marked: %t, %v, want %t", c.name, r.Stale(), err, c.want)
		}
	}
}

// A variable that is assigned again is not marked where the lines that made its
// value are those of its last assignment.
func TestDoubtOfLines(t *testing.T) {
	const source = "package main\nfunc f() {\nsum := 1\ng(sum)\nsum += 3\ng(sum)\n}\n"
	for _, c := range []struct {
		line int64
		set  []model.Span
		want bool
	}{
		{4, []model.Span{{Off: 3, Len: 1}}, false},
		{4, []model.Span{{Off: 5, Len: 1}}, true},
		{6, []model.Span{{Off: 5, Len: 1}}, false},
		{6, []model.Span{{Off: 3, Len: 1}, {Off: 5, Len: 1}}, true},
		{6, nil, true},
	} {
		b, n := sample.New(), 4
		b.Meta.Optimized = true
		b.Source("/src/main.go", source, model.SourceEmbedded)
		v := b.Local("sum", &n)
		v.DeclLine, v.Set = 3, c.set
		f := b.Func("main.f", "/src/main.go", 1, model.FuncUser)
		b.Go(model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: b.Stack(sample.Call{Func: f, Line: c.line, Vars: []model.Var{v}})})
		b.Cause.Goroutine = 1
		if got := restore.NewSession(open(t, b)).Scope().Locals()[0].Stale(); got != c.want {
			t.Errorf("line %d, set on %v: marked is %t, want %t", c.line, c.set, got, c.want)
		}
	}
}
