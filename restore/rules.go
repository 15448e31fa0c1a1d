package restore

import (
	"errors"
	"fmt"
	"go/parser"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/rule"
)

// RuleOrigin says who gave rules for showing frames. Those of earlier origins
// have precedence.
type RuleOrigin int

const (
	ViewerRules  RuleOrigin = iota // who looks at the dump
	ProgramRules                   // the program, see [dump.Rules]
	LibraryRules                   // a library, by a variable postmortemRules or [dump.RegisterRules]
	BuiltinRules                   // this package, see [BuiltinRulesText]
)

var originNames = [...]string{"viewer", "program", "library", "builtin"}

// String names the origin.
func (o RuleOrigin) String() string {
	if o < 0 || int(o) >= len(originNames) {
		return "unknown"
	}
	return originNames[o]
}

// BuiltinRulesText leaves the runtime out of stacks, as a traceback does. These
// rules are off until they are turned on: without them stacks are what Delve shows.
const BuiltinRulesText = `hide runtime
hide runtime/internal/...
hide internal/runtime/...
hide internal/poll.runtime_*
hide sync.runtime_*
hide internal/sync.runtime_*
hide github.com/gopostmortem/postmortem/dump
hide github.com/gopostmortem/postmortem/capture/...
`

// RuleSet is one text of rules.
type RuleSet struct {
	Origin   RuleOrigin
	Name     string // file, package or variable; may be ""
	Text     string
	Errors   []*dump.RuleError // lines that are left out
	Problems []string          // found when the dump was made

	rules  []rule.Rule
	module bool // a library of the main module
}

// NewRuleSet reads a text of rules. Lines that are no rules are left out and
// told in Errors.
func NewRuleSet(origin RuleOrigin, name, text string) *RuleSet {
	set := &RuleSet{Origin: origin, Name: name, Text: text}
	rules, errs := rule.Parse(text)
	for _, e := range errs {
		set.Errors = append(set.Errors, &dump.RuleError{Line: e.Line, Column: e.Column, Text: Printable(e.Text)})
	}
	for _, r := range rules {
		if err := checkLabel(r.Label); err != nil {
			set.Errors = append(set.Errors, &dump.RuleError{Line: r.Line, Column: r.LabelColumn, Text: err.Error()})
			continue
		}
		set.rules = append(set.rules, r)
	}
	slices.SortStableFunc(set.Errors, func(a, b *dump.RuleError) int { return a.Line - b.Line })
	return set
}

