package restore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// seen lists the frames of a goroutine as they are shown: numbers, with ~
// where the place is left out, and labels.
func seen(t *testing.T, s *restore.Session, id dump.GoID, slice restore.Slice) string {
	t.Helper()
	g, ok := s.Dump().Goroutine(id)
	if !ok {
		t.Fatalf("no goroutine %d", id)
	}
	v, err := s.View(g, slice, restore.NewReading(s.Dump()))
	if err != nil {
		return "error: " + err.Error()
	}
	var out []string
	for i := v.First; i <= v.Last; i++ {
		how := v.Frame(i)
		for _, label := range how.Inner {
			out = append(out, "<"+label+">")
		}
		f, _ := g.Frame(i)
		switch {
		case how.Hidden || f.Hidden():
		case how.NoPlace:
			out = append(out, fmt.Sprint(i, "~"))
		default:
			out = append(out, fmt.Sprint(i))
		}
	}
	if v.Hidden > 0 {
		out = append(out, fmt.Sprintf("%d hidden", v.Hidden))
	}
	for range v.Problems {
		out = append(out, "problem")
	}
	return strings.Join(out, " ")
}

// The stack of goroutine 7: 0 runtime.gopanic, 1 main.(*server).handle, which
// is the culprit, 2 main.helper, 3 a wrapper, 4 main.main.func1.
func TestView(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{"", "0 1 2 4"},
		// B4.9: each kind of rule.
		{"hide main.helper", "0 1 4 1 hidden"},
		{"hideline main.helper", "0 1 2~ 4"},
		{"prune main.main.func1", "1 4 2 hidden"}, // the culprit stays
		{"replace main.main.func1 `gone`", "1 <gone> 4 2 hidden"},
		{"insert main.helper `n is {n}`", "0 1 <n is 40> 2 4"},
		{"hide,insert main.helper `n is {n}, {{n+1}} {n+1}`", "0 1 <n is 40, {n+1} 41> 4 1 hidden"},
		{"hideline,replace main.helper `in {n}`", "1 <in 40> 2~ 4 1 hidden"},
		{"hide,prune main.helper", "1 4 2 hidden"},
		// The first rule that matches decides.
		{"show main.helper\nhide main.*", "0 1 2 1 hidden"},
		{"hide main.*\nshow main.helper", "0 1 2 hidden"},
		// B4.10: a wrapper stands for what it calls, if it is named.
		{"hide main.(*Server).handle-wrapper", "0 1 4 1 hidden"},
		{"hide main.(*Server).*", "0 1 2 4"},
		// B4.11: the culprit is never hidden, and what cannot be evaluated hides nothing.
		{"hide main.(*server).handle", "0 1 2 4"},
		{"hide ...", "1 3 hidden"},
		{"hide,insert main.helper `{nosuch}`", "0 1 2 4 problem"},
		{"replace main.main.func1 `{n}`", "0 1 2 4 problem"},
		{"replace main.(*server).handle `{gone}`", "0 1 2 4 problem"},
		{"replace main.(*server).handle `{far.Path}`", "0 1 2 4 problem"},
		{"replace main.(*server).handle `{r.Err()}`", "0 1 2 4 problem"},
		// Strings have no quotes in labels, other values are as print shows them.
		{"insert main.(*server).handle `{name} {r.ID} {numbers} {&n}`", "0 1 2 4 problem"},
		{"insert main.(*server).handle `{name} {r.ID} {numbers}`", "0 <inner 2 []int len: 3, cap: 3, [1,2,3]> 1 2 4"},
	} {
		s := restore.NewSession(open(t, sample.Service()))
		if err := s.AddRules("test", c.rules); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(seen(t, s, 7, restore.Slice{}), " ~", "~"); got != c.want {
			t.Errorf("%s: %s, want %s", c.rules, got, c.want)
		}
		// B4.12: without rules there is everything again.
		if got := seen(t, s, 7, restore.Slice{Raw: true}); got != "0 1 2 4" {
			t.Errorf("%s: raw: %s", c.rules, got)
		}
		s.EnableRules(restore.ViewerRules, false)
		if got := seen(t, s, 7, restore.Slice{}); got != "0 1 2 4" {
			t.Errorf("%s: off: %s", c.rules, got)
		}
	}
}

