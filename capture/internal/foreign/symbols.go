package foreign

import (
	"bytes"
	"encoding/binary"
)

// symbols are the functions that an object makes known to others.
type symbols struct{ table, names []byte }

const (
	symbolSize = 24
	maxSymbols = 1 << 20
	maxNames   = 64 << 20

	sttFunc  = 2
	sttIFunc = 10
)

// Symbol gives the function of the object that covers an address, and where it
// begins; "" if its dynamic symbols do not tell.
func (o *Object) Symbol(mem Memory, addr uint64) (name string, start uint64) {
	if o.symbols == nil {
		o.symbols = readSymbols(mem, o)
	}
	return FindSymbol(o.symbols.table, o.symbols.names, addr, o.Bias)
}

// FindSymbol looks for the function that covers an address in the table of
// symbols of an object with a bias.
func FindSymbol(table, names []byte, addr, bias uint64) (name string, start uint64) {
	le, at := binary.LittleEndian, addr-bias
	for s := table; len(s) >= symbolSize; s = s[symbolSize:] {
		value, size := le.Uint64(s[8:]), le.Uint64(s[16:])
		if kind := s[4] & 15; kind != sttFunc && kind != sttIFunc || at < value || at-value >= size {
			continue
		}
		if off := uint64(le.Uint32(s)); off < uint64(len(names)) {
			text, _, _ := bytes.Cut(names[off:], []byte{0})
			return string(text), value + bias
		}
	}
	return "", 0
}

// readSymbols copies an object's dynamic symbols; none if they cannot be read.
func readSymbols(mem Memory, o *Object) *symbols {
	out := &symbols{}
	if o.dynamic == 0 {
		return out
	}
	d, err := dynamic(mem, o, dtSymtab, dtStrtab, dtStrsz, dtGNUHash, dtHash)
	if err != nil || d[0] == 0 || d[1] == 0 || d[2] > maxNames {
		return out
	}
	for _, i := range []int{0, 1, 3, 4} { // the dynamic linker makes them addresses of the process where it may write
		if d[i] != 0 && d[i] < o.Lo {
			d[i] += o.Bias
		}
	}
	n := gnuCount(mem, d[3])
	if n == 0 && d[4] != 0 {
		n = half(mem, d[4]+4)
	}
	if n > maxSymbols {
		return out
	}
	table, names := make([]byte, symbolSize*int(n)), make([]byte, d[2])
	if mem.ReadMemory(table, d[0]) == nil && mem.ReadMemory(names, d[1]) == nil {
		out.table, out.names = table, names
	}
	return out
}

// gnuCount finds the number of symbols, which only the last chain of the hash
// table tells.
func gnuCount(mem Memory, hash uint64) uint32 {
	if hash == 0 {
		return 0
	}
	buckets, first, bloom := half(mem, hash), half(mem, hash+4), half(mem, hash+8)
	if buckets > maxSymbols || bloom > maxSymbols {
		return 0
	}
	table := make([]byte, 4*buckets)
	at := hash + 16 + 8*uint64(bloom)
	if mem.ReadMemory(table, at) != nil {
		return 0
	}
	last := uint32(0)
	for b := table; len(b) > 0; b = b[4:] {
		last = max(last, binary.LittleEndian.Uint32(b))
	}
	if last < first {
		return 0
	}
	chain := at + 4*uint64(buckets)
	for n := last; n < last+maxSymbols; n++ {
		if half(mem, chain+4*uint64(n-first))&1 != 0 {
			return n + 1
		}
	}
	return 0
}

func half(mem Memory, addr uint64) uint32 {
	var b [4]byte
	_ = mem.ReadMemory(b[:], addr) // zero where there is nothing
	return binary.LittleEndian.Uint32(b[:])
}
