package restore

import (
	"go/ast"
	"go/token"
)

// list walks over the statements of a block; here tells that the variable is
// declared in it.
func (w *flowWalker) list(list []ast.Stmt, in reached, here bool) reached {
	hidden := w.hidden
	for _, s := range list {
		in = w.stmt(s, in, &here)
	}
	w.hidden = hidden
	return in
}

// stmt gives the assignments that can be the last after a statement, of those
// that can be before it.
func (w *flowWalker) stmt(s ast.Stmt, in reached, here *bool) reached {
	if !w.step() {
		return in
	}
	label := w.label
	w.label = ""
	switch s := s.(type) {
	case nil:
		return in
	case *ast.AssignStmt:
		w.note(s, in)
		return w.assignment(s, in, here)
	case *ast.IncDecStmt:
		w.note(s, in)
		return w.assign(s, s.X, w.span(s), in)
	case *ast.DeclStmt:
		w.note(s, in)
		return w.declaration(s, in, here)
	case *ast.LabeledStmt:
		w.label = s.Label.Name
		return w.stmt(s.Stmt, in|w.jumps[w.label], here)
	case *ast.BlockStmt:
		return w.list(s.List, in, false)
	case *ast.BranchStmt:
		return w.branch(s, in)
	case *ast.ReturnStmt:
		w.note(s, in)
		if w.returns != nil {
			*w.returns |= in
		}
		return 0
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && len(call.Args) == 0 {
			if lit, ok := call.Fun.(*ast.FuncLit); ok {
				return w.literal(lit, w.line(call.Lparen), in)
			}
		}
	case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return w.nested(s, in, label)
	}
	w.note(s, in)
	return in
}

// literal walks over a function literal that is called where it stands. If the
// compiler has inlined it, its code belongs to the line of the call.
func (w *flowWalker) literal(lit *ast.FuncLit, line int, in reached) reached {
	var returns reached
	targets, outer, call := w.targets, w.returns, w.call
	w.targets, w.returns = nil, &returns
	if call == 0 {
		w.call = line
	}
	out := w.list(lit.Body.List, in, false) | returns
	w.places[place{lit, w.call}] |= out
	w.targets, w.returns, w.call = targets, outer, call
	return out
}

func (w *flowWalker) assignment(s *ast.AssignStmt, in reached, here *bool) reached {
	out := in
	for _, e := range s.Lhs {
		switch {
		case s.Tok == token.DEFINE:
			if o := w.declare(s, e, w.span(s), in, here); o != in {
				out = o
			}
		default:
			if o := w.assign(s, e, w.span(s), in); o != in {
				out = o
			}
		}
	}
	return out
}

func (w *flowWalker) declaration(s *ast.DeclStmt, in reached, here *bool) reached {
	g, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return in
	}
	for _, spec := range g.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok {
			for _, n := range v.Names {
				in = w.declare(v, n, w.span(v), in, here)
			}
		}
	}
	return in
}

func (w *flowWalker) branch(s *ast.BranchStmt, in reached) reached {
	w.note(s, in)
	if s.Tok == token.GOTO && s.Label != nil {
		if to := s.Label.Name; w.jumps[to]|in != w.jumps[to] {
			w.jumps[to] |= in
			w.jumped = true
		}
		return 0
	}
	for i := len(w.targets) - 1; i >= 0; i-- {
		t := &w.targets[i]
		if s.Label != nil && s.Label.Name != t.label || s.Label == nil && s.Tok == token.CONTINUE && !t.loop {
			continue
		}
		switch s.Tok {
		case token.BREAK:
			*t.brk |= in
			return 0
		case token.CONTINUE:
			*t.cont |= in
			return 0
		}
	}
	if s.Tok != token.FALLTHROUGH {
		w.unknown = true
	}
	return in
}

// nested walks over a statement with blocks in it. What its header declares is
// not visible behind it.
func (w *flowWalker) nested(s ast.Stmt, in reached, label string) reached {
	hidden, here := w.hidden, false
	defer func() { w.hidden = hidden }()
	switch s := s.(type) {
	case *ast.IfStmt:
		in = w.stmt(s.Init, in, &here)
		w.note(s.Cond, in)
		out := w.list(s.Body.List, in, false)
		if s.Else == nil {
			return out | in
		}
		return out | w.stmt(s.Else, in, new(bool))
	case *ast.ForStmt:
		return w.loop(label, w.stmt(s.Init, in, &here), s.Cond == nil, func(head reached, cont *reached) reached {
			if s.Cond != nil {
				w.note(s.Cond, head)
			}
			out := w.list(s.Body.List, head, false) | *cont
			return w.stmt(s.Post, out, new(bool))
		})
	case *ast.RangeStmt:
		return w.loop(label, in, false, func(head reached, cont *reached) reached {
			l := lines{w.line(s.For), w.line(s.X.End())}
			w.note(s.X, head)
			for _, e := range []ast.Expr{s.Key, s.Value} {
				switch {
				case e == nil:
				case s.Tok == token.DEFINE:
					head = w.declare(e, e, l, head, &here)
				default:
					head = w.assign(e, e, l, head)
				}
			}
			w.ranges = append(w.ranges, l.first)
			out := w.list(s.Body.List, head, false)
			w.ranges = w.ranges[:len(w.ranges)-1]
			return out | *cont
		})
	case *ast.SwitchStmt:
		in = w.stmt(s.Init, in, &here)
		if s.Tag != nil {
			w.note(s.Tag, in)
		}
		return w.clauses(label, s.Body, in)
	case *ast.TypeSwitchStmt:
		in = w.stmt(s.Init, in, &here)
		return w.clauses(label, s.Body, w.stmt(s.Assign, in, &here))
	case *ast.SelectStmt:
		return w.clauses(label, s.Body, in)
	}
	return in
}

// loop walks over a loop until nothing changes: each time more assignments may
// reach its head. The body gives those of its end.
func (w *flowWalker) loop(label string, in reached, forever bool, body func(head reached, cont *reached) reached) reached {
	var brk reached
	head := in
	for {
		var cont reached
		w.targets = append(w.targets, target{label, true, &brk, &cont})
		out := body(head, &cont)
		w.targets = w.targets[:len(w.targets)-1]
		if out|head == head || w.unknown {
			break
		}
		head |= out
	}
	if forever {
		return brk
	}
	return head | brk
}

// clauses walks over those of a switch or select.
func (w *flowWalker) clauses(label string, body *ast.BlockStmt, in reached) reached {
	var brk, through reached
	out, all := reached(0), false
	w.targets = append(w.targets, target{label, false, &brk, nil})
	for _, s := range body.List {
		switch c := s.(type) {
		case *ast.CaseClause:
			all = all || c.List == nil
			for _, e := range c.List {
				w.note(e, in)
			}
			through = w.list(c.Body, in|through, false)
			if n := len(c.Body); n > 0 {
				if b, ok := c.Body[n-1].(*ast.BranchStmt); ok && b.Tok == token.FALLTHROUGH {
					continue
				}
			}
			out, through = out|through, 0
		case *ast.CommClause:
			all = true
			here, hidden := false, w.hidden
			out |= w.list(c.Body, w.stmt(c.Comm, in, &here), here)
			w.hidden = hidden
		}
	}
	w.targets = w.targets[:len(w.targets)-1]
	if !all {
		out |= in
	}
	return out | brk
}
