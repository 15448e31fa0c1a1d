package image

import "encoding/binary"

// Header is the address of the executable's first byte in the process; false
// where that is not loaded, or the executable is not ELF's.
func (m *Image) Header() (uint64, bool) {
	const ptLoad, size = 1, 56
	le, b := binary.LittleEndian, m.mapped
	if len(b) < elfHeaderSize || string(b[:4]) != "\x7fELF" {
		return 0, false
	}
	table, n := le.Uint64(b[32:]), uint64(le.Uint16(b[56:]))
	if table > uint64(len(b)) || n > (uint64(len(b))-table)/size {
		return 0, false
	}
	for s := b[table:]; n > 0; n, s = n-1, s[size:] {
		if le.Uint32(s) == ptLoad && le.Uint64(s[8:]) == 0 {
			return le.Uint64(s[16:]) + m.Bias, true
		}
	}
	return 0, false
}

// FunctionSymbols gives the executable's table of ELF symbols and their names; none
// if it is stripped.
func (m *Image) FunctionSymbols() (table, names []byte) { return m.container.symtab(m.mapped) }
