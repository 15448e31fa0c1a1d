// Package rule reads the rules for showing frames (docs/rules.md) and matches
// them with the names of functions. A service that gives rules links it.
package rule

import (
	"strconv"
	"strings"
)

// Actions is what a rule does with a frame; the bits combine.
type Actions uint8

const (
	Show     Actions = 1 << iota // nothing, whatever other rules say
	Hide                         // the frame is not shown
	HideLine                     // its place in the source is not shown
	Prune                        // what it called is not shown
	Replace                      // likewise, with a label in its place
	Insert                       // a label between it and what it called
)

// Labelled are the actions that need a label.
const Labelled = Replace | Insert

var actionNames = [...]string{"show", "hide", "hideline", "prune", "replace", "insert"}

// Rule is one rule.
type Rule struct {
	Line    int // in its text, from 1 on
	Actions Actions
	Pattern Pattern
	Label   []Part // of Replace and Insert

	LabelColumn int // where it begins in its line
}

// Part is a piece of a label: text, or an expression.
type Part struct {
	Text string
	Expr bool
}

// Error says what is wrong with a line.
type Error struct {
	Line, Column int // from 1 on; columns count bytes
	Text         string
}

// Error implements error.
func (e *Error) Error() string {
	return "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Text
}

// What a text may have. Rules come with dumps, which are not trusted.
const (
	MaxText  = 64 << 10 // bytes
	MaxRules = 1000
	maxParts = 16 // of a label that are expressions

	maxErrors = 20 // told of one text
)

// Parse reads rules, one a line, and gives those that are well formed and what
// is wrong with the other lines.
func Parse(text string) ([]Rule, []*Error) {
	var rules []Rule
	var errs []*Error
	if len(text) > MaxText {
		errs = append(errs, &Error{1, 1, "the rules are longer than " + strconv.Itoa(MaxText) + " bytes: the rest is left out"})
		text = text[:MaxText]
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	for line := 1; text != ""; line++ {
		var one string
		one, text, _ = strings.Cut(text, "\n")
		p := parser{all: one, rest: one}
		r, ok := p.rule()
		switch {
		case p.err != nil:
			if p.err.Line = line; len(errs) < maxErrors {
				errs = append(errs, p.err)
			}
		case !ok:
		case len(rules) == MaxRules:
			return rules, append(errs, &Error{line, 1, "more than " + strconv.Itoa(MaxRules) + " rules: the rest is left out"})
		default:
			r.Line = line
			rules = append(rules, r)
		}
	}
	return rules, errs
}

// parser reads one line.
type parser struct {
	all, rest string
	err       *Error
}

// fail notes an error at what is left, or n bytes before.
func (p *parser) fail(n int, text string) {
	if p.err == nil {
		p.err = &Error{0, len(p.all) - len(p.rest) - n + 1, text}
	}
}

// rule reads the line; false if it has no rule.
func (p *parser) rule() (Rule, bool) {
	p.blanks()
	if p.rest == "" || p.rest[0] == '#' {
		return Rule{}, false
	}
	r := Rule{Actions: p.actions()}
	p.blanks()
	r.Pattern = p.pattern()
	p.blanks()
	r.LabelColumn = len(p.all) - len(p.rest) + 1
	if r.Label = p.label(); p.err != nil {
		return r, false
	}
	switch labelled := r.Actions&Labelled != 0; {
	case labelled && r.Label == nil:
		p.fail(0, r.Actions.String()+` needs a label: "serve {r.URL.Path}"`)
	case !labelled && r.Label != nil:
		p.fail(0, r.Actions.String()+" has no label")
	}
	p.blanks()
	if p.rest != "" && p.rest[0] != '#' {
		p.fail(0, "this is too much: a rule is actions, a pattern and, for replace and insert, a label")
	}
	return r, p.err == nil
}

func (p *parser) blanks() { p.rest = strings.TrimLeft(p.rest, " \t\r") }

// word takes what comes before the next blank outside of brackets.
func (p *parser) word() string {
	depth := 0
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth <= 0 && (c == ' ' || c == '\t' || c == '\r'):
			w := p.rest[:i]
			p.rest = p.rest[i:]
			return w
		}
	}
	w := p.rest
	p.rest = ""
	return w
}

func (p *parser) actions() Actions {
	word := p.word()
	var out Actions
	for at, rest, more := 0, word, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, ",")
		a := actionNamed(name)
		if a == 0 {
			p.fail(len(word)-at, "unknown action "+strconv.Quote(name)+": show, hide, hideline, prune, replace or insert")
		}
		out |= a
		at += len(name) + 1
	}
	for _, both := range []Actions{Prune | Replace, Replace | Insert, Hide | HideLine} {
		if out&both == both {
			p.fail(len(word), both.String()+" contradict each other")
		}
	}
	if out&Show != 0 && out != Show {
		p.fail(len(word), "show stands alone")
	}
	return out
}

func actionNamed(name string) Actions {
	for i, n := range actionNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// String lists the actions as a rule has them.
func (a Actions) String() string {
	var names []string
	for i, n := range actionNames {
		if a&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}

func (p *parser) pattern() Pattern {
	if p.rest == "" || p.rest[0] == '#' {
		p.fail(0, "the pattern is missing: a function, a package, or a pattern like net/http.*")
		return Pattern{}
	}
	word := p.word()
	pat, bad := NewPattern(word)
	if bad != "" {
		p.fail(len(word), bad)
	}
	return pat
}

// label reads a quoted label, nil if there is none.
func (p *parser) label() []Part {
	if p.rest == "" || p.rest[0] != '"' && p.rest[0] != '`' {
		return nil
	}
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		p.fail(0, "the label is no string in quotes as Go has them")
		return nil
	}
	text, _ := strconv.Unquote(quoted)
	parts, bad := splitLabel(text)
	if bad != "" {
		p.fail(0, bad)
	}
	p.rest = p.rest[len(quoted):]
	return parts
}

// splitLabel finds the expressions of a label, in braces; {{ and }} stand for
// braces. It says what is bad about it.
func splitLabel(s string) (parts []Part, bad string) {
	var text strings.Builder
	exprs := 0
	for s != "" {
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			text.WriteByte(s[0])
			s = s[2:]
		case s[0] == '}':
			return nil, "a } in the label that ends no expression: }} stands for one"
		case s[0] == '{':
			n := closing(s)
			if n < 0 {
				return nil, "a { in the label without its }: {{ stands for one"
			}
			expr := strings.TrimSpace(s[1:n])
			if exprs++; expr == "" || exprs > maxParts {
				return nil, "an empty expression in the label, or more than " + strconv.Itoa(maxParts)
			}
			if text.Len() > 0 {
				parts = append(parts, Part{Text: text.String()})
				text.Reset()
			}
			parts = append(parts, Part{expr, true})
			s = s[n+1:]
		default:
			text.WriteByte(s[0])
			s = s[1:]
		}
	}
	if text.Len() > 0 {
		parts = append(parts, Part{Text: text.String()})
	}
	if parts == nil {
		return nil, "the label is empty"
	}
	return parts, ""
}

// closing finds the brace that closes the one that s begins with, braces in
// strings left aside; -1 if there is none.
func closing(s string) int {
	depth := 0
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
