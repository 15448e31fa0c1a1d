package plan

import (
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// moved reports whether a list of locations is of more than one value: a
// variable that the compiler knows to be assigned again. A value is made in a
// register and may be put into memory from there; anything else is a new one.
func (c *Compiler) moved(u *image.Unit, list int64) bool {
	var last []Piece
	made := 0
	for prog := range c.img.Locations(u, list) {
		p, err := decode(prog, c.img.Bias)
		if err != nil {
			return true
		}
		if last == nil || !stored(last, p) {
			if made++; made > 1 {
				return true
			}
		}
		last = p
	}
	return false
}

// stored reports whether a value that was in one place may be the one in
// another: each part is where it was, or in memory now and in a register before.
func stored(was, is []Piece) bool {
	if len(was) != len(is) {
		return false
	}
	for i := range is {
		a, b := &was[i], &is[i]
		if !a.same(*b) && !(a.Kind == PieceReg && b.Kind == PieceCFA) {
			return false
		}
	}
	return true
}

// sharedPlaces marks variables that have one place between them: one of them
// was assigned to the other, or will be.
func sharedPlaces(vars []Var) {
	for i := range vars {
		for j := range vars[:i] {
			a, b := &vars[i], &vars[j]
			if a.Listed && b.Listed && placed(a.Pieces) && samePlaces(a.Pieces, b.Pieces) {
				a.Moved, b.Moved = true, true
			}
		}
	}
}

// placed reports whether every part of a variable is somewhere.
func placed(pieces []Piece) bool {
	return len(pieces) > 0 && !slices.ContainsFunc(pieces, func(p Piece) bool { return p.Kind == PieceNone })
}

func samePlaces(a, b []Piece) bool { return slices.EqualFunc(a, b, Piece.same) }

// same reports whether a part is where another one is.
func (p Piece) same(q Piece) bool {
	return p.Kind == q.Kind && p.Reg == q.Reg && p.Off == q.Off && string(p.Const) == string(q.Const)
}
