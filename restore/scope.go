package restore

import (
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// Scope is one frame's view of the program: what names mean there. In the
// zero Scope nothing has a name.
type Scope struct {
	s      *Session
	g      dump.Goroutine
	f      dump.Frame
	framed bool

	deferred bool
	captured []dump.Variable // what a deferred call sees, in place of the frame's variables
}

// Goroutine is whose frame it is.
func (sc Scope) Goroutine() dump.Goroutine { return sc.g }

// Frame is the frame; false in a scope that sees package variables only.
func (sc Scope) Frame() (dump.Frame, bool) { return sc.f, sc.framed }

// Args lists the parameters and results of the frame's function.
func (sc Scope) Args() []dump.Variable {
	return sc.pick(func(k dump.VarKind) bool { return k == dump.VarParam || k == dump.VarResult })
}

// Locals lists the other variables of the frame, captured ones among them.
func (sc Scope) Locals() []dump.Variable {
	return sc.pick(func(k dump.VarKind) bool { return k == dump.VarLocal || k == dump.VarCaptured })
}

// Deferred is the view of the n-th pending deferred call of the frame's
// function, the first being 1: what the call's closure captured.
func (sc Scope) Deferred(n int) (Scope, error) {
	if !sc.framed {
		return Scope{}, noFrame(sc.g, 0)
	}
	defers := slices.DeleteFunc(sc.f.Defers(), func(x dump.Defer) bool { return x.Running })
	if n < 1 || n > len(defers) {
		return Scope{}, fail(ErrRange, "invalid deferred call %d: frame %d has %d", n, sc.f.Index(), len(defers))
	}
	sc.deferred, sc.captured = true, nil
	if f, ok := defers[n-1].Func(); ok {
		sc.captured = f.Captured
	}
	return sc, nil
}

func (sc Scope) variables() []dump.Variable {
	if sc.deferred {
		return sc.captured
	}
	return sc.doubted(sc.f.Variables())
}

func (sc Scope) pick(want func(dump.VarKind) bool) []dump.Variable {
	if !sc.framed {
		return nil
	}
	var out []dump.Variable
	_, raw := sc.NoVariables() // then the words of arguments are all there is
	for _, v := range sc.variables() {
		if want(v.Kind()) && (raw || !v.Fake()) {
			out = append(out, v)
		}
	}
	return out
}

// NoVariables says why the frame shows no variables, if there is a reason.
func (sc Scope) NoVariables() (mock.Stub, bool) {
	if !sc.framed || sc.deferred {
		return mock.Stub{}, false
	}
	return sc.f.NoVariables()
}

// local finds the variable of that name that the frame's code would see.
func (sc Scope) local(name string) (dump.Variable, bool) {
	if !sc.framed {
		return dump.Variable{}, false
	}
	var found dump.Variable
	for _, v := range sc.variables() {
		if v.Name() == name && (!v.Shadowed() || !found.Valid()) {
			found = v
		}
	}
	return found, found.Valid()
}

// global finds a package variable: by import path and name, or by the last
// element of the path where that is not ambiguous.
func (sc Scope) global(pkg, name string) (dump.Variable, bool, error) {
	if sc.s == nil {
		return dump.Variable{}, false, nil
	}
	sc.s.index()
	found := sc.s.vars[pkg+"."+name]
	if len(found) == 0 {
		return dump.Variable{}, false, nil
	}
	for _, v := range found[1:] {
		if v.Name() != found[0].Name() && found[0].Name() != pkg+"."+name {
			return dump.Variable{}, false, fail(ErrUnknown, "%s.%s is ambiguous: write %q.%s or %q.%s", pkg, name,
				packageOf(found[0].Name()), name, packageOf(v.Name()), name)
		}
	}
	return found[0], true, nil
}

// index makes the tables of names, once.
func (s *Session) index() {
	s.names.Do(func() {
		s.types = map[string]dump.Type{}
		for t := range s.d.Types() {
			if short := shortName(t.Name()); short != t.Name() {
				if _, taken := s.types[short]; !taken {
					s.types[short] = t
				}
			}
		}
		s.vars = map[string][]dump.Variable{}
		for v := range s.d.Globals() {
			full, short := v.Name(), shortName(v.Name())
			s.vars[full] = append([]dump.Variable{v}, s.vars[full]...)
			if short != full {
				s.vars[short] = append(s.vars[short], v)
			}
		}
	})
}

// shortName leaves the directories of import paths out of a name:
// map[string]*net/http.Request becomes map[string]*http.Request.
func shortName(name string) string {
	if !strings.Contains(name, "/") {
		return name
	}
	var b strings.Builder
	start := 0 // of the word that is being read
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] == '/':
			start = i + 1
		case !pathByte(name[i]):
			b.WriteString(name[start : i+1])
			start = i + 1
		}
	}
	return b.String() + name[start:]
}

// pathByte reports whether c can be part of an import path and the name after it.
func pathByte(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("._-~%+", c) >= 0
}

// Names lists the names that an expression can begin with in this scope.
func (sc Scope) Names() []string {
	var out []string
	if sc.framed {
		for _, v := range sc.variables() {
			if !v.Fake() {
				out = append(out, Printable(v.Name()))
			}
		}
	}
	if sc.s == nil {
		return nil
	}
	for v := range sc.s.d.Globals() {
		name := shortName(v.Name())
		out = append(out, Printable(name))
		if sc.framed && packageOf(v.Name()) == sc.f.Function().Package() {
			out = append(out, Printable(lastName(name)))
		}
	}
	return out
}
