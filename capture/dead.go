package capture

import (
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// A function that needs a variable no longer leaves it where it is. The
// collector then does not follow the variable's pointers: they may lead to
// memory that has been used again since. The compiler's stack maps tell which
// pointers in a frame are alive at a call. A frame that was interrupted elsewhere
// has the map of the call before, in the order of the code: a variable that lives
// on the heap and was not alive then may be gone, one that is assigned later
// cannot be told from it. And in one that a fault interrupted nothing is alive.

// frameLiveness is what the stack maps say of one frame, nil if nothing.
type frameLiveness struct {
	image.Liveness
	arch  *unwind.Arch
	exact bool // the map is not that of the frame's PC
	gone  bool // nothing is alive
}

func (c *run) liveness(p *plan.Plan, gone bool) *frameLiveness {
	if gone {
		return &frameLiveness{gone: true}
	}
	pc := p.PC
	if !p.Exact {
		pc--
	}
	l, ok := p.Fn.Liveness(pc)
	if !ok {
		return nil
	}
	return &frameLiveness{l, unwind.ArchOf(c.e.img), p.Exact, false}
}

// dead reports whether all pointers of a variable are dead, as far as they
// lie in the frame.
func (l *frameLiveness) dead(in *instance) bool {
	if l == nil || l.exact && !in.escaped {
		return false
	}
	found := false
	if l.gone {
		in.eachPointer(0, in.size, func(int64) { found = true })
		return found
	}
	at := int64(0) // in the variable
	for _, p := range in.pieces {
		size := p.Size
		if size == 0 {
			size = in.size
		}
		if p.Kind == plan.PieceCFA {
			alive := false
			in.eachPointer(at, at+size, func(off int64) {
				live, known := l.pointer(p.Off + off - at)
				alive, found = alive || live || !known, found || known
			})
			if alive {
				return false
			}
		}
		at += size
	}
	return found
}

// pointer looks at the word at a distance from the CFA.
func (l *frameLiveness) pointer(off int64) (alive, known bool) {
	if args := l.arch.ArgsOffset(); off >= args {
		return l.Argument(off - args)
	}
	return l.Local(off - l.arch.LocalsOffset())
}

// eachPointer visits the pointers of a variable that lie between two offsets.
// Of arrays the first element is looked at.
func (in *instance) eachPointer(lo, hi int64, visit func(off int64)) {
	if in.escaped {
		visit(lo)
		return
	}
	var walk func(s *types.Scan, off int64)
	walk = func(s *types.Scan, off int64) {
		for i := range s.Words {
			at := off + s.Words[i].Offset
			if s.Words[i].Kind == model.KindInterface {
				at += 8 // the first word leads to a type
			}
			if at >= lo && at+8 <= hi {
				visit(at)
			}
		}
		for i := range s.Repeats {
			walk(s.Repeats[i].Body, off+s.Repeats[i].Offset)
		}
	}
	walk(in.typ.Scan(), 0)
}
