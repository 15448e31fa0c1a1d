package image

import "slices"

// Origin says where what a register holds came from, within a block of code.
type Origin struct {
	OriginKind
	PC        uint64 // of the instruction; of the block
	Reg       int    // where it was copied from
	Off, Size int64  // where in the frame it was loaded from, from the CFA
}

// OriginKind tells origins apart.
type OriginKind uint8

const (
	Unclear  OriginKind = iota
	Begun               // it was there when the block began
	Made                // the instruction made it
	Copied              // from another register
	Reloaded            // from the frame
)

// Origin looks for that of a register, by DWARF's number, before an instruction.
func (s *Stores) Origin(pc uint64, reg int) Origin {
	return s.origin(&s.blocks[s.block(pc)], pc, reg)
}

// OriginAtEnd looks for it at the end of a block.
func (s *Stores) OriginAtEnd(end uint64, reg int) Origin {
	return s.origin(&s.blocks[s.block(end-1)], end, reg)
}

func (s *Stores) origin(b *block, pc uint64, reg int) Origin {
	is := Origin{OriginKind: Begun, PC: b.from}
	for at := b.from; at < pc; {
		o := x86(s.code[at-s.f.Entry:])
		if o.size == 0 {
			return Origin{}
		}
		switch kind, from := o.origin(reg); kind {
		case Begun:
		case Reloaded:
			delta, ok := s.f.SPDelta(at)
			if !ok {
				kind = Unclear
			}
			is = Origin{kind, at, 0, o.disp - delta - 8, min(8, o.bytes())}
		default:
			is = Origin{OriginKind: kind, PC: at, Reg: from}
		}
		at += uint64(o.size)
	}
	return is
}

// Before gives the ends of the blocks from which a block is reached.
func (s *Stores) Before(pc uint64) (ends []uint64) {
	for _, before := range s.blocks[s.block(pc)].before {
		ends = append(ends, s.blocks[before].to)
	}
	return ends
}

// Joins reports whether a place in the code is reached otherwise than from the
// instruction before it.
func (s *Stores) Joins(pc uint64) bool {
	i := s.block(pc)
	b := &s.blocks[i]
	return b.from == pc && (i == 0 || len(b.before) != 1 || int(b.before[0]) != i-1)
}

// origin tells what an instruction does to a register, by DWARF's number: Begun
// is nothing.
func (o *operation) origin(reg int) (k OriginKind, from int) {
	made := func(changed bool) (OriginKind, int) {
		if changed {
			return Made, 0
		}
		return Begun, 0
	}
	inReg, inRM, low := o.operands()
	toRM, toReg := o.regs && inRM == reg, inReg == reg
	sub := o.reg & 7
	whole := o.wide || o.op >= 0x0f00
	switch op := o.op; {
	case op == 0xe8 || op == 0xff && sub == 2:
		return Made, 0
	case reg >= firstFloat && op < 0x0f00: // of integers only
		return Begun, 0
	case op&0xfc == 0x38 && op < 0x40, op == 0x3c || op == 0x3d, op == 0x84 || op == 0x85, op >= 0x80 && op <= 0x83 && sub == 7,
		op == 0xa8 || op == 0xa9, op&^7 == 0x50, (op == 0xf6 || op == 0xf7) && sub < 2, op == 0x0f2e || op == 0x0f2f, op == 0x90, op == 0x0f1f, o.jumps():
		return Begun, 0
	case o.constant() && (toReg && op != 0xc7 || toRM || op&^7 == 0xb8 && low == reg):
		return Unclear, 0
	case op == 0x89 && toRM && whole:
		return Copied, inReg
	case op == 0x8b && toReg && o.stack && whole, (op == 0x0f10 && o.pre != 0 || op == 0x0f7e && o.pre == 0xf3) && toReg && o.stack:
		return Reloaded, 0
	case op == 0x8b && toReg && o.regs && whole, (op == 0x0f10 || op == 0x0f28) && toReg && o.regs:
		return Copied, inRM
	case op < 0x40 && op&7 < 2, op >= 0x80 && op <= 0x83, op == 0xc0 || op == 0xc1, op == 0xc6 || op == 0xc7, op >= 0xd0 && op <= 0xd3,
		(op == 0xf6 || op == 0xf7) && sub < 4, op == 0xfe || op == 0xff, op&^0xf == 0x0f90, op == 0x88 || op == 0x89,
		op == 0x0f11 || op == 0x0f29 || op == 0x0f7f || op == 0x0fd6, op == 0x0f7e && o.pre != 0xf3:
		return made(toRM)
	case op&^7 == 0xb8 || op&^7 == 0xb0 || op&^7 == 0x58:
		return made(low == reg)
	case op < 0x40 && op&7 < 4, op == 0x69 || op == 0x6b, op == 0x8a || op == 0x8b || op == 0x8d || op == 0x63, op&^0xf == 0x0f40,
		op == 0x0fb6 || op == 0x0fb7 || op == 0x0fbe || op == 0x0fbf, op == 0x0faf, op == 0x0f2a || op == 0x0f2c || op == 0x0f2d,
		op == 0x0f10 || op == 0x0f28 || op == 0x0f6f || op == 0x0f6e || op == 0x0f7e || op&^0xf == 0x0f50 || op == 0x0fef, o.fused(), op == roundSD:
		return made(toReg)
	}
	const rax, rdx, rcx, rsi, rdi = 0, 1, 2, 4, 5 // of multiplications, divisions, shifts and strings
	both := [...]int{inReg, inRM, low, firstFloat + int(o.reg), firstFloat + int(o.rm), rax, rcx, rdx, rsi, rdi}
	if slices.Contains(both[:], reg) || o.vex && o.op > 0x10000 { // it may have a third register
		return Unclear, 0
	}
	return Begun, 0
}

// operands gives DWARF's numbers of an instruction's registers: that of
// ModRM.reg, that of ModRM.rm, and the one that the opcode itself names.
func (o *operation) operands() (reg, rm, low int) {
	reg, rm = registers[o.reg], registers[o.rm]
	low = rm
	switch op := o.op; {
	case op == 0x0f2a || op == 0x0f6e || op == 0x0f7e && o.pre != 0xf3: // from and to integers
		reg = firstFloat + int(o.reg)
	case op == 0x0f2c || op == 0x0f2d || op == 0x0f50 || op == 0x0fd7:
		rm = firstFloat + int(o.rm)
	case op >= 0x0f10 && op <= 0x0f17, op >= 0x0f28 && op <= 0x0f2f, op >= 0x0f51 && op <= 0x0f7f, op >= 0x0fd0 && op <= 0x0fff, o.fused(), op == roundSD:
		reg, rm = firstFloat+int(o.reg), firstFloat+int(o.rm)
	}
	return reg, rm, low
}

// roundSD rounds a float.
const roundSD = 0x2000b

// fused tells instructions that multiply floats and add.
func (o *operation) fused() bool { return o.vex && o.op >= 0x10096 && o.op <= 0x100bf }

// constant tells instructions that the compiler makes wherever it needs a
// constant or an address: their line is that of the use.
func (o *operation) constant() bool {
	switch op := o.op; {
	case op&^7 == 0xb8 || op == 0xc7 && o.regs:
		return true
	case op == 0x31 || op == 0x33 || op == 0x0f57 || op == 0x0fef:
		return o.regs && o.reg == o.rm
	case op == 0x8d || op == 0x0f10 || op == 0x0f28:
		return o.fixed || op == 0x8d && o.stack
	}
	return false
}
