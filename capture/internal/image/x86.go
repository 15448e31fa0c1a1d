package image

// The lengths of amd64's instructions, as far as Go's compiler emits them.

// operation is one instruction.
type operation struct {
	op    int // opcode; with 0f in front 0x0f00 more, with 0f 38 and 0f 3a 0x10000 and 0x20000
	size  int
	wide  bool // REX.W
	reg   byte // ModRM.reg with REX.R
	rm    byte // ModRM.rm with REX.B, if it is a register; of instructions without, what the opcode says
	regs  bool // rm is a register
	stack bool // its memory operand is relative to the stack pointer,
	fixed bool // it is relative to the code, or of no register
	disp  int64
	imm   int64 // or the distance of a jump
	pre   byte  // the last of F2, F3 and 66
	vex   bool
}

// What follows an opcode: a ModRM byte and so many bytes of a constant; 4 are 2
// with the prefix 66.
const (
	plain   = 0x00
	modrm   = 0x10
	unknown = 0xff
)

// oneByte and twoByte give it by ranges of opcodes: the last of each, and what follows.
var oneByte = []struct{ last, what byte }{
	{0x3f, plain}, // handled apart
	{0x4f, unknown}, {0x5f, plain}, {0x62, unknown}, {0x63, modrm}, {0x67, unknown}, {0x68, 4}, {0x69, modrm | 4}, {0x6a, 1}, {0x6b, modrm | 1},
	{0x6f, unknown}, {0x7f, 1}, {0x80, modrm | 1}, {0x81, modrm | 4}, {0x82, unknown}, {0x83, modrm | 1}, {0x8f, modrm}, {0x99, plain},
	{0x9a, unknown}, {0x9f, plain}, {0xa3, unknown}, {0xa7, plain}, {0xa8, 1}, {0xa9, 4}, {0xaf, plain}, {0xb7, 1}, {0xbf, 4}, {0xc1, modrm | 1},
	{0xc2, 2}, {0xc3, plain}, {0xc5, unknown}, {0xc6, modrm | 1}, {0xc7, modrm | 4}, {0xc8, unknown}, {0xc9, plain}, {0xcb, unknown}, {0xcc, plain},
	{0xcd, 1}, {0xcf, unknown}, {0xd3, modrm}, {0xd7, unknown}, {0xdf, modrm}, {0xe3, 1}, {0xe7, unknown}, {0xe9, 4}, {0xea, unknown}, {0xeb, 1},
	{0xf3, unknown}, {0xf5, plain}, {0xf7, modrm}, {0xfd, plain}, {0xff, modrm},
}

var twoByte = []struct{ last, what byte }{
	{0x01, modrm}, {0x04, unknown}, {0x05, plain}, {0x0a, unknown}, {0x0b, plain}, {0x0c, unknown}, {0x0d, modrm}, {0x0f, unknown}, {0x1f, modrm},
	{0x27, unknown}, {0x2f, modrm}, {0x33, plain}, {0x3f, unknown}, {0x6f, modrm}, {0x73, modrm | 1}, {0x76, modrm}, {0x77, plain}, {0x7b, unknown},
	{0x7f, modrm}, {0x8f, 4}, {0x9f, modrm}, {0xa2, plain}, {0xa3, modrm}, {0xa4, modrm | 1}, {0xa5, modrm}, {0xaa, unknown}, {0xab, modrm},
	{0xac, modrm | 1}, {0xb1, modrm}, {0xb2, unknown}, {0xb3, modrm}, {0xb5, unknown}, {0xb8, modrm}, {0xb9, unknown}, {0xba, modrm | 1},
	{0xc1, modrm}, {0xc2, modrm | 1}, {0xc3, modrm}, {0xc6, modrm | 1}, {0xc7, modrm}, {0xcf, plain}, {0xff, modrm},
}

// x86 decodes the instruction at the start of b; size 0: it is not known.
func x86(b []byte) (o operation) {
	i, rex := 0, byte(0)
	for ; ; i++ {
		if p := at(b, i); p == 0x66 || p == 0xf2 || p == 0xf3 {
			o.pre = p
		} else if p != 0xf0 && p != 0x2e && p != 0x64 && p != 0x65 || i > 8 {
			break
		}
	}
	if p := at(b, i); p&0xf0 == 0x40 {
		rex = p
		i++
	}
	what, n := o.opcode(b[min(i, len(b)):], &rex)
	i += n
	if what == unknown {
		return operation{}
	}
	o.wide = rex&8 != 0
	if what&modrm == 0 {
		o.rm = byte(o.op)&7 | rex<<3&8
	}
	if what&modrm != 0 {
		i += o.operand(b[min(i, len(b)):], rex)
		if sub := o.reg & 7; sub < 2 && o.op == 0xf6 {
			what |= 1
		} else if sub < 2 && o.op == 0xf7 {
			what |= 4
		}
	}
	n = int(what & 0xf)
	switch {
	case n == 4 && o.op&^7 == 0xb8 && o.wide:
		n = 8
	case n == 4 && o.pre == 0x66 && o.op < 0x0f00:
		n = 2
	}
	for k := n - 1; k >= 0; k-- {
		o.imm = o.imm<<8 | int64(at(b, i+k))
	}
	if shift := uint(64 - 8*n); n > 0 {
		o.imm = o.imm << shift >> shift
	}
	if i += n; i <= len(b) {
		o.size = i
	}
	return o
}

func at(b []byte, k int) byte {
	if k < len(b) {
		return b[k]
	}
	return 0
}

