package restore

import (
	"go/ast"
	"go/token"
	"math/bits"
)

// Which assignments of a variable can be the last one that was executed when
// its function is at some line: the reaching definitions of compilers, by
// walking over the statements.

// reached is a set of assignments, by their number.
type reached uint64

const (
	maxReached   = 63      // assignments of one variable that are told apart
	maxPlaces    = 1 << 17 // of a function
	maxFlowSteps = 1 << 22 // parts of source that are looked at in a session, each time for one variable
)

// flow is what is known of one variable in one function.
type flow struct {
	settings []lines         // in the order in which they were found; no lines: by the caller
	at       map[int]reached // by line; none: it depends on where in the line
	again    reached         // those that can follow themselves
	declared bool
	unknown  bool // it may be assigned at any time
}

// holds reports whether the variable has, at a line, the value that is in its
// place, which code of some lines has put there: each assignment that can be the
// last one did, and nothing else. Two assignments on one line cannot be told
// apart; nor, where there are several, what a loop assigned this time and before.
func (f *flow) holds(line int, set []int) bool {
	last := f.at[line]
	switch {
	case f.unknown || !f.declared:
		return false
	case len(f.settings) == 1:
		return true
	case last == 0:
		return false
	}
	did := reached(0)
	for _, l := range set {
		by := reached(0)
		for i, s := range f.settings {
			if s.has(l) {
				by |= 1 << i
			}
		}
		if bits.OnesCount64(uint64(by)) != 1 {
			return false
		}
		did |= by
	}
	return did == last && (bits.OnesCount64(uint64(last)) == 1 || last&f.again == 0)
}

// flowWalker makes a flow.
type flowWalker struct {
	flow
	fset    *token.FileSet
	name    string
	decl    int
	part    bool // assignments to parts change the variable
	steps   *int
	numbers map[ast.Node]int
	hidden  bool // a variable of an inner scope has the name
	targets []target
	jumps   map[string]reached // by goto, to labels
	jumped  bool               // one of them got more since the function was begun
	label   string             // of the statement that comes next
	places  map[place]reached
	ranges  []int // lines of the range statements around
	call    int   // line of the call of the outermost literal that is walked over
	returns *reached
}

// target is a statement that break and continue leave or go on with.
type target struct {
	label     string
	loop      bool
	brk, cont *reached
}

// function is a declared function or a function literal.
type function struct {
	recv *ast.FieldList
	typ  *ast.FuncType
	body *ast.BlockStmt
}

// walk walks over a function.
func (w *flowWalker) walk(fn function) *flow {
	w.numbers, w.places, w.jumps = map[ast.Node]int{}, map[place]reached{}, map[string]reached{}
	in, params := reached(0), false
	for _, list := range []*ast.FieldList{fn.recv, fn.typ.Params, fn.typ.Results} {
		if list == nil {
			continue
		}
		for _, f := range list.List {
			for _, n := range f.Names {
				if n.Name == w.name && w.line(n.Pos()) == w.decl {
					w.declared, params = true, true
					in = w.set(f, lines{}, 0) // by the caller
				}
			}
		}
	}
	for w.jumped = true; w.jumped && !w.unknown; {
		w.jumped = false
		w.list(fn.body.List, in, params)
	}
	w.settle()
	return &w.flow
}

func (w *flowWalker) line(p token.Pos) int { return w.fset.PositionFor(p, false).Line }

func (w *flowWalker) span(n ast.Node) lines { return lines{w.line(n.Pos()), w.line(n.End())} }

// place is a part of a line.
type place struct {
	node ast.Node
	line int
}

// note says that a set of assignments can be the last at a node's lines, and at
// those of the calls around it whose code is written where it is.
func (w *flowWalker) note(n ast.Node, in reached) {
	for l := w.span(n); l.first <= l.last && w.step(); l.first++ {
		w.places[place{n, l.first}] |= in
	}
	if w.call != 0 {
		w.places[place{n, w.call}] |= in
	}
	for _, line := range w.ranges {
		w.step()
		w.places[place{n, line}] |= in
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncLit); ok && w.assigns(f.Body) {
			w.unknown = true // at whatever time
		}
		return w.step()
	})
}

// step reports whether more may be looked at.
func (w *flowWalker) step() bool {
	if *w.steps++; *w.steps > maxFlowSteps || len(w.places) > maxPlaces {
		w.unknown = true
	}
	return !w.unknown
}

// settle finds the lines in which it does not matter where one is.
func (w *flowWalker) settle() {
	w.at = map[int]reached{}
	for p, r := range w.places {
		if is, ok := w.at[p.line]; ok && is != r {
			r = 0
		}
		w.at[p.line] = r
	}
}

// assigns reports whether a statement assigns to a variable of the name.
func (w *flowWalker) assigns(s ast.Node) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			for _, e := range s.Lhs {
				found = found || w.is(e) != 0
			}
		case *ast.IncDecStmt:
			found = found || w.is(s.X) != 0
		case *ast.RangeStmt:
			found = found || w.is(s.Key) != 0 || w.is(s.Value) != 0
		}
		return w.step() && !found
	})
	return found
}

// What an expression on the left-hand side is.
const (
	another = iota
	partOf
	whole
)

// is tells whether an expression on the left-hand side is the variable.
func (w *flowWalker) is(e ast.Expr) int {
	how := whole
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e, how = x.X, partOf
		case *ast.IndexExpr:
			e, how = x.X, partOf
		case *ast.Ident:
			if x.Name != w.name || !w.declared || w.hidden || how == partOf && !w.part {
				return another
			}
			return how
		default:
			return another
		}
	}
}

// set carries out an assignment of the whole variable, which has the value of
// one of some others before.
func (w *flowWalker) set(n ast.Node, l lines, in reached) reached {
	i, ok := w.numbers[n]
	if w.call != 0 {
		l = lines{w.call, w.call}
	}
	if !ok {
		if i = len(w.settings); i == maxReached {
			w.unknown = true
			return 0
		}
		w.numbers[n] = i
		w.settings = append(w.settings, l)
	}
	w.again |= in & (1 << i)
	return 1 << i
}

// assign carries out what a statement assigns to an expression.
func (w *flowWalker) assign(n ast.Node, e ast.Expr, l lines, in reached) reached {
	switch w.is(e) {
	case whole:
		return w.set(n, l, in)
	case partOf:
		return in | w.set(n, l, in)
	}
	return in
}

// declare carries out a declaration. It is the variable's if it is on its line;
// in the block of the variable it assigns, elsewhere it hides it.
func (w *flowWalker) declare(n ast.Node, e ast.Expr, l lines, in reached, here *bool) reached {
	id, ok := e.(*ast.Ident)
	switch {
	case !ok || id.Name != w.name || w.hidden:
	case w.line(id.Pos()) == w.decl && w.call != 0: // of the literal's own function
		w.hidden = true
	case w.line(id.Pos()) == w.decl:
		if _, again := w.numbers[n]; w.declared && !again { // two of a name on one line
			w.unknown = true
		}
		w.declared, *here = true, true
		return w.set(n, l, 0)
	case *here:
		return w.set(n, l, in)
	case w.declared:
		w.hidden = true
	}
	return in
}
