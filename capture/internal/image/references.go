package image

import "encoding/binary"

// References lists the addresses of data that the code of a function refers to
// relative to itself, as far as they lie in writable sections; and some that
// only look so: it does not tell instructions from each other. A user checks
// what lies there.
func (m *Image) References(function string) (refs []uint64) {
	add := func(addr uint64) {
		if s := m.container.sectionAt(addr - m.Bias); s != nil && s.writable {
			refs = append(refs, addr)
		}
	}
	if f, ok := m.lines.Named(function); ok {
		if code := m.code(f); m.container.processor == ARM64 {
			referencesARM64(code, f.Entry, add)
		} else {
			referencesX86(code, f.Entry, add)
		}
	}
	return refs
}

// code gives a function's instructions.
func (m *Image) code(f Function) []byte {
	s := m.container.sectionAt(f.Entry - m.Bias)
	if s == nil || f.End < f.Entry {
		return nil
	}
	b, err := s.bytes(m.mapped)
	from := f.Entry - m.Bias - s.addr
	if err != nil || f.End-f.Entry > uint64(len(b))-min(from, uint64(len(b))) {
		return nil
	}
	return b[from : from+f.End-f.Entry]
}

// referencesX86 takes any four bytes for a displacement from the end of their
// instruction, which an operand of 0, 1, 2 or 4 bytes may follow.
func referencesX86(code []byte, pc uint64, add func(uint64)) {
	for i := 0; i+4 <= len(code); i++ {
		target := pc + uint64(i) + 4 + uint64(int64(int32(binary.LittleEndian.Uint32(code[i:]))))
		for _, operand := range [...]uint64{0, 1, 2, 4} {
			add(target + operand)
		}
	}
}

// referencesARM64 finds ADRP followed by an instruction that adds to its register:
// ADD (immediate), or a load or store with an unsigned offset.
func referencesARM64(code []byte, pc uint64, add func(uint64)) {
	const near = 8 // instructions
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(code[i:]) }
	for i := 0; i+4 <= len(code); i += 4 {
		w := word(i)
		if w&0x9f000000 != 0x90000000 { // ADRP
			continue
		}
		pages := int64(int32(w<<8)>>13)<<2 | int64(w>>29&3)
		page := (pc+uint64(i))&^0xfff + uint64(pages<<12)
		for j := i + 4; j+4 <= len(code) && j <= i+4*near; j += 4 {
			x := word(j)
			if x>>5&31 != w&31 {
				continue
			}
			offset := uint64(x >> 10 & 0xfff)
			switch {
			case x&0x7f800000 == 0x11000000: // ADD, not shifted
				add(page + offset)
			case x&0x3b000000 == 0x39000000: // load or store, scaled by its size
				add(page + offset<<(x>>30))
			}
		}
	}
}