// B4.2: slices of stacks.
func TestSlice(t *testing.T) {
	s := restore.NewSession(open(t, sample.Service()))
	for _, c := range []struct {
		slice restore.Slice
		want  string
	}{
		{restore.Slice{Since: "2"}, "0 1 2"},
		{restore.Slice{Until: "1"}, "1 2 4"},
		{restore.Slice{Since: "main.helper", Until: "main.(*server).handle"}, "1 2"},
		{restore.Slice{Until: "main.(*server).handle", Limit: 2}, "1 2"}, // the same
		{restore.Slice{Since: "main.helper", Limit: 2}, "1 2"},           // again
		{restore.Slice{Until: "main.helper", Limit: 2}, "2 4"},           // the wrapper does not count
		{restore.Slice{Since: "main"}, "0 1 2 4"},
		{restore.Slice{Until: "main"}, "1 2 4"},
		{restore.Slice{Since: "main.*", Until: "main.*", Limit: 1}, "1"},
		{restore.Slice{Limit: 1}, "0"},
		{restore.Slice{Limit: 99}, "0 1 2 4"},
	} {
		if got := seen(t, s, 7, c.slice); got != c.want {
			t.Errorf("%+v: %s, want %s", c.slice, got, c.want)
		}
	}
	g, _ := s.Dump().Goroutine(7)
	for _, c := range []struct {
		slice restore.Slice
		want  error
	}{
		{restore.Slice{Since: "main.(*server).handle", Until: "main.helper"}, restore.ErrNotCaller},
		{restore.Slice{Since: "0", Until: "4"}, restore.ErrNotCaller},
		{restore.Slice{Since: "main.nosuch"}, restore.ErrUnknown},
		{restore.Slice{Until: "9"}, restore.ErrRange},
		{restore.Slice{Until: "-1"}, restore.ErrRange},
		{restore.Slice{Until: "a**"}, restore.ErrSyntax},
	} {
		if _, err := s.View(g, c.slice, restore.NewReading(s.Dump())); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.slice, err, c.want)
		}
	}
	if err := s.AddRules("", "prune main.main.func1"); err != nil {
		t.Fatal(err)
	}
	if got := seen(t, s, 7, restore.Slice{Since: "main.helper"}); got != "0 1 2" {
		t.Errorf("a rule for a frame outside of the slice hides what was asked for: %s", got)
	}
}

// B4.3: roots, and goroutines that are gone.
func TestRoot(t *testing.T) {
	b := sample.Service()
	b.Go(model.Goroutine{ID: 30, Parent: 4, Status: model.StatusWaiting})
	b.Go(model.Goroutine{ID: 31, Stack: b.Stack(
		sample.Call{Func: b.Func("main.work", "/m.go", 1, model.FuncUser), Line: 2}, sample.Call{Func: b.Func("runtime.goexit", "/asm.s", 1, model.FuncRuntime), Line: 1})})
	s := restore.NewSession(open(t, b))
	if f, err := s.Root(7); err != nil || f.Index() != 4 {
		t.Errorf("frame %d, %v", f.Index(), err)
	}
	if f, err := s.Root(31); err != nil || f.Function().Name() != "main.work" {
		t.Errorf("the root of goroutine 31 is %v, %v", f.Function(), err)
	}
	if _, err := s.Root(30); !errors.Is(err, restore.ErrRange) {
		t.Errorf("a goroutine without frames: %v", err)
	}
	for id, exited := range map[dump.GoID]bool{4: true, 99: false} {
		_, err := s.Root(id)
		var none *restore.NoGoroutineError
		if !errors.As(err, &none) || none.ID != id || none.Exited != exited || !errors.Is(err, restore.ErrRange) {
			t.Errorf("goroutine %d: %v", id, err)
		}
		if !strings.Contains(err.Error(), fmt.Sprint(id)) {
			t.Errorf("the error does not name %d: %v", id, err)
		}
	}
}

