package plan

import (
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/mock"
)

// Where a variable is at a PC, by its DIE.

// pieces finds where a variable is. A return address is looked up at the call
// before it, where arguments still are; a variable that is in a register there
// was lost in the call, unless from the return address on it is known to be in
// memory, where the compiler had put it before the call.
func (c *Compiler) pieces(u *image.Unit, e *image.Tree, k Key, at uint64) ([]Piece, mock.Reason) {
	loc := e.Val(dwarf.AttrLocation)
	first, reason := c.decodeAt(u, loc, at)
	if k.Exact || inMemory(first) {
		return first, reason
	}
	if second, _ := c.decodeAt(u, loc, k.PC); inMemory(second) {
		return second, mock.Unknown
	}
	return first, reason
}

// ever reports whether one location of a list is a register as a whole, and
// whether one has pieces.
func (c *Compiler) ever(u *image.Unit, list int64) (word, pieced bool) {
	for prog := range c.img.Locations(u, list) {
		p, err := decode(prog, c.img.Bias)
		switch {
		case err != nil:
		case len(p) > 1:
			pieced = true
		case p[0].Kind == PieceReg:
			word = true
		}
	}
	return word, pieced
}

func (c *Compiler) decodeAt(u *image.Unit, loc any, pc uint64) ([]Piece, mock.Reason) {
	prog, err := c.img.LocationAt(u, loc, pc)
	if err != nil {
		return nil, mock.Unsupported
	}
	if len(prog) == 0 {
		return nil, mock.OptimizedOut
	}
	p, err := decode(prog, c.img.Bias)
	if err != nil || len(p) > 1 && slices.ContainsFunc(p, func(p Piece) bool { return p.Deref }) {
		return nil, mock.Unsupported
	}
	for i := range p {
		if p[i].Kind != PieceNone {
			return p, mock.Unknown
		}
	}
	return nil, mock.OptimizedOut
}

// inMemory reports whether all of a variable is in memory.
func inMemory(p []Piece) bool {
	for i := range p {
		if p[i].Kind == PieceReg || p[i].Kind == PieceNone {
			return false
		}
	}
	return len(p) > 0
}