// Err joins the errors; nil if each line is good.
func (set *RuleSet) Err() error {
	var errs []error
	for _, e := range set.Errors {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// checkLabel checks the expressions of a label.
func checkLabel(label []rule.Part) error {
	for _, part := range label {
		if !part.Expr {
			continue
		}
		if _, err := parser.ParseExpr(part.Text); err != nil {
			return fail(ErrSyntax, "%s in the label: %v", part.Text, err)
		}
	}
	return nil
}

// ruleBook holds the rules of a session in their order of precedence.
type ruleBook struct {
	sets  []*RuleSet
	off   map[RuleOrigin]bool
	found map[ruled]ruling // what is known of functions
	left  int64            // steps of matching
}

// ruled is a function for which a rule was looked for; exact: one without wildcards.
type ruled struct {
	f     dump.Function
	exact bool
}

// ruling is the rule for a function; nil if there is none.
type ruling struct {
	rule *rule.Rule
	set  *RuleSet
}

// source says which line of which text a rule is.
func (r ruling) source() string {
	name := r.set.Name
	if name == "" {
		name = r.set.Origin.String() + " rules"
	}
	return Printable(fmt.Sprintf("%s:%d", name, r.rule.Line))
}

// A dump may hold more rules than anybody has written: the rest is left aside.
const (
	maxRuleSets  = 1000
	maxRuleBytes = 4 << 20
)

// book gives the session's rules; those of the dump are read the first time.
func (s *Session) book() *ruleBook {
	if s.rules != nil {
		return s.rules
	}
	s.rules = &ruleBook{off: map[RuleOrigin]bool{BuiltinRules: true}}
	room := maxRuleBytes
	for i, r := range s.d.Rules() {
		if room -= len(r.Text); i == maxRuleSets || room < 0 {
			break
		}
		origin := ProgramRules
		if r.Library {
			origin = LibraryRules
		}
		set := NewRuleSet(origin, r.Name, r.Text)
		set.Problems = r.Problems
		set.module = origin == LibraryRules && inMainModule(s.d.Meta(), ruledPackage(set))
		s.rules.sets = append(s.rules.sets, set)
	}
	s.rules.sets = append(s.rules.sets, NewRuleSet(BuiltinRules, "", BuiltinRulesText))
	slices.SortStableFunc(s.rules.sets, func(a, b *RuleSet) int { return int(a.Origin - b.Origin) })
	s.rules.changed()
	return s.rules
}

func (b *ruleBook) changed() { b.found, b.left = map[ruled]ruling{}, maxMatching }

// AddRules adds rules of whoever looks at the dump, before those added
// earlier. The error, which is about lines that are no rules, joins a
// *[dump.RuleError] for each; the others hold.
func (s *Session) AddRules(name, text string) error {
	set := NewRuleSet(ViewerRules, name, text)
	b := s.book()
	b.sets = append([]*RuleSet{set}, b.sets...)
	b.changed()
	return set.Err()
}

// ClearRules forgets the rules that AddRules has added.
func (s *Session) ClearRules() {
	b := s.book()
	b.sets = slices.DeleteFunc(b.sets, func(set *RuleSet) bool { return set.Origin == ViewerRules })
	b.changed()
}

// EnableRules turns the rules of an origin on or off. At first all are on but BuiltinRules.
func (s *Session) EnableRules(origin RuleOrigin, on bool) {
	b := s.book()
	b.off[origin] = !on
	b.changed()
}

// RulesEnabled reports whether the rules of an origin are on.
func (s *Session) RulesEnabled(origin RuleOrigin) bool { return !s.book().off[origin] }

// RuleSets lists the rules that there are, those with precedence first.
func (s *Session) RuleSets() []*RuleSet { return slices.Clone(s.book().sets) }

// ruledPackage is the package that a library's rules come from.
func ruledPackage(set *RuleSet) string {
	if pkg, ok := strings.CutSuffix(set.Name, ".postmortemRules"); ok {
		return strings.ReplaceAll(pkg, "%2e", ".")
	}
	return set.Name
}

func inPath(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

// inMainModule reports whether a package belongs to the program's own module.
func inMainModule(m *dump.Meta, pkg string) bool {
	if pkg == "main" {
		return true
	}
	for _, mod := range m.Modules {
		if inPath(m.MainPath, mod.Path) && inPath(pkg, mod.Path) {
			return true
		}
	}
	return false
}

// speaksOf reports whether rules may be about a function: a library's are not
// about the program's own, unless it is a part of the program.
func (set *RuleSet) speaksOf(f dump.Function) bool {
	return set.Origin != LibraryRules || set.module || !f.IsUser()
}

// find gives the first rule that matches a name. exact leaves out rules with
// wildcards. left is what the matching may still cost; below zero there is no answer.
func (set *RuleSet) find(n rule.Name, exact bool, left *int64) *rule.Rule {
	for i := range set.rules {
		r := &set.rules[i]
		if exact && !r.Pattern.Exact() {
			continue
		}
		if *left -= r.Pattern.Cost(n); *left < 0 {
			return nil
		}
		if r.Pattern.Match(n) {
			return r
		}
	}
	return nil
}

// Limits of what is known of functions: how many are remembered, and what it may
// cost to find their rules. A dump brings both with it.
const (
	maxRulings  = 1 << 16
	maxMatching = 1 << 28 // steps
)

// rulingOf gives the rule for a function: that of the first origin that has
// one. Among libraries the function's own has precedence. It is false if that
// takes too long to find.
func (b *ruleBook) rulingOf(f dump.Function, exact bool) (r ruling, ok bool) {
	if r, ok := b.found[ruled{f, exact}]; ok {
		return r, true
	}
	name := f.Name()
	if b.left -= int64(len(name)); b.left < 0 {
		return ruling{}, false
	}
	if r = b.search(f, rule.NewName(name), exact); b.left < 0 {
		return ruling{}, false
	}
	if len(b.found) == maxRulings {
		clear(b.found)
	}
	b.found[ruled{f, exact}] = r
	return r, true
}

func (b *ruleBook) search(f dump.Function, n rule.Name, exact bool) ruling {
	var other ruling // of another library
	for _, set := range b.sets {
		if other.rule != nil && set.Origin != LibraryRules {
			return other
		}
		if b.off[set.Origin] || !set.speaksOf(f) {
			continue
		}
		r := set.find(n, exact, &b.left)
		switch {
		case r == nil:
		case set.Origin != LibraryRules || inPath(f.Package(), ruledPackage(set)):
			return ruling{r, set}
		case other.rule == nil:
			other = ruling{r, set}
		}
	}
	return other
}
