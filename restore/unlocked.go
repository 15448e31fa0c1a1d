package restore

import (
	"cmp"
	"go/ast"
	"slices"
)

// lockCalls are the calls of methods Lock, RLock, Unlock and RUnlock in a source file.
type lockCalls struct {
	deferred map[int]lockName // by line
	called   map[lockName][]lockCall
}

// lockName is a lock as a function writes it.
type lockName struct {
	function lines  // the declared one
	lock     string // the expression in front of the method, "" if that is not just names
}

// lockCall is a call that is not deferred.
type lockCall struct {
	line    int
	unlocks bool
}

// lockCall notes a call that locks or unlocks.
func (c *collector) lockCall(call *ast.CallExpr, deferred bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || c.n == c.most {
		return
	}
	unlocks := sel.Sel.Name == "Unlock" || sel.Sel.Name == "RUnlock"
	if !unlocks && sel.Sel.Name != "Lock" && sel.Sel.Name != "RLock" {
		return
	}
	c.n++
	name, line := lockName{c.function, namesText(sel.X)}, c.line(sel.Sel.Pos())
	if deferred {
		c.locking.deferred[line] = name
		return
	}
	c.locking.called[name] = append(c.locking.called[name], lockCall{line, unlocks})
}

// sort brings the calls of each lock in the order of their lines, in one those last that unlock.
func (l lockCalls) sort() {
	for _, calls := range l.called {
		slices.SortFunc(calls, func(a, b lockCall) int {
			if a.line == b.line && a.unlocks != b.unlocks {
				if a.unlocks {
					return 1
				}
				return -1
			}
			return cmp.Compare(a.line, b.line)
		})
	}
}

// namesText writes an expression of a few names: s.mu.
func namesText(e ast.Expr) string {
	const most = 8
	text := ""
	for range most {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name + text
		case *ast.SelectorExpr:
			e, text = x.X, "."+x.Sel.Name+text
		default:
			return ""
		}
	}
	return ""
}

// unlocked reports whether a function whose deferred Unlock is on one line may
// have unlocked before another one, to which it has come: the last call in
// between that locks or unlocks the same lock unlocks it. A goroutine that is
// there need not hold it.
func (a *assignments) unlocked(deferred, now int) bool {
	name, ok := a.locking.deferred[deferred]
	if !ok {
		return false
	}
	calls := a.locking.called[name]
	upTo := func(line int) int {
		i, _ := slices.BinarySearchFunc(calls, line+1, func(x lockCall, line int) int { return cmp.Compare(x.line, line) })
		return i
	}
	i := upTo(now)
	if i > 0 && calls[i-1].line == now && !calls[i-1].unlocks {
		i = upTo(now - 1) // it waits there
	}
	return i > 0 && calls[i-1].line >= deferred && calls[i-1].unlocks
}