// rule is a record with rules.
func rule(origin model.RuleOrigin, name, text string) model.Rule {
	return model.Rule{Origin: origin, Name: name, Text: text}
}

// B4.20: who is heard first.
func TestRuleOrigins(t *testing.T) {
	const helper = "insert main.helper `%s`"
	say := func(who string) string { return fmt.Sprintf(helper, who) }
	other := rule(model.RuleLibrary, "example.com/a.postmortemRules", say("a library"))
	own := rule(model.RuleLibrary, "main.postmortemRules", say("its own"))
	foreign := rule(model.RuleLibrary, "example.org/z.postmortemRules", say("a stranger"))
	program := rule(model.RuleProgram, "", say("program"))
	for _, c := range []struct {
		records []model.Rule
		viewer  string
		want    string
	}{
		{[]model.Rule{other}, "", "a library"},
		{[]model.Rule{other, own}, "", "its own"},
		{[]model.Rule{own, other}, "", "its own"},
		{[]model.Rule{foreign}, "", ""}, // is not about the program's own functions
		{[]model.Rule{other, own, program}, "", "program"},
		{[]model.Rule{other, own, program}, say("viewer"), "viewer"},
		{[]model.Rule{other, own, program}, "show main.helper", ""},
		{nil, "", ""},
	} {
		b := sample.Service()
		b.Meta.MainPath = "example.com/svc"
		b.Meta.Modules = []model.Module{{Path: "example.com/svc"}, {Path: "example.com/a"}, {Path: "example.org/z"}}
		if slices.ContainsFunc(c.records, func(r model.Rule) bool { return r.Name == other.Name }) {
			b.Meta.MainPath = "example.com/a/cmd" // so that a is a part of the program
		}
		for _, r := range c.records {
			b.Rules(r)
		}
		s := restore.NewSession(open(t, b))
		if c.viewer != "" {
			if err := s.AddRules("", c.viewer); err != nil {
				t.Fatal(err)
			}
		}
		want := "0 1 2 4"
		if c.want != "" {
			want = "0 1 <" + c.want + "> 2 4"
		}
		if got := seen(t, s, 7, restore.Slice{}); got != want {
			t.Errorf("%v, viewer %q: %s, want %s", c.records, c.viewer, got, want)
		}
	}
}

// B4.20: ours are off, and give way to a library's.
func TestBuiltinRules(t *testing.T) {
	b := sample.Service()
	s := restore.NewSession(open(t, b))
	if got := seen(t, s, 7, restore.Slice{}); got != "0 1 2 4" {
		t.Errorf("by default: %s", got)
	}
	s.EnableRules(restore.BuiltinRules, true)
	if got := seen(t, s, 7, restore.Slice{}); got != "1 2 4 1 hidden" {
		t.Errorf("builtin: %s", got)
	}
	b = sample.Service()
	b.Rules(rule(model.RuleLibrary, "example.com/lib.postmortemRules", "show runtime.gopanic"))
	s = restore.NewSession(open(t, b))
	s.EnableRules(restore.BuiltinRules, true)
	if got := seen(t, s, 7, restore.Slice{}); got != "0 1 2 4" {
		t.Errorf("a library's rule does not override ours: %s", got)
	}
	for _, set := range s.RuleSets() {
		if err := set.Err(); err != nil {
			t.Errorf("%v: %v", set.Origin, err)
		}
	}
}

// Bad lines are told with their places, and the others hold.
func TestRuleErrors(t *testing.T) {
	s := restore.NewSession(open(t, sample.Service()))
	err := s.AddRules("f", "hid main\nhide main.helper\ninsert main.f `{1 +}`")
	var re *dump.RuleError
	if !errors.As(err, &re) || re.Line != 1 || re.Column != 1 {
		t.Errorf("%v", err)
	}
	if errs := s.RuleSets()[0].Errors; len(errs) != 2 || errs[1].Line != 3 || errs[1].Column != 15 {
		t.Errorf("%v", errs)
	}
	if got := seen(t, s, 7, restore.Slice{}); got != "0 1 4 1 hidden" {
		t.Errorf("the good line does not hold: %s", got)
	}
	s.ClearRules()
	if got := seen(t, s, 7, restore.Slice{}); got != "0 1 2 4" {
		t.Errorf("cleared: %s", got)
	}
}

