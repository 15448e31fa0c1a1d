package plan

import (
	"reflect"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

func TestDecode(t *testing.T) {
	const bias = 0x10000
	for _, c := range []struct {
		name string
		prog []byte
		want []Piece
	}{
		{"frame base", []byte{opFbreg, 0x58}, []Piece{{Kind: PieceCFA, Off: -40}}},
		{"bare CFA", []byte{opCallFrameCFA}, []Piece{{Kind: PieceCFA}}},
		{"CFA and offset of old compilers", []byte{opCallFrameCFA, opConsts, 0x60, opPlus}, []Piece{{Kind: PieceCFA, Off: -32}}},
		{"CFA plus uconst", []byte{opCallFrameCFA, opPlusUconst, 0x10}, []Piece{{Kind: PieceCFA, Off: 16}}},
		{"static address", []byte{opAddr, 0, 0x20, 0, 0, 0, 0, 0, 0}, []Piece{{Kind: PieceAbs, Off: 0x12000}}},
		{"register", []byte{opReg0 + 3}, []Piece{{Kind: PieceReg, Reg: 3}}},
		{"vector register", []byte{opRegx, 17}, []Piece{{Kind: PieceReg, Reg: 17}}},
		{"string in two registers", []byte{opReg0, opPiece, 8, opReg0 + 3, opPiece, 8},
			[]Piece{{Kind: PieceReg, Size: 8}, {Kind: PieceReg, Reg: 3, Size: 8}}},
		{"half a slice gone", []byte{opFbreg, 0x70, opPiece, 8, opPiece, 16},
			[]Piece{{Kind: PieceCFA, Off: -16, Size: 8}, {Kind: PieceNone, Size: 16}}},
		{"constant", []byte{opConst1s, 0xff, opStackValue}, []Piece{{Kind: PieceConst, Const: []byte{255, 255, 255, 255, 255, 255, 255, 255}}}},
		{"implicit bytes", []byte{opImplicitValue, 2, 7, 9}, []Piece{{Kind: PieceConst, Const: []byte{7, 9}}}},
		{"result that escaped", []byte{opFbreg, 0x58, opDeref}, []Piece{{Kind: PieceCFA, Off: -40, Deref: true}}},
		{"nothing", nil, []Piece{{Kind: PieceNone}}},
	} {
		got, err := decode(c.prog, bias)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: decode(% x) = %+v, %v; want %+v", c.name, c.prog, got, err, c.want)
		}
	}
}

func TestDecodeRejects(t *testing.T) {
	for _, prog := range [][]byte{
		{0xff}, {opAddr, 1, 2}, {opFbreg}, {opFbreg, 0x80}, {opPlus}, {opDeref}, {opFbreg, 0x58, opDeref, opDeref}, {opFbreg, 0x58, opDeref, opPlusUconst, 1}, {opLit0, opPlus}, {opImplicitValue, 9, 1},
		{opStackValue}, {opCallFrameCFA, opStackValue}, {opCallFrameCFA, opCallFrameCFA, opPlus}, {opConst1u + 6, 1},
	} {
		if got, err := decode(prog, 0); err == nil {
			t.Errorf("decode(% x) = %+v, want an error", prog, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{opCallFrameCFA, opConsts, 0x60, opPlus})
	f.Add([]byte{opReg0, opPiece, 8, opReg0 + 3, opPiece, 8})
	f.Add([]byte{opConst1u + 7, 1, 2, 3, 4, 5, 6, 7, 8, opStackValue})
	f.Fuzz(func(t *testing.T, prog []byte) {
		pieces, err := decode(prog, 1)
		if err == nil && len(pieces) == 0 {
			t.Errorf("decode(% x) gives neither pieces nor an error", prog)
		}
	})
}

func TestShortName(t *testing.T) {
	for in, want := range map[string]string{
		"main.F[go.shape.int]":              "main.F",
		"main.F[...]":                       "main.F",
		"main.(*Box[go.shape.[]uint8]).Get": "main.(*Box).Get",
		"main.(*Box[...]).Get":              "main.(*Box).Get",
		"net/http.(*conn).serve":            "net/http.(*conn).serve",
		"main.F[go.shape.int].func1":        "main.F.func1",
	} {
		if got := shortName(in); got != want {
			t.Errorf("shortName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDoubtful(t *testing.T) {
	arg, local := Piece{Kind: PieceCFA, Off: 24}, Piece{Kind: PieceCFA, Off: -24}
	for _, c := range []struct {
		name string
		v    Var
		size int64
		want bool
	}{
		{"argument in memory", Var{Kind: model.VarParam, Pieces: []Piece{arg}}, 24, false},
		{"part of an argument in memory", Var{Kind: model.VarParam, Pieces: []Piece{arg}, Listed: true}, 24, true},
		{"argument that has left its registers", Var{Kind: model.VarParam, Pieces: []Piece{arg}, Listed: true, Pieced: true}, 24, false},
		{"word", Var{Kind: model.VarParam, Pieces: []Piece{arg}, Listed: true}, 8, false},
		{"result in memory", Var{Kind: model.VarResult, Pieces: []Piece{arg}, Listed: true}, 24, false},
		{"local variable", Var{Pieces: []Piece{local}, Listed: true}, 24, false},
		{"part in a register elsewhere", Var{Pieces: []Piece{local}, Listed: true, Word: true}, 24, true},
		{"pieces", Var{Pieces: []Piece{arg, local}, Listed: true, Pieced: true}, 24, false},
	} {
		if got := c.v.Doubtful(c.size); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
