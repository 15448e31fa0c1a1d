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
// pointers in a frame are alive at a call.

// frameLiveness is what the stack maps say of one frame, nil if nothing.
type frameLiveness struct {
	image.Liveness
	arch *unwind.Arch
}

func (c *run) liveness(p *plan.Plan) *frameLiveness {
	if p.Exact { // the maps are those of calls
		return nil
	}
	l, ok := p.Fn.Liveness(p.PC - 1)
	if !ok {
		return nil
	}
	return &frameLiveness{l, unwind.ArchOf(c.e.img)}
}

// dead reports whether all pointers of a variable are dead, as far as they
// lie in the frame.
func (l *frameLiveness) dead(in *instance) bool {
	if l == nil {
		return false
	}
	found := false
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
