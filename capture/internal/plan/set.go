package plan

import (
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// What a variable's place in the frame holds was put there from a register, and
// the variable's list of locations says where its value came to be there. The
// line table tells which line that belongs to. A reader who has the source sees
// from that which assignments the value can be of.

// Bounds on the lines that are noted for a variable, and on the ways of its
// values that are followed.
const (
	maxSet  = 8
	maxWays = 64
)

// spilledVar is a variable of frame i of a plan, with its list of locations.
type spilledVar struct {
	c    *Compiler
	p    *Plan
	i    int
	u    *image.Unit
	list int64
	v    *Var
	code *image.Stores

	found   []int64 // lines of the piece that is looked at
	seen    map[way]bool
	unknown bool
	stale   bool
}

// way is a register, and where its value comes from.
type way struct {
	reg int
	is  image.Origin
}

// setOn lists the lines whose code can have made what is in the places of a
// variable; 0 stands for what came with the call. Nil: not known. It is stale if
// another value than the variable's may have been written there: the compiler
// gives the places of values that it spilled and needs no longer to other
// values, without a word in the debug information. Where the frame was interrupted,
// or where a part is in a register, the lines are not told.
func (s *spilledVar) setOn(at uint64) (set []model.Span, stale bool) {
	if len(s.v.Pieces) == 1 && !s.v.Escaped && s.c.size(s.v.Type) > 8 { // not split, not spilled
		return nil, false
	}
	if s.code = s.c.storesOf(s.p.Fn); s.code == nil {
		return nil, false
	}
	if !s.code.Ordered() {
		return nil, s.overwritten(at)
	}
	var lines []int64
	for k := range s.v.Pieces {
		if s.v.Pieces[k].Kind != PieceCFA {
			continue
		}
		s.found, s.seen = nil, map[way]bool{}
		s.inMemory(at, k, &s.v.Pieces[k])
		if lines == nil {
			lines = s.found
		} else if !slices.Equal(lines, s.found) {
			s.unknown = true // they are of different values
		}
	}
	if s.unknown || s.p.Exact || !inFrame(s.v.Pieces) || len(lines) > maxSet {
		return nil, s.stale
	}
	for _, line := range lines {
		if n := len(set); n > 0 && set[n-1].Off+set[n-1].Len == line {
			set[n-1].Len++
		} else {
			set = append(set, model.Span{Off: line, Len: 1})
		}
	}
	return set, s.stale
}

// overwritten reports whether code at the addresses where the variable is said to
// be in its places stores there: that is all that can be told where the order of
// the code is not known.
func (s *spilledVar) overwritten(at uint64) bool {
	low, end := uint64(0), uint64(0)
	var last []Piece
	for e := range s.c.img.Entries(s.u, s.list) {
		p, _ := decode(e.Prog, s.c.img.Bias)
		if e.Low != end || !samePlaces(p, last) {
			low = e.Low
		}
		end, last = e.High, p
		if e.Low > s.p.PC || e.High <= at {
			continue
		}
		for i := range s.v.Pieces {
			if p := &s.v.Pieces[i]; p.Kind == PieceCFA && s.code.Any(low, end, p.Off, max(p.Size, 1)) {
				return true
			}
		}
	}
	return false
}

// inMemory looks for the lines that made piece k, which is in the frame at pc.
func (s *spilledVar) inMemory(pc uint64, k int, at *Piece) {
	s.last(pc, at.Off, max(at.Size, 1), func(st image.Store) {
		if !s.own(st, k) {
			s.unknown, s.stale = true, true
		} else {
			s.inRegister(st.PC, st.Reg, s.code.Origin)
		}
	})
}

// last visits the stores that can be the last ones before pc.
func (s *spilledVar) last(pc uint64, off, size int64, visit func(image.Store)) {
	switch none := s.code.Last(pc, off, size, visit); {
	case none && off >= 0 && s.v.Kind == model.VarParam && s.i == len(s.p.Frames)-1:
		s.find(0)
	case none:
		s.unknown = true
	}
}

// own reports whether a store puts piece k of the variable into memory: it was
// said to be in the register, or is said to be in that place from then on.
func (s *spilledVar) own(st image.Store, k int) bool {
	was, _ := s.c.decodeAt(s.u, s.list, st.PC)
	if len(was) == len(s.v.Pieces) && was[k].Kind == PieceReg {
		return int(was[k].Reg) == st.Reg
	}
	there := func(p []Piece) bool { return len(p) == len(s.v.Pieces) && p[k].Kind == PieceCFA && p[k].Off == st.Off }
	is, _ := s.c.decodeAt(s.u, s.list, st.End)
	return !there(was) && there(is) && st.Reg >= 0
}

// inRegister looks for the lines that made what a register holds at pc.
func (s *spilledVar) inRegister(pc uint64, reg int, origin func(uint64, int) image.Origin) {
	if s.unknown = s.unknown || reg < 0 || len(s.seen) > maxWays; s.unknown {
		return
	}
	o := origin(pc, reg)
	w := way{reg, o}
	if s.seen[w] {
		return
	}
	s.seen[w] = true
	switch o.OriginKind {
	case image.Made:
		s.made(o.PC)
	case image.Copied:
		s.inRegister(o.PC, o.Reg, s.code.Origin)
	case image.Reloaded:
		s.last(o.PC, o.Off, o.Size, func(st image.Store) { s.inRegister(st.PC, st.Reg, s.code.Origin) })
	case image.Begun:
		if o.PC == s.p.Fn.Entry {
			s.find(0)
			return
		}
		for _, end := range s.code.Before(o.PC) {
			s.inRegister(end, reg, s.code.OriginAtEnd)
		}
	default:
		s.unknown = true
	}
}

// find notes a line.
func (s *spilledVar) find(line int64) {
	if i, ok := slices.BinarySearch(s.found, line); !ok {
		s.found = append(s.found, 0)
		copy(s.found[i+1:], s.found[i:])
		s.found[i] = line
	}
}

// made notes the line of an instruction, unless the variable gets several values
// there.
func (s *spilledVar) made(pc uint64) {
	line := lineIn(s.p, s.i, pc)
	s.find(line)
	begins, end := 0, uint64(0)
	var last []Piece
	for e := range s.c.img.Entries(s.u, s.list) {
		p, err := decode(e.Prog, s.c.img.Bias)
		if err != nil {
			s.unknown = true
			return
		}
		if inRegisters(p) && (e.Low != end || !samePlaces(p, last)) && e.Low != s.p.Fn.Entry && !s.code.Joins(e.Low) && lineIn(s.p, s.i, e.Low-1) == line {
			begins++
		}
		end, last = e.High, p
	}
	s.unknown = s.unknown || line < 0 || begins > len(s.v.Pieces)
}

func inRegisters(pieces []Piece) bool {
	return slices.ContainsFunc(pieces, func(p Piece) bool { return p.Kind == PieceReg })
}

// inFrame reports whether all that is left of a variable is in the frame.
func inFrame(pieces []Piece) bool {
	found := false
	for i := range pieces {
		switch p := &pieces[i]; {
		case p.Kind == PieceCFA && !p.Deref:
			found = true
		case p.Kind != PieceNone:
			return false
		}
	}
	return found
}

// lineIn gives the line of a frame at which code is executed, -1 if the
// code does not belong to the frame.
func lineIn(p *Plan, i int, pc uint64) int64 {
	calls := p.Fn.Calls(pc)
	depth := len(p.Frames) - 1 - i // calls around the frame
	for d := range depth {
		if d == len(calls)-1 {
			return -1
		}
		outer, mine := &calls[len(calls)-1-d], &p.Frames[len(p.Frames)-1-d]
		if outer.Name != mine.Name || outer.Line != mine.Line {
			return -1
		}
	}
	at := &calls[len(calls)-1-depth]
	if at.Name != p.Frames[i].Name || at.StartLine != p.Frames[i].StartLine {
		return -1
	}
	return int64(at.Line)
}

// storesOf gives a function's stores, nil if nothing is known of them.
func (c *Compiler) storesOf(fn image.Function) *image.Stores {
	stores, ok := c.stores[fn.Entry]
	if !ok {
		stores = c.img.Stores(fn)
		c.stores[fn.Entry] = stores
	}
	return stores
}
