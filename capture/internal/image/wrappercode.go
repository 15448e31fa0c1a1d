package image

import "encoding/binary"

// wrapperCode follows the straight code of a wrapper up to its call, and notes
// which register was loaded from where. It knows the few instructions that the
// compiler uses there; at any other it stops, and nothing is known.
type wrapperCode struct {
	pc     uint64 // of code[0]
	code   []byte
	passed func(target uint64) bool // a call that is followed by the wrapper's own: of the race detector
	ints   [16]loadedFrom
	floats [16]loadedFrom
	stack  map[int64]loadedFrom // words kept over such a call, by their offset from SP
	seen   []Source             // all that was loaded from the closure or is the address of a variable

	target uint64     // of a direct call
	called loadedFrom // what an indirect call's register holds
}

// loadedFrom is what a register holds.
type loadedFrom struct {
	Source
	closure bool  // the closure itself
	behind  int64 // not 0: the word at disp behind what was captured at this offset
	disp    int64
}

// Why the code was not followed further.
const (
	stopEnd = iota
	stopUnknown
	stopCall
	stopIndirect
)

const closureRegister = 2 // DX

// instruction is one decoded instruction, as far as it matters.
type instruction struct {
	op       int // opcode; with 0f in front 0x0f00 more
	prefix   byte
	wide     bool // REX.W
	hasModRM bool
	onStack  bool // its memory operand is at disp from SP
	mod      byte
	reg, rm  byte
	disp     int64
	size     int // 0: not known
}

func (w *wrapperCode) run() int {
	w.ints[closureRegister].closure = true
	for at := 0; at < len(w.code); {
		in := decode(w.code[at:])
		if in.size == 0 || at+in.size > len(w.code) {
			return stopUnknown
		}
		at += in.size
		switch {
		case in.op == 0xe8:
			w.target = w.pc + uint64(at) + uint64(in.disp)
			if w.passed == nil || !w.passed(w.target) {
				return stopCall
			}
			w.ints, w.floats = [16]loadedFrom{}, [16]loadedFrom{}
			continue
		case in.op == 0xff:
			if in.mod != 3 || in.reg&7 != 2 {
				return stopUnknown
			}
			w.called = w.ints[in.rm]
			return stopIndirect
		}
		w.apply(in, w.pc+uint64(at))
	}
	return stopEnd
}

// apply notes what an instruction does to registers; next is the address behind it.
func (w *wrapperCode) apply(in instruction, next uint64) {
	switch in.op {
	case 0x8b, 0x0fb6, 0x0fb7, 0x0fbe, 0x0fbf, 0x63: // loads
		w.ints[in.reg] = w.load(in)
	case 0x0f10, 0x0f6f:
		w.floats[in.reg] = w.load(in)
	case 0x8d:
		w.ints[in.reg] = loadedFrom{}
		if in.mod == 0 && in.rm == ripRelative {
			s := Source{Addr: next + uint64(in.disp)}
			w.ints[in.reg].Source, w.seen = s, append(w.seen, s)
		}
	case 0x89:
		if in.mod == 3 {
			w.ints[in.rm] = w.ints[in.reg]
		}
		w.store(in)
	case 0x31, 0x33:
		w.ints[in.reg], w.ints[in.rm] = loadedFrom{}, w.cleared(in)
	case 0xb8:
		w.ints[in.rm] = loadedFrom{}
	case 0x81, 0x83, 0x88, 0xc6, 0xc7: // sums, constants, single bytes
		if in.mod == 3 {
			w.ints[in.rm] = loadedFrom{}
		}
	}
}

// cleared is what is left in the other register of an XOR.
func (w *wrapperCode) cleared(in instruction) loadedFrom {
	if in.mod == 3 && in.rm != in.reg {
		return w.ints[in.rm]
	}
	return loadedFrom{}
}

// store notes what a word on the stack holds.
func (w *wrapperCode) store(in instruction) {
	if !in.onStack {
		return
	}
	if w.stack == nil {
		w.stack = map[int64]loadedFrom{}
	}
	w.stack[in.disp] = loadedFrom{}
	if in.wide {
		w.stack[in.disp] = w.ints[in.reg]
	}
}

