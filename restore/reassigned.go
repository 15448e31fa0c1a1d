package restore

import (
	"go/ast"
	"go/token"

	"github.com/gopostmortem/postmortem/dump"
)

// An optimising compiler computes a value where it is convenient, before or
// after the line that assigns it, and drops the assignment if nobody needs it.
// Its debug information then gives a variable an earlier value, or already the
// next one, or a string's new length with its old bytes. The program does not
// tell; its source does: a variable that the compiler may keep in a register,
// and that is assigned in more than one place of its function, may show another
// value than the line has, unless the capture found out which lines made the
// value, and these are the ones of the last assignments. (In random programs, in
// which most variables are assigned again, one in six of those that are left
// is wrong, and none of the others.)

// Bounds on the source that is parsed for this, whose tree takes some sixty
// times its bytes, and on what is kept of it.
const (
	maxParsed      = 512 << 10 // bytes of a file
	maxParsedAll   = 64 << 20  // bytes of a session, some of them several times
	maxSourceBytes = 512 << 20 // that a session decompresses to have them
	maxAssignments = 1 << 17   // of a session
	maxOfName      = 1000      // of one name in a file
	maxBrackets    = 1000      // in one another: the parser goes as deep
)

// nested reports whether brackets lie too deep in one another.
func nested(text []byte) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '(', '[', '{':
			if depth++; depth > maxBrackets {
				return true
			}
		case ')', ']', '}':
			depth--
		}
	}
	return false
}

// doubted marks those variables of a frame that may show another value than theirs.
func (sc Scope) doubted(vars []dump.Variable) []dump.Variable {
	if sc.s == nil || !sc.s.d.Meta().Optimized {
		return vars
	}
	for i, v := range vars {
		if !v.Stale() && !v.Fixed() && v.Kind() != dump.VarGlobal && v.Kind() != dump.VarCaptured && !sc.holds(v) {
			vars[i] = v.MarkStale()
		}
	}
	return vars
}

// holds reports whether no assignment can make a variable's value another than
// the one that is shown.
func (sc Scope) holds(v dump.Variable) bool {
	part := true // an assignment to x.f does not change a pointer x
	switch v.Type().Kind() {
	case dump.KindPointer, dump.KindSlice, dump.KindMap:
		part = false
	}
	path := sc.f.File()
	a := sc.s.source(path)
	if a.unknown {
		return !v.Moved()
	}
	if !a.reassigned(v.Name(), v.DeclLine(), !part) {
		return true
	}
	f := sc.s.flow(flowKey{path, v.Name(), v.DeclLine(), part})
	return f != nil && f.holds(sc.f.Line(), v.SetOn())
}

// source parses a file of the dump, once.
func (s *Session) source(path string) *assignments {
	if a, ok := s.parsed[path]; ok {
		return a
	}
	a := &assignments{all: true}
	if s.assignments < maxAssignments {
		t, err := s.tree(path)
		switch {
		case err != nil:
			a.all, a.unknown = false, true
		case t != nil:
			a = assignmentsOf(t, maxAssignments-s.assignments)
			s.assignments += a.n
		}
	}
	if s.parsed == nil {
		s.parsed = map[string]*assignments{}
	}
	s.parsed[path] = a
	return a
}

// assignments are those of one source file, by the variable's name.
type assignments struct {
	byName  map[string][]assignment
	locking lockCalls
	n       int  // of both
	all     bool // there are too many: anything may be assigned anywhere

	unknown bool // there is no source: only what the compiler tells is known
}

// assignment is a statement that changes a variable or a part of it.
type assignment struct {
	line     int   // its first
	declares bool  // with :=, a variable that may be new
	part     bool  // of the variable, or of what it leads to
	function lines // the declared function that it lies in
}

// lines is a range of lines.
type lines struct{ first, last int }

func (l lines) has(line int) bool { return l.first <= line && line <= l.last }

// assignmentsOf collects those of a file. No more than most are kept.
func assignmentsOf(t *tree, most int) *assignments {
	c := &collector{fset: t.fset, out: map[string][]assignment{}, locking: lockCalls{map[int]lockName{}, map[lockName][]lockCall{}}, most: most}
	for _, d := range t.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			c.function = lines{c.line(f.Pos()), c.line(f.End())}
			ast.Inspect(f.Body, c.visit)
		}
	}
	c.locking.sort()
	return &assignments{byName: c.out, locking: c.locking, n: c.n, all: c.n == c.most}
}

// collector walks over a function.
type collector struct {
	fset     *token.FileSet
	out      map[string][]assignment
	locking  lockCalls
	function lines
	n, most  int       // assignments and calls
	deferred token.Pos // the end of the last defer statement
}

func (c *collector) line(p token.Pos) int { return c.fset.PositionFor(p, false).Line }

func (c *collector) visit(n ast.Node) bool {
	switch s := n.(type) {
	case *ast.DeferStmt:
		c.lockCall(s.Call, true)
		c.deferred = max(c.deferred, s.End())
	case *ast.CallExpr:
		if s.Pos() >= c.deferred { // or it has not run
			c.lockCall(s, false)
		}
	case *ast.AssignStmt:
		for _, e := range s.Lhs {
			c.assigned(e, s, s.Tok == token.DEFINE)
		}
	case *ast.IncDecStmt:
		c.assigned(s.X, s, false)
	case *ast.RangeStmt:
		if s.Tok == token.ASSIGN {
			c.assigned(s.Key, s, false)
			c.assigned(s.Value, s, false)
		}
	}
	return true
}

// assigned notes the variable that an expression on the left-hand side changes.
func (c *collector) assigned(e ast.Expr, s ast.Stmt, declares bool) {
	part := false
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
			continue
		case *ast.SelectorExpr:
			e, part = x.X, true
			continue
		case *ast.IndexExpr:
			e, part = x.X, true
			continue
		case *ast.Ident:
			if c.n < c.most && len(c.out[x.Name]) <= maxOfName {
				c.n++
				c.out[x.Name] = append(c.out[x.Name], assignment{c.line(s.Pos()), declares, part, c.function})
			}
		}
		return
	}
}

// reassigned reports whether the variable of that name, declared on line decl, is
// assigned anywhere else in its function: above the line that a frame is at it
// may show the value of before; below it the value of afterwards, if that was
// at hand already. With whole, statements that change a part do not count.
// Variables of one name are not told apart.
func (a *assignments) reassigned(name string, decl int, whole bool) bool {
	list := a.byName[name]
	if a.all || len(list) > maxOfName {
		return true
	}
	for _, s := range list {
		if s.function.has(decl) && !(s.declares && s.line == decl) && !(s.part && whole) {
			return true
		}
	}
	return false
}

// mayBeGone reports whether what a variable leads to may have been collected:
// the function no longer needs it, and the collector has run. A pointer into a
// stack that has moved since is found by the capture, but only on Linux for sure.
func mayBeGone(v dump.Variable) bool {
	if !v.Dead() {
		return false
	}
	m := v.Value().Dump().Meta()
	if m.GOOS != "linux" {
		return true
	}
	for _, s := range m.MemStats {
		if s.Name == "NumGC" {
			return s.Value > 0
		}
	}
	return true
}
