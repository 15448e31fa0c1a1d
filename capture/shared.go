package capture

import (
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// claim is a variable that, says DWARF, has a place of its own in the stack
// frame for as long as its function runs.
type claim struct {
	place
	lo, hi int64
	line   int64
}

// unshare settles claims to the same bytes. Since Go 1.23 the compiler lets
// variables whose lives do not overlap share a place (cmd/compile's
// mergelocals), and says of each that it has it always. The one that came into
// scope last has the bytes: that of the innermost inlined call, and of several
// in one function the one declared furthest down, as the others had to be dead
// before it was set. What the others show would be its bytes.
func unshare(rec *model.Loc, claims []claim) {
	for i := range claims {
		for j := range claims {
			a, b := &claims[i], &claims[j]
			if i == j || a.hi <= b.lo || b.hi <= a.lo {
				continue
			}
			if b.frame < a.frame || b.frame == a.frame && (b.line > a.line || b.line == a.line && b.index > a.index) {
				v := &rec.Frames[a.frame].Vars[a.index]
				v.Place, v.Off, v.Reason = model.PlaceNone, 0, mock.OptimizedOut
				break
			}
		}
	}
}

// claim notes a variable that holds its place for the whole of its function.
func (l *location) claim(at place, v *plan.Var, size int64) {
	if v.Listed || len(v.Pieces) != 1 || v.Pieces[0].Kind != plan.PieceCFA || v.Pieces[0].Off >= 0 || size == 0 {
		return
	}
	off := v.Pieces[0].Off
	l.claims = append(l.claims, claim{at, off, off + size, v.DeclLine})
}
