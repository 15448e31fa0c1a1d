package plan

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// PieceKind says where a part of a variable is.
type PieceKind uint8

const (
	PieceNone    PieceKind = iota // nowhere: optimised away
	PieceCFA                      // memory, at the frame's CFA + Off
	PieceAbs                      // memory, at address Off
	PieceReg                      // DWARF register Reg
	PieceConst                    // the bytes of Const
	PiecePadding                  // between the fields of a struct, or behind the last: it means nothing
)

// Piece is a part of a variable's location.
type Piece struct {
	Kind  PieceKind
	Reg   uint64
	Off   int64
	Size  int64 // bytes; 0: the rest of the variable
	Const []byte
	Deref bool // there lies a pointer to the variable, not the variable
}

// The operations that Go's compiler and linker emit for variables (DWARF 5 §2.5, §7.7.1).
const (
	opAddr          = 0x03
	opDeref         = 0x06
	opConst1u       = 0x08
	opConst1s       = 0x09
	opConst2u       = 0x0a
	opConst2s       = 0x0b
	opConst4u       = 0x0c
	opConst4s       = 0x0d
	opConst8u       = 0x0e
	opConst8s       = 0x0f
	opConstu        = 0x10
	opConsts        = 0x11
	opPlus          = 0x22
	opPlusUconst    = 0x23
	opLit0          = 0x30
	opLit31         = 0x4f
	opReg0          = 0x50
	opReg31         = 0x6f
	opRegx          = 0x90
	opFbreg         = 0x91
	opPiece         = 0x93
	opCallFrameCFA  = 0x9c
	opImplicitValue = 0x9e
	opStackValue    = 0x9f
)

// errLocation says that a location uses operations this package does not know.
var errLocation = errors.New("location beyond what Go's compiler emits")

// term is what the evaluation stack holds: a constant, or a distance from the
// CFA; or the pointer that lies there.
type term struct {
	cfa   bool
	off   int64
	deref bool
}

// decode turns a location program into pieces. The frame base of a Go function
// is its CFA. bias is added to static addresses.
func decode(prog []byte, bias uint64) ([]Piece, error) {
	d := decoder{b: prog, bias: bias}
	for len(d.b) > 0 && d.err == nil {
		d.step()
	}
	if d.err != nil {
		return nil, d.err
	}
	if len(d.pieces) == 0 || d.pending() {
		d.close(0)
	}
	return d.pieces, nil
}

type decoder struct {
	b      []byte
	bias   uint64
	stack  []term
	simple *Piece // a register or constant location, complete but for its size
	pieces []Piece
	err    error
}

// pending reports whether a location has been described that no piece has closed.
func (d *decoder) pending() bool { return len(d.stack) > 0 || d.simple != nil }

// close ends one piece of size bytes.
func (d *decoder) close(size int64) {
	p := Piece{Kind: PieceNone}
	switch {
	case d.simple != nil:
		p = *d.simple
	case len(d.stack) > 0:
		t := d.stack[len(d.stack)-1]
		p = Piece{Kind: PieceAbs, Off: t.off, Deref: t.deref}
		if t.cfa {
			p.Kind = PieceCFA
		}
	}
	p.Size = size
	d.pieces = append(d.pieces, p)
	d.stack, d.simple = d.stack[:0], nil
}

func (d *decoder) push(t term) { d.stack = append(d.stack, t) }

func (d *decoder) step() {
	op := d.b[0]
	d.b = d.b[1:]
	switch {
	case op >= opLit0 && op <= opLit31:
		d.push(term{off: int64(op - opLit0)})
	case op >= opReg0 && op <= opReg31:
		d.simple = &Piece{Kind: PieceReg, Reg: uint64(op - opReg0)}
	case op >= opConst1u && op <= opConst8s:
		d.push(term{off: d.fixed(op)})
	default:
		d.operation(op)
	}
}

func (d *decoder) operation(op byte) {
	switch op {
	case opAddr:
		if len(d.b) < 8 {
			d.err = errLocation
			return
		}
		d.push(term{off: int64(binary.LittleEndian.Uint64(d.b) + d.bias)})
		d.b = d.b[8:]
	case opConstu:
		d.push(term{off: int64(d.uvarint())})
	case opConsts:
		d.push(term{off: d.varint()})
	case opCallFrameCFA:
		d.push(term{cfa: true})
	case opFbreg:
		d.push(term{cfa: true, off: d.varint()})
	case opDeref:
		if len(d.stack) == 0 || d.stack[len(d.stack)-1].deref {
			d.err = errLocation
			return
		}
		d.stack[len(d.stack)-1].deref = true
	case opPlusUconst:
		d.add(term{off: int64(d.uvarint())})
	case opPlus:
		if len(d.stack) < 2 {
			d.err = errLocation
			return
		}
		t := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		d.add(t)
	case opRegx:
		d.simple = &Piece{Kind: PieceReg, Reg: d.uvarint()}
	case opPiece:
		d.close(int64(d.uvarint()))
	case opImplicitValue:
		n := d.uvarint()
		if n > uint64(len(d.b)) {
			d.err = errLocation
			return
		}
		d.simple = &Piece{Kind: PieceConst, Const: d.b[:n]}
		d.b = d.b[n:]
	case opStackValue:
		if len(d.stack) == 0 || d.stack[len(d.stack)-1].cfa {
			d.err = errLocation
			return
		}
		c := binary.LittleEndian.AppendUint64(nil, uint64(d.stack[len(d.stack)-1].off))
		d.simple = &Piece{Kind: PieceConst, Const: c}
	default:
		d.err = fmt.Errorf("%w: operation %#x", errLocation, op)
	}
}

// add adds t to the top of the stack.
func (d *decoder) add(t term) {
	if len(d.stack) == 0 || t.deref || d.stack[len(d.stack)-1].deref || (t.cfa && d.stack[len(d.stack)-1].cfa) {
		d.err = errLocation
		return
	}
	top := &d.stack[len(d.stack)-1]
	top.off += t.off
	top.cfa = top.cfa || t.cfa
}

// fixed reads the operand of DW_OP_const1u to DW_OP_const8s.
func (d *decoder) fixed(op byte) int64 {
	n := 1 << ((op - opConst1u) / 2)
	if len(d.b) < n {
		d.err = errLocation
		return 0
	}
	var w [8]byte
	copy(w[:], d.b[:n])
	d.b = d.b[n:]
	v := int64(binary.LittleEndian.Uint64(w[:]))
	if signed := (op-opConst1u)%2 == 1; signed {
		shift := uint(64 - 8*n)
		v = v << shift >> shift
	}
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.err, d.b = errLocation, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// varint reads a signed LEB128, which encoding/binary does not know.
func (d *decoder) varint() int64 {
	v, shift := int64(0), uint(0)
	for i, x := range d.b {
		if shift > 63 {
			break
		}
		v |= int64(x&0x7f) << shift
		shift += 7
		if x < 0x80 {
			if x&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			d.b = d.b[i+1:]
			return v
		}
	}
	d.err, d.b = errLocation, nil
	return 0
}
