package image

import "slices"

// Store is an instruction that writes to a place in its function's frame.
type Store struct {
	PC, End   uint64
	Off, Size int64 // of the place, from the CFA
	Reg       int   // DWARF's number of the register that is stored, -1 if it is none
}

// Stores is what is known of a function's code: where it writes to its frame,
// and in which order.
type Stores struct {
	code   []byte
	f      Function
	list   []Store
	blocks []block // none: the order is not known
}

// block is code that is executed from its begin to its end.
type block struct {
	from, to uint64
	before   []int32 // blocks that it can follow
}

// maxScanned bounds the code that is looked through for stores.
const maxScanned = 1 << 18

// Stores looks through a function. Nil where nothing is known: the code is too
// long, has instructions that are not known, or is not amd64's.
func (m *Image) Stores(f Function) *Stores {
	code := m.code(f)
	if m.Processor() != AMD64 || len(code) == 0 || len(code) > maxScanned {
		return nil
	}
	s := &Stores{code: code, f: f}
	jumps, tables, ok := s.scan()
	if !ok {
		return nil
	}
	if tables {
		return s
	}
	begins := make([]bool, len(code)+1) // of blocks
	begins[0] = true
	for _, j := range jumps {
		begins[j.end-f.Entry] = true
		if j.to != 0 {
			begins[j.to-f.Entry] = true
		}
	}
	for at, is := range begins[:len(code)] {
		if is {
			s.blocks = append(s.blocks, block{from: f.Entry + uint64(at), to: f.End})
		}
	}
	s.join(jumps)
	return s
}

// Ordered reports whether it is known in which order the code is executed, which
// all methods but [Stores.Any] need. It is not where a table tells where a jump leads.
func (s *Stores) Ordered() bool { return len(s.blocks) > 0 }

// Any reports whether code from one address up to another stores to some bytes
// of the frame.
func (s *Stores) Any(low, high uint64, off, size int64) bool {
	return slices.ContainsFunc(s.list, func(x Store) bool {
		return x.PC >= low && x.PC < high && x.Off < off+size && off < x.Off+x.Size
	})
}

// jump is an instruction behind which the next one is not executed, or not always.
type jump struct {
	end, to uint64 // of the instruction; where to, 0: nowhere in the function
	falls   bool   // it may not be taken
}

// scan lists the stores and the jumps, and tells whether there are others by
// tables. It is not ok if an instruction is not known.
func (s *Stores) scan() (jumps []jump, tables, ok bool) {
	for at := 0; at < len(s.code); {
		o := x86(s.code[at:])
		if o.size == 0 {
			return nil, false, false
		}
		tables = tables || o.jumpsByTable()
		pc := s.f.Entry + uint64(at)
		at += o.size
		end := s.f.Entry + uint64(at)
		switch to := end + uint64(o.imm); {
		case o.jumps():
			if to < s.f.Entry || to >= s.f.End {
				to = 0
			}
			jumps = append(jumps, jump{end, to, o.op != 0xe9 && o.op != 0xeb})
		case o.ends():
			jumps = append(jumps, jump{end, 0, false})
		default:
			if store, ok := o.store(pc); ok {
				if delta, ok := s.f.SPDelta(pc); ok && delta > 0 { // else the arguments are saved for runtime.morestack, which begins again
					store.Off, store.End = store.Off-delta-8, end
					s.list = append(s.list, store)
				}
			}
		}
	}
	return jumps, tables, true
}

// join finds which blocks each one can follow. The jumps are in order.
func (s *Stores) join(jumps []jump) {
	for i := range s.blocks {
		b := &s.blocks[i]
		last := i+1 == len(s.blocks)
		if !last {
			b.to = s.blocks[i+1].from
		}
		for len(jumps) > 0 && jumps[0].end < b.to {
			jumps = jumps[1:]
		}
		falls := true
		if len(jumps) > 0 && jumps[0].end == b.to {
			falls = jumps[0].falls
			if to := jumps[0].to; to != 0 {
				target := &s.blocks[s.block(to)]
				target.before = append(target.before, int32(i))
			}
		}
		if falls && !last {
			s.blocks[i+1].before = append(s.blocks[i+1].before, int32(i))
		}
	}
}

// block finds the block of an address.
func (s *Stores) block(pc uint64) int {
	i, ok := slices.BinarySearchFunc(s.blocks, pc, func(b block, pc uint64) int { return int(int64(b.from - pc)) })
	if !ok {
		i--
	}
	return i
}

// Last visits the stores that can be the last ones before an instruction, of
// those that write to some bytes of the frame. It reports whether there can be
// none.
func (s *Stores) Last(pc uint64, off, size int64, visit func(Store)) (none bool) {
	type point struct {
		block int
		pc    uint64
	}
	todo := []point{{s.block(pc), pc}}
	seen := make([]bool, len(s.blocks))
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		b := &s.blocks[p.block]
		i, _ := slices.BinarySearchFunc(s.list, p.pc, func(s Store, pc uint64) int { return int(int64(s.PC - pc)) })
		covered := false
		for i--; i >= 0 && s.list[i].PC >= b.from && !covered; i-- {
			if x := s.list[i]; x.Off < off+size && off < x.Off+x.Size {
				visit(x)
				covered = x.Off <= off && off+size <= x.Off+x.Size
			}
		}
		if covered {
			continue
		}
		none = none || p.block == 0
		for _, before := range b.before {
			if !seen[before] {
				seen[before] = true
				todo = append(todo, point{int(before), s.blocks[before].to})
			}
		}
	}
	return none
}
