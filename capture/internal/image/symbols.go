package image

import (
	"bytes"
	"encoding/binary"
)

// Symbol is a variable that the linker named. There are none in a stripped
// executable, nor known ones in those of other systems than ELF's.
type Symbol struct {
	Name string
	Addr uint64 // in the process
	Size uint64
}

const sttObject = 1 // a variable

// SymbolsNamed lists variables whose names end so, at most limit. It looks for
// the ending in the table of names, so that it costs little where there are none.
func (m *Image) SymbolsNamed(suffix string, limit int) []Symbol {
	m.mu.Lock()
	defer m.mu.Unlock()
	out, known := m.symbols[suffix]
	if known {
		return out[:min(len(out), limit)]
	}
	defer m.LetGo()
	table, names := m.container.symtab(m.mapped)
	out = m.symbolsNamed(table, namesEnding(names, suffix, limit))
	if m.symbols == nil {
		m.symbols = map[string][]Symbol{}
	}
	m.symbols[suffix] = out
	return out[:min(len(out), limit)]
}

// namesEnding gives the names that end so, by their offset.
func namesEnding(strs []byte, suffix string, limit int) map[uint32]string {
	ending := append([]byte(suffix), 0)
	var out map[uint32]string
	for from := 0; len(out) < limit; {
		i := bytes.Index(strs[from:], ending)
		if i < 0 {
			break
		}
		end := from + i + len(suffix)
		start := bytes.LastIndexByte(strs[:end], 0) + 1
		if out == nil {
			out = map[uint32]string{}
		}
		out[uint32(start)] = string(strs[start:end])
		from = end
	}
	return out
}

func (m *Image) symbolsNamed(syms []byte, names map[uint32]string) (out []Symbol) {
	le := binary.LittleEndian
	for ; len(names) > 0 && len(syms) >= symbolSize; syms = syms[symbolSize:] {
		if name, ok := names[le.Uint32(syms)]; ok && syms[4]&15 == sttObject {
			out = append(out, Symbol{name, le.Uint64(syms[8:]) + m.Bias, le.Uint64(syms[16:])})
		}
	}
	return out
}

// Names reports whether yes accepts one of the functions' names that begin
// with head, those of functions that were inlined everywhere included.
func (t *LineTable) Names(head string, yes func(name string) bool) bool {
	names := t.names[:max(0, len(t.names)-len(t.cu))]
	begin := []byte("\x00" + head)
	for {
		i := bytes.Index(names, begin)
		if i < 0 {
			return false
		}
		names = names[i+1:]
		end := max(bytes.IndexByte(names, 0), 0)
		if yes(string(names[:end])) {
			return true
		}
	}
}
