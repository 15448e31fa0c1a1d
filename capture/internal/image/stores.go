package image

// Store is an instruction that writes to a place in its function's frame.
type Store struct {
	PC        uint64 // within the instruction
	Off, Size int64  // of the place, from the CFA
}

// maxScanned bounds the code that is looked through for stores.
const maxScanned = 1 << 20

// Stores lists the instructions of a function that look like stores relative to
// the stack pointer. It does not decode the code: what is in the middle of
// another instruction may be among them. False where nothing is known: the
// code is too long, or not amd64's.
func (m *Image) Stores(f Function) ([]Store, bool) {
	s := m.container.sectionAt(f.Entry - m.Bias)
	if s == nil || m.Processor() != AMD64 || f.End < f.Entry || f.End-f.Entry > maxScanned {
		return nil, false
	}
	b, err := s.bytes(m.mapped)
	off := f.Entry - m.Bias - s.addr
	if n := f.End - f.Entry; err != nil || off > uint64(len(b)) || n > uint64(len(b))-off {
		return nil, false
	}
	code := b[off : off+f.End-f.Entry]
	var out []Store
	for i := 2; i+2 < len(code); i++ {
		disp, ok := stackOperand(code[i:])
		size := int64(0)
		if ok {
			size = storeSize(code[max(0, i-4):i])
		}
		if size == 0 {
			continue
		}
		pc := f.Entry + uint64(i) - 1
		if delta, ok := f.SPDelta(pc); ok && delta > 0 { // else the arguments are saved for runtime.morestack, which begins again
			out = append(out, Store{pc, disp - delta - 8, size})
		}
	}
	return out, true
}

// stackOperand reads a memory operand that is relative to the stack pointer:
// ModRM with r/m 4, SIB 0x24, a displacement.
func stackOperand(b []byte) (disp int64, ok bool) {
	if b[0]&7 != 4 || b[1] != 0x24 {
		return 0, false
	}
	switch mod := b[0] >> 6; {
	case mod == 0:
		return 0, true
	case mod == 1:
		return int64(int8(b[2])), true
	case mod == 2 && len(b) >= 6:
		return int64(int32(uint32(b[2]) | uint32(b[3])<<8 | uint32(b[4])<<16 | uint32(b[5])<<24)), true
	}
	return 0, false
}

// storeSize gives how many bytes the instruction writes whose prefixes and
// opcode end b; 0 if it does not store.
func storeSize(b []byte) int64 {
	op, before := b[len(b)-1], b[len(b)-2]
	switch {
	case before == 0x0f && (op == 0x11 || op == 0x7f || op == 0xd6 || op == 0x7e || op == 0x29): // MOVUPS, MOVSD, MOVDQU, MOVQ
		for _, prefix := range b[:len(b)-2] {
			if prefix == 0xf2 || prefix == 0xf3 && op == 0x11 || op == 0xd6 || op == 0x7e {
				return 8
			}
		}
		return 16
	case op == 0x88 || op == 0xc6:
		return 1
	case op != 0x89 && op != 0xc7:
		return 0
	case before&0xf8 == 0x48: // REX.W
		return 8
	}
	return 4
}