// Rules of a dump made to do harm: as many and as costly as they can be, on a
// stack as deep as it can be.
func TestRuleLimits(t *testing.T) {
	b := sample.New()
	name := "main." + strings.Repeat("a", 4000)
	calls := []sample.Call{{Func: b.Func("main.crash", "/m.go", 1, 0), Line: 1}}
	for i := range 3000 {
		calls = append(calls, sample.Call{Func: b.Func(fmt.Sprint(name, i%500), "/m.go", 1, 0), Line: 1})
	}
	b.Go(model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: b.Stack(calls...)})
	b.Cause.Goroutine, b.Cause.Frame = 1, 0
	costly := "hide main." + strings.Repeat("*aaaaaaaaaaaaaaaaaaaaaaa", 7) + "*b\n"
	b.Rules(rule(model.RuleProgram, "", strings.Repeat(costly, 300)))
	b.Rules(rule(model.RuleProgram, "", "insert main.a* `{1+1}`"))
	d := open(t, b)
	s := restore.NewSession(d)
	g, _ := d.Goroutine(1)
	v, err := s.View(g, restore.Slice{}, restore.NewReading(d))
	if err != nil || len(v.Problems) != 1 || v.Hidden != 0 {
		t.Errorf("%v, %d problems, %d hidden", err, len(v.Problems), v.Hidden)
	}
	s.EnableRules(restore.ProgramRules, false)
	if err := s.AddRules("", "insert main.a* `{1+1}`"); err != nil {
		t.Fatal(err)
	}
	if v, err = s.View(g, restore.Slice{}, restore.NewReading(d)); err != nil || len(v.Problems) != 2000 {
		t.Errorf("%v, %d problems: want 1000 labels and no more", err, len(v.Problems))
	}
}

// A label says so where a value may be out of date, and is no label where a
// string's bytes are not in the dump.
func TestLabelDoubt(t *testing.T) {
	b := sample.New()
	n, s := 5, strings.Repeat("x", 9)
	b.Leave(unsafe.StringData(s), mock.ByteLimit)
	stale := b.Local("n", &n)
	stale.Flags |= model.VarStale
	frame := b.Func("main.f", "/src/main.go", 1, model.FuncUser)
	b.Go(model.Goroutine{ID: 1, Stack: b.Stack(sample.Call{Func: frame, Line: 2, Vars: []model.Var{stale, b.Local("s", &s)}})})
	d := open(t, b)
	for text, want := range map[string]string{"{n}": "<5 [possibly stale]> 0", "{n+1} {2}": "<6 2 [possibly stale]> 0", "{n} {n}!": "<5 5! [possibly stale]> 0", "{s}": "0 problem", "{len(s)}": "<9> 0"} {
		session := restore.NewSession(d)
		if err := session.AddRules("", "insert main.f `"+text+"`"); err != nil {
			t.Fatal(err)
		}
		if got := seen(t, session, 1, restore.Slice{}); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A dump can have more rules than anybody has written.
func TestRuleSetLimits(t *testing.T) {
	b := sample.Service()
	for range 1100 {
		b.Rules(rule(model.RuleProgram, "", "hide main.helper"))
	}
	if n := len(restore.NewSession(open(t, b)).RuleSets()); n != 1001 {
		t.Errorf("%d texts of rules", n)
	}
	b = sample.Service()
	for range 100 {
		b.Rules(rule(model.RuleProgram, "", strings.Repeat("#", 64<<10)))
	}
	if n := len(restore.NewSession(open(t, b)).RuleSets()); n != 65 {
		t.Errorf("%d long texts of rules", n)
	}
}
