package capture

import (
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// A variable that the compiler has split may be known in part: a struct of which
// one field is in memory, a string of which the length is left. And an argument
// that is nowhere else may be where the function spilled it.

// largestSplit bounds the variables that are put together from pieces.
const largestSplit = 1 << 16

// put says where a variable is. It is false where that is nowhere, or where a part is lost.
func (l *location) put(in *instance, v *plan.Var, out *model.Var) (whole bool) {
	switch {
	case len(v.Pieces) == 0:
		out.Reason = v.Reason
		return false
	case v.Doubtful(in.size):
		out.Reason = mock.OptimizedOut
		return false
	case len(v.Pieces) == 1 && v.Pieces[0].Kind == plan.PieceCFA:
		l.claim(in.place, v, in.size)
		out.Place, out.Off = model.PlaceCFA, v.Pieces[0].Off
		return true
	case len(v.Pieces) == 1 && v.Pieces[0].Kind == plan.PieceAbs:
		out.Place, out.Off = model.PlaceAbs, v.Pieces[0].Off
		return true
	}
	return l.putPieces(in, out)
}

// putPieces gives the pieces of a variable room among its frame's inline bytes.
func (l *location) putPieces(in *instance, out *model.Var) (whole bool) {
	if !in.escaped {
		in.pieces = padded(in.pieces, in.typ)
	}
	lost, ok := lostParts(in.pieces, in.size, l.regs)
	if !ok {
		out.Reason = mock.OptimizedOut
		return false
	}
	in.lost, in.inline = lost, l.inline
	out.Place, out.Off = model.PlaceRegs, l.inline
	if len(lost) > 0 {
		out.Place, out.Lost, out.Reason = model.PlaceParts, lost, mock.OptimizedOut
	}
	l.inline += in.size
	return len(lost) == 0
}

// putSpilled looks for an argument where the function spills it, if that is more
// than is known of it otherwise.
func (l *location) putSpilled(in *instance, v *plan.Var, out *model.Var) {
	pieces := spilled(v.Spill, in.typ)
	if pieces == nil || out.Place != model.PlaceNone && len(pieces) > 1 {
		return
	}
	in.pieces, in.lost, in.inline = pieces, nil, -1
	out.Flags |= model.VarStale
	if len(pieces) == 1 {
		out.Place, out.Off, out.Lost, out.Reason = model.PlaceCFA, pieces[0].Off, nil, mock.Unknown
		return
	}
	l.putPieces(in, out)
}

// lostParts lists the parts of a variable that cannot be had; false where its
// pieces are not all of it, or nothing is known.
func lostParts(pieces []plan.Piece, size int64, regs bool) (lost []model.Span, ok bool) {
	at, known := int64(0), false
	for i := range pieces {
		p := &pieces[i]
		n := p.Size
		if n == 0 && len(pieces) == 1 {
			n = size
		}
		if n <= 0 || n > size-at {
			return nil, false
		}
		switch {
		case p.Kind == plan.PiecePadding:
		case p.Kind != plan.PieceNone && (p.Kind != plan.PieceReg || regs):
			known = true
		case len(lost) > 0 && lost[len(lost)-1].Off+lost[len(lost)-1].Len == at:
			lost[len(lost)-1].Len += n
		default:
			lost = append(lost, model.Span{Off: at, Len: n})
		}
		at += n
	}
	return lost, known && at == size && size <= largestSplit
}

// padded puts what lies between the fields of a struct among its pieces: the
// compiler lists one piece for each part that it has split off, without it. They
// stay as they are if they do not fit the type.
func padded(pieces []plan.Piece, t *types.Type) []plan.Piece {
	leaves := appendLeaves(nil, t, 0, 0)
	total := int64(0)
	for i := range pieces {
		total += pieces[i].Size
	}
	if len(leaves) == 0 || len(pieces) < 2 || total == t.Size() {
		return pieces
	}
	var out []plan.Piece
	at := int64(0)
	pad := func(n int64) {
		if n > 0 {
			out = append(out, plan.Piece{Kind: plan.PiecePadding, Size: n})
			at += n
		}
	}
	for _, p := range pieces {
		if len(leaves) == 0 || p.Size <= 0 {
			return pieces
		}
		pad(leaves[0].Off - at)
		out = append(out, p)
		at += p.Size
		for len(leaves) > 0 && leaves[0].Off+leaves[0].Len <= at { // those that p has
			leaves = leaves[1:]
		}
		if len(leaves) > 0 && leaves[0].Off < at {
			return pieces
		}
	}
	if len(leaves) > 0 || at > t.Size() {
		return pieces
	}
	pad(t.Size() - at)
	return out
}

// spilled gives the pieces of an argument in the places where the function
// spills it, nil where it has not, or where the places are not those of the type.
func spilled(words []plan.Spill, t *types.Type) []plan.Piece {
	leaves := appendLeaves(nil, t, 0, 0)
	if len(words) == 0 || len(leaves) == 0 || len(words) > len(leaves) {
		return nil
	}
	base := words[0].Off - leaves[0].Off
	var out []plan.Piece
	known, at := false, int64(0)
	for i, l := range leaves {
		if l.Off > at { // between fields
			out = append(out, plan.Piece{Kind: plan.PiecePadding, Size: l.Off - at})
		}
		p := plan.Piece{Size: l.Len}
		if i < len(words) {
			if words[i].Off != base+l.Off || words[i].Size != l.Len {
				return nil
			}
			if words[i].Set {
				p.Kind, p.Off, known = plan.PieceCFA, words[i].Off, true
			}
		}
		out = append(out, p)
		at = l.Off + l.Len
	}
	if n := t.Size() - at; n > 0 {
		out = append(out, plan.Piece{Kind: plan.PiecePadding, Size: n})
	}
	if !known {
		return nil
	}
	if !slices.ContainsFunc(out, func(p plan.Piece) bool { return p.Kind == plan.PieceNone }) {
		return []plan.Piece{{Kind: plan.PieceCFA, Off: base}}
	}
	return out
}

// The compiler notes no more words of one function's arguments than this, and
// splits nothing that is nested deeper.
const (
	maxLeaves     = 32
	maxLeafNested = 8
)

// appendLeaves lists the words, or smaller parts, that values of a type are made
// of; nil where it has too many.
func appendLeaves(out []model.Span, t *types.Type, off int64, depth int) []model.Span {
	if depth > maxLeafNested || len(out) > maxLeaves {
		return nil
	}
	switch words := t.Size() / 8; t.Kind() {
	case model.KindString, model.KindSlice, model.KindInterface:
		for i := range words {
			out = append(out, model.Span{Off: off + 8*i, Len: 8})
		}
	case model.KindComplex64, model.KindComplex128:
		half := t.Size() / 2
		out = append(out, model.Span{Off: off, Len: half}, model.Span{Off: off + half, Len: half})
	case model.KindStruct:
		for _, f := range t.Fields() {
			if out = appendLeaves(out, f.Type, off+f.Offset, depth+1); out == nil && f.Type.Size() > 0 {
				return nil
			}
		}
	case model.KindArray:
		elem := t.Elem()
		for i := int64(0); elem != nil && elem.Size() > 0 && i < min(t.Len(), maxLeaves+1); i++ {
			if out = appendLeaves(out, elem, off+i*elem.Size(), depth+1); out == nil {
				return nil
			}
		}
	default:
		out = append(out, model.Span{Off: off, Len: t.Size()})
	}
	return out
}

// known gives the bytes of a variable without the references of which a part is
// lost. A slice can be followed without its capacity: its length stands for it.
func (in *instance) known(b []byte) []byte {
	if len(in.lost) == 0 {
		return b
	}
	out := slices.Clone(b)
	eachWord(in.typ.Scan(), out, 0, func(w *types.Word, at int64) {
		n := wordSize(w.Kind)
		lost := func(at, n int64) bool {
			return slices.ContainsFunc(in.lost, func(l model.Span) bool { return l.Off < at+n && at < l.Off+l.Len })
		}
		switch {
		case w.Kind == model.KindSlice && lost(at+16, 8) && !lost(at, 16):
			copy(out[at+16:at+24], out[at+8:at+16])
		case lost(at, n):
			clear(out[at : at+n])
		}
	})
	return out
}
