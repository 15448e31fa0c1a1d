package values

import (
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/internal/model"
)

// synthetic is where addresses begin that no process has: of normalised
// entries of maps and channels.
const synthetic = 0xF000000000000000

// blockSize is how many bytes are collected before they go out.
const blockSize = 256 << 10

// block collects memory on its way out: extents in order of address, those
// that adjoin made one.
type block struct {
	emit    func(any)
	bytes   []byte
	extents []extent

	memory []byte       // of both, nil: they are on the heap
	sorted []byte       // room for them in another order
	record model.Memory // what goes out
}

// extent is a run of memory whose bytes begin at off in the block.
type extent struct {
	addr uint64
	off  int
	n    int
}

func (b *block) init(emit func(any)) { b.emit = emit }

// add copies memory into the block.
func (b *block) add(addr uint64, p []byte) {
	if len(b.bytes)+len(p) > blockSize {
		b.flush()
	}
	if len(p) > blockSize {
		b.emit(&model.Memory{Extents: []model.Extent{{Addr: addr, Bytes: p}}})
		return
	}
	if n := len(b.extents); n > 0 && b.extents[n-1].addr+uint64(b.extents[n-1].n) == addr {
		b.extents[n-1].n += len(p)
	} else {
		b.extents = append(b.extents, extent{addr, len(b.bytes), len(p)})
	}
	if b.bytes == nil {
		b.makeRoom()
	}
	b.bytes = append(b.bytes, p...)
}

// makeRoom gives the bytes their memory: off the heap, if there is any.
func (b *block) makeRoom() {
	var err error
	if b.memory, err = offheap.Make(2 * blockSize); err != nil {
		b.bytes, b.sorted = make([]byte, 0, blockSize), make([]byte, 0, blockSize)
		return
	}
	b.bytes, b.sorted = b.memory[:0:blockSize], b.memory[blockSize:blockSize]
}

// close gives the memory back.
func (b *block) close() {
	offheap.Free(b.memory)
	b.memory, b.bytes, b.sorted = nil, nil, nil
}

// flush emits what has been collected.
func (b *block) flush() {
	if len(b.extents) == 0 {
		return
	}
	if !b.ascending() {
		b.sort()
	}
	out := b.record.Extents[:0]
	if cap(out) < len(b.extents) {
		out = make([]model.Extent, 0, 2*len(b.extents)) // append would leave much garbage
	}
	for _, x := range b.extents {
		out = append(out, model.Extent{Addr: x.addr, Bytes: b.bytes[x.off : x.off+x.n]})
	}
	b.record.Extents = out
	b.emit(&b.record)
	b.bytes, b.extents = b.bytes[:0], b.extents[:0]
}

// sort puts the extents in order, and their bytes, as runs that adjoin become one.
func (b *block) sort() {
	sort.Slice(b.extents, func(i, j int) bool { return b.extents[i].addr < b.extents[j].addr })
	sorted := b.sorted[:0]
	runs := b.extents[:0]
	for _, x := range b.extents {
		sorted = append(sorted, b.bytes[x.off:x.off+x.n]...)
		if n := len(runs); n > 0 && runs[n-1].addr+uint64(runs[n-1].n) == x.addr {
			runs[n-1].n += x.n
			continue
		}
		runs = append(runs, extent{x.addr, len(sorted) - x.n, x.n})
	}
	b.extents, b.bytes, b.sorted = runs, sorted, b.bytes
}

// ascending reports whether the extents are in order, as they mostly are.
func (b *block) ascending() bool {
	for i := 1; i < len(b.extents); i++ {
		if b.extents[i].addr < b.extents[i-1].addr {
			return false
		}
	}
	return true
}