// opcode reads it, and gives what follows, and its length. VEX says what REX
// says otherwise.
func (o *operation) opcode(b []byte, rex *byte) (what byte, n int) {
	switch op, next := at(b, 0), at(b, 1); {
	case op == 0x0f && next == 0x38:
		o.op = 0x10000 + int(at(b, 2))
		return modrm, 3
	case op == 0x0f && next == 0x3a:
		o.op = 0x20000 + int(at(b, 2))
		return modrm | 1, 3
	case op == 0x0f:
		o.op = 0x0f00 + int(next)
		return follows(twoByte, next), 2
	case op == 0xc5:
		*rex, o.vex, o.op = ^next>>5&4, true, 0x0f00+int(at(b, 2))
		return follows(twoByte, at(b, 2)), 3
	case op == 0xc4:
		*rex, o.vex = ^next>>5&7, true
		switch code := at(b, 3); next & 0x1f {
		case 1:
			o.op = 0x0f00 + int(code)
			return follows(twoByte, code), 4
		case 2:
			o.op = 0x10000 + int(code)
			return modrm, 4
		case 3:
			o.op = 0x20000 + int(code)
			return modrm | 1, 4
		}
		return unknown, 4
	case op < 0x40:
		o.op = int(op)
		return [8]byte{modrm, modrm, modrm, modrm, 1, 4, unknown, unknown}[op&7], 1
	default:
		o.op = int(op)
		return follows(oneByte, op), 1
	}
}

func follows(table []struct{ last, what byte }, op byte) byte {
	for _, r := range table {
		if op <= r.last {
			return r.what
		}
	}
	return unknown
}

// operand reads ModRM, SIB and displacement, and gives their length.
func (o *operation) operand(b []byte, rex byte) int {
	if len(b) < 6 {
		b = append(append(make([]byte, 0, 6), b...), 0, 0, 0, 0, 0, 0)
	}
	mod, rm, n := b[0]>>6, b[0]&7, 1
	o.reg = b[0]>>3&7 | rex<<1&8
	if mod == 3 {
		o.rm, o.regs = rm|rex<<3&8, true
		return n
	}
	base := rm
	if rm == 4 {
		base = b[1] & 7
		o.stack = b[1] == 0x24 && rex&3 == 0
		n++
	}
	o.fixed = mod == 0 && base == 5
	switch {
	case mod == 1:
		o.disp = int64(int8(b[n]))
		n++
	case mod == 2 || mod == 0 && base == 5:
		o.disp = int64(int32(uint32(b[n]) | uint32(b[n+1])<<8 | uint32(b[n+2])<<16 | uint32(b[n+3])<<24))
		n += 4
	}
	return n
}

func (o *operation) jumps() bool {
	return o.op == 0xe9 || o.op == 0xeb || o.op&^0xf == 0x70 || o.op&^0xf == 0x0f80 || o.op&^3 == 0xe0
}

func (o *operation) jumpsByTable() bool { return o.op == 0xff && (o.reg&7 == 4 || o.reg&7 == 5) }

// ends tells instructions behind which nothing is executed.
func (o *operation) ends() bool {
	return o.op == 0xc3 || o.op == 0xc2 || o.op == 0x0f0b || o.op == 0xcc
}

// registers gives DWARF's numbers of the registers as instructions number them.
var registers = [16]int{0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15}

const firstFloat = 17

// store gives what an instruction writes to the frame, by the distance from the
// stack pointer. What is more than a move has no register.
func (o *operation) store(pc uint64) (s Store, ok bool) {
	s = Store{PC: pc, Off: o.disp, Size: 8, Reg: -1}
	sub := o.reg & 7
	switch op := o.op; {
	case !o.stack:
		return s, false
	case op == 0x88 || op == 0x89:
		s.Reg, s.Size = registers[o.reg], o.bytes()
	case op == 0xc6 || op == 0xc7:
		s.Size = o.bytes()
	case op == 0x0f11 && o.pre == 0xf2, op == 0x0fd6, op == 0x0f7e && o.pre == 0x66 && o.wide:
		s.Reg = firstFloat + int(o.reg)
	case op == 0x0f11 && o.pre == 0xf3, op == 0x0f7e && o.pre == 0x66:
		s.Reg, s.Size = firstFloat+int(o.reg), 4
	case op == 0x0f11 || op == 0x0f29 || op == 0x0f7f || op == 0x0fe7 || op == 0x0f2b:
		s.Reg, s.Size = firstFloat+int(o.reg), 16
		if o.vex {
			s.Size = 32
		}
	case op < 0x40 && op&7 < 2 && op&0x38 != 0x38, op >= 0x80 && op <= 0x83 && sub != 7, (op == 0xf6 || op == 0xf7) && (sub == 2 || sub == 3),
		(op == 0xfe || op == 0xff) && sub < 2, op == 0xc0 || op == 0xc1, op >= 0xd0 && op <= 0xd3, op == 0x86 || op == 0x87, op == 0x8f,
		op&^0xf == 0x0f90, op == 0x0fb0 || op == 0x0fb1 || op == 0x0fc0 || op == 0x0fc1, op == 0x0f13 || op == 0x0f17:
		s.Size = o.bytes()
	default:
		return s, false
	}
	return s, true
}

// bytes is how many bytes an integer operation has.
func (o *operation) bytes() int64 {
	switch {
	case o.op == 0x88 || o.op == 0xc6:
		return 1
	case o.wide:
		return 8
	case o.pre == 0x66:
		return 2
	}
	return 4
}
