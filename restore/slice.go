package restore

import (
	"errors"
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/rule"
)

// Slice is a part of a stack. The zero Slice is all of it.
type Slice struct {
	// Since is the outermost frame, and Until the innermost: a number, or a
	// function, package or pattern as rules have them (docs/rules.md), which
	// stands for the outermost and the innermost frame that it matches. ""
	// goes to the end of the stack.
	Since, Until string

	// Limit is the most frames, 0 for any number. They are counted from Until
	// outwards or, if only Since is given, from there inwards. What the
	// compiler made does not count.
	Limit int

	Raw bool // without rules
}

// ErrNotCaller is the error of a slice whose Since did not call its Until.
var ErrNotCaller = errors.New("not a caller")

// cut finds the frames of a slice.
func (s *Session) cut(g dump.Goroutine, slice Slice) (*View, error) {
	v := &View{First: 0, Last: g.NumFrames() - 1}
	var err error
	if slice.Until != "" {
		if v.First, err = s.findFrame(g, slice.Until, false); err != nil {
			return nil, err
		}
	}
	if slice.Since != "" {
		if v.Last, err = s.findFrame(g, slice.Since, true); err != nil {
			return nil, err
		}
		if v.Last < v.First {
			return nil, fail(ErrNotCaller, "frame %d (%s) did not call frame %d (%s): since is the outer frame, until the inner one",
				v.Last, functionAt(g, v.Last), v.First, functionAt(g, v.First))
		}
	}
	v.limit(g, slice)
	return v, nil
}

func functionAt(g dump.Goroutine, i int) string {
	f, _ := g.Frame(i)
	return f.Function().Name()
}

// limit leaves so many frames at one end.
func (v *View) limit(g dump.Goroutine, slice Slice) {
	if slice.Limit <= 0 {
		return
	}
	at, end, step := v.First, v.Last, 1
	if slice.Since != "" && slice.Until == "" {
		at, end, step = v.Last, v.First, -1
	}
	left := slice.Limit
	for ; at != end+step; at += step {
		if f, ok := g.Frame(at); !ok || f.Hidden() {
			continue
		}
		if left--; left == 0 {
			break
		}
	}
	switch {
	case left > 0:
	case step > 0:
		v.Last = at
	default:
		v.First = at
	}
}

// maxSearch is what it may cost to find a frame by its function, in steps.
const maxSearch = 1 << 26

// findFrame finds the outermost or innermost frame with a number or function.
func (s *Session) findFrame(g dump.Goroutine, ref string, outermost bool) (int, error) {
	if n, err := strconv.Atoi(ref); err == nil {
		if _, ok := g.Frame(n); !ok {
			return 0, noFrame(g, n)
		}
		return n, nil
	}
	p, bad := rule.NewPattern(ref)
	if bad != "" {
		return 0, fail(ErrSyntax, "%q: %s", ref, bad)
	}
	found, left := -1, int64(maxSearch)
	for f := range g.Frames() {
		if f.Hidden() && !p.Exact() {
			continue
		}
		name := f.Function().Name()
		n := rule.NewName(name)
		if left -= p.Cost(n) + int64(len(name)); left < 0 {
			return 0, fail(ErrTooMuch, "%q: the search takes too long", ref)
		}
		if !p.Match(n) {
			continue
		}
		if found = f.Index(); !outermost {
			break
		}
	}
	if found < 0 {
		return 0, fail(ErrUnknown, "goroutine %d has no frame of %s", g.ID(), ref)
	}
	return found, nil
}

// Root is the outermost frame of a goroutine: what it runs, not a wrapper that
// the compiler made, nor the function of the runtime to which that would return. For one that has ended, or never
// was, the error is a *[NoGoroutineError].
func (s *Session) Root(id dump.GoID) (dump.Frame, error) {
	g, ok := s.d.Goroutine(id)
	if !ok {
		return dump.Frame{}, s.noGoroutine(id)
	}
	root, ok := g.Frame(g.NumFrames() - 1)
	if !ok {
		return root, noFrame(g, 0)
	}
	for f := range g.Frames() {
		if !f.Hidden() && f.Function().Name() != "runtime.goexit" {
			root = f
		}
	}
	return root, nil
}