func (w *wrapperCode) load(in instruction) loadedFrom {
	switch {
	case in.mod == 3:
		return w.ints[in.rm]
	case in.onStack && in.wide && in.op == 0x8b:
		return w.stack[in.disp]
	case in.mod == 0 && in.rm == ripRelative, in.rm == stackRegister:
		return loadedFrom{}
	case w.ints[in.rm].closure:
		s := Source{Captured: in.disp}
		w.seen = append(w.seen, s)
		return loadedFrom{Source: s}
	}
	return loadedFrom{behind: w.ints[in.rm].Captured, disp: in.disp}
}

// onlySource is what the code loaded, if that is one thing.
func (w *wrapperCode) onlySource() Source {
	if len(w.seen) == 0 {
		return Source{}
	}
	for _, s := range w.seen {
		if s != w.seen[0] {
			return Source{}
		}
	}
	return w.seen[0]
}

// Values of rm that are no plain register, once REX.B is mixed in.
const (
	stackRegister = 4
	ripRelative   = 5
)

// decode decodes the instruction at the start of code, if it is one of the few.
func decode(code []byte) (in instruction) {
	b := reader{code}
	op := b.byte()
	for op == 0x66 || op == 0xf2 || op == 0xf3 {
		in.prefix, op = op, b.byte()
	}
	rex := byte(0)
	if op&0xf0 == 0x40 {
		rex, op = op, b.byte()
	}
	in.wide, in.op = rex&8 != 0, int(op)
	if op == 0x0f {
		in.op = 0x0f00 | int(b.byte())
	}
	immediate := 0
	switch in.op {
	case 0x55, 0x90:
	case 0x76, 0x72, 0x74, 0x75:
		immediate = 1
	case 0x0f86:
		immediate = 4
	case 0xe8:
		in.disp = int64(int32(b.uint32()))
	case 0x3b, 0x39, 0x8b, 0x89, 0x8d, 0x84, 0x85, 0x31, 0x33, 0x63, 0xff, 0x88,
		0x0f10, 0x0f11, 0x0f6f, 0x0f7f, 0x0f1f, 0x0fb6, 0x0fb7, 0x0fbe, 0x0fbf:
		in.modRM(&b, rex)
	case 0x83, 0xc6:
		in.modRM(&b, rex)
		immediate = 1
	case 0x81, 0xc7:
		in.modRM(&b, rex)
		immediate = 4
	default:
		if op&0xf8 != 0xb8 || in.op > 0xff {
			return instruction{}
		}
		in.op, in.rm, immediate = 0xb8, op&7|rex&1<<3, 4
		if in.wide {
			immediate = 8
		}
	}
	b.skip(immediate)
	if b.rest == nil {
		return instruction{}
	}
	in.size = len(code) - len(b.rest)
	return in
}

// modRM reads the operands.
func (in *instruction) modRM(b *reader, rex byte) {
	m := b.byte()
	in.hasModRM, in.mod = true, m>>6
	in.reg, in.rm = m>>3&7|rex&4<<1, m&7|rex&1<<3
	if in.mod == 3 {
		return
	}
	base := m & 7
	if base == 4 {
		const justSP = 0x24
		sib := b.byte()
		base = sib & 7
		in.onStack = sib == justSP && rex&1 == 0
		in.rm = stackRegister // or whatever else has an index: not followed
	}
	switch {
	case in.mod == 1:
		in.disp = int64(int8(b.byte()))
	case in.mod == 2 || base == 5:
		in.disp = int64(int32(b.uint32()))
	}
	if m&7 == 5 && in.mod == 0 {
		in.rm = ripRelative
	}
}

// reader takes bytes off the front; at the end rest is nil.
type reader struct{ rest []byte }

func (b *reader) byte() byte {
	if len(b.rest) == 0 {
		b.rest = nil
		return 0
	}
	x := b.rest[0]
	b.skip(1)
	return x
}

func (b *reader) uint32() uint32 {
	if len(b.rest) < 4 {
		b.rest = nil
		return 0
	}
	x := binary.LittleEndian.Uint32(b.rest)
	b.skip(4)
	return x
}

func (b *reader) skip(n int) {
	if n > len(b.rest) {
		b.rest = nil
		return
	}
	b.rest = b.rest[n:]
}
