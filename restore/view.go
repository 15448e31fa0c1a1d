package restore

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/rule"
)

// View says how the frames of one goroutine are shown under the session's rules.
type View struct {
	First, Last int      // the frames of the slice, by number; Last < First if there are none
	Hidden      int      // frames of the slice that rules hide
	Problems    []string // why rules were not applied

	shown []Shown // from First on; nil: no rule applies
}

// Shown says how one frame is shown.
type Shown struct {
	Hidden  bool     // not at all
	NoPlace bool     // without file and line
	Inner   []string // made-up frames between this one and the next inner one
	Problem string   // why its rule was not applied
}

// Frame says how frame i is shown.
func (v *View) Frame(i int) Shown {
	if i -= v.First; i < 0 || i >= len(v.shown) {
		return Shown{}
	}
	return v.shown[i]
}

// What bounds the labels of one view, whose stack and rules come from the dump.
const (
	maxLabels     = 1000
	maxLabelSteps = 1 << 16 // of one expression
)

// View applies the rules to a slice of a goroutine's stack.
//
// Rules change what is shown and destroy nothing: the culprit of the crash is
// always shown, and a frame whose rule cannot be applied, because its label
// needs a value that the dump does not hold, is shown with all that it called.
func (s *Session) View(g dump.Goroutine, slice Slice, r *Reading) (*View, error) {
	v, err := s.cut(g, slice)
	if err != nil || slice.Raw || v.Last < v.First || !s.book().any() {
		return v, err
	}
	a := &applying{s: s, g: g, v: v, reading: NewReading(s.d), command: r}
	if r.Walk(g.NumFrames()); r.Lost() {
		return nil, fail(ErrTooMuch, "too many frames to apply rules to")
	}
	v.shown = make([]Shown, v.Last-v.First+1)
	for f := range g.Frames() {
		if f.Index() >= v.First && f.Index() <= v.Last {
			a.frames = append(a.frames, f)
		}
	}
	a.apply()
	return v, nil
}

// any reports whether there are rules that are on.
func (b *ruleBook) any() bool {
	for _, set := range b.sets {
		if !b.off[set.Origin] && len(set.rules) > 0 {
			return true
		}
	}
	return false
}

// applying is the making of one view.
type applying struct {
	s       *Session
	g       dump.Goroutine
	v       *View
	frames  []dump.Frame // of the slice: to find one takes time where many stacks are joined
	labels  int
	reading *Reading // of this view
	command *Reading
}

// apply goes from the root of the stack inwards, since a frame's rule decides
// about those that it called.
func (a *applying) apply() {
	var wrappers []dump.Function // that called the frame at hand
	for i := a.v.Last; i >= a.v.First; i-- {
		f := a.frames[i-a.v.First]
		if f.Hidden() {
			wrappers = append(wrappers, f.Function())
			continue
		}
		r, ok := a.ruling(f, wrappers)
		wrappers = wrappers[:0]
		if !ok {
			a.v.Problems = append(a.v.Problems, fmt.Sprintf("from frame %d inwards: matching the rules takes too long", i))
			return
		}
		if r.rule != nil && !a.frame(i, f, r) {
			return
		}
	}
}

// ruling is the rule for a frame. A wrapper stands for what it calls: a rule
// that names it is about that. It is false if that takes too long to find.
func (a *applying) ruling(f dump.Frame, wrappers []dump.Function) (ruling, bool) {
	b := a.s.book()
	r, ok := b.rulingOf(f.Function(), false)
	for _, w := range wrappers {
		if ok && r.rule == nil {
			r, ok = b.rulingOf(w, true)
		}
	}
	return r, ok
}

// frame applies a rule to frame i; false if what it called is not to be shown.
func (a *applying) frame(i int, f dump.Frame, r ruling) bool {
	at := i - a.v.First
	shown := &a.v.shown[at]
	label := ""
	if r.rule.Actions&rule.Labelled != 0 {
		var err error
		if label, err = a.label(i, r.rule); err != nil {
			shown.Problem = r.source() + ": " + err.Error()
			a.v.Problems = append(a.v.Problems, fmt.Sprintf("frame %d: %s", i, shown.Problem))
			return true
		}
	}
	shown.NoPlace = r.rule.Actions&rule.HideLine != 0
	if label != "" {
		shown.Inner = append(shown.Inner, label)
	}
	if r.rule.Actions&rule.Hide != 0 {
		a.hide(i, f)
	}
	if r.rule.Actions&(rule.Prune|rule.Replace) == 0 {
		return true
	}
	for k := i - 1; k >= a.v.First; k-- {
		if inner := a.frames[k-a.v.First]; !inner.Hidden() {
			a.hide(k, inner)
		}
	}
	return false
}

// hide hides a frame, unless it is the culprit.
func (a *applying) hide(i int, f dump.Frame) {
	if c, ok := a.s.d.Cause().Frame(); ok && c.Goroutine() == f.Goroutine() && c.PC() == f.PC() && c.CFA() == f.CFA() && c.Function() == f.Function() {
		return
	}
	a.v.shown[i-a.v.First].Hidden = true
	a.v.Hidden++
}

// labelConfig is how values are shown in labels.
func labelConfig() LoadConfig {
	c := LongConfig()
	c.MaxArrayValues, c.MaxStructFields = 8, 8
	return c
}

// label evaluates the label of a rule in frame i.
func (a *applying) label(i int, r *rule.Rule) (string, error) {
	if a.labels++; a.labels > maxLabels || a.reading.Spent() {
		return "", fail(ErrTooMuch, "too many labels on one stack")
	}
	if a.command.Unsearched() {
		return "", fail(ErrTooMuch, "the labels take too long")
	}
	scope, err := a.s.ScopeAt(a.g.ID(), i)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	stale := false
	for _, part := range r.Label {
		if !part.Expr {
			out.WriteString(Printable(part.Text))
			continue
		}
		left := maxLabelSteps
		value, err := scope.evalWithin(part.Text, &left)
		a.command.search(maxLabelSteps - left)
		if err != nil {
			return "", fail(classOf(err), "%s: %v", part.Text, err)
		}
		text, err := value.labelText()
		if err != nil {
			return "", fail(ErrAbsent, "%s: %v", part.Text, err)
		}
		out.WriteString(text)
		stale = stale || value.Stale()
	}
	if stale {
		out.WriteString(" " + StaleMark)
	}
	return out.String(), nil
}

// labelText is the result as a label has it: a string without quotes.
func (r Result) labelText() (string, error) {
	if err := r.o.present(); err != nil {
		return "", err
	}
	n := r.node(labelConfig())
	if n.stub != "" {
		return "", fail(ErrAbsent, "%s", n.stub)
	}
	if n.kind == dump.KindString {
		return formatNode(&n, "%s"), nil
	}
	return formatNode(&n, ""), nil
}
