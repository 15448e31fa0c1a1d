package values

import (
	"sort"

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

	sorted []byte       // what goes out
	record model.Memory // likewise
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
	if n := len(b.extents); n > 0 && b.extents[n-1].addr+uint64(b.extents[n-1].n) == addr {
		b.extents[n-1].n += len(p)
	} else {
		b.extents = append(b.extents, extent{addr, len(b.bytes), len(p)})
	}
	b.bytes = append(b.bytes, p...)
}

// flush emits what has been collected.
func (b *block) flush() {
	if len(b.extents) == 0 {
		return
	}
	if !b.ascending() {
		sort.Slice(b.extents, func(i, j int) bool { return b.extents[i].addr < b.extents[j].addr })
	}
	out, sorted := b.record.Extents[:0], b.sorted[:0]
	if cap(sorted) < len(b.bytes) {
		sorted = make([]byte, 0, cap(b.bytes))
	}
	for _, x := range b.extents {
		from := len(sorted)
		sorted = append(sorted, b.bytes[x.off:x.off+x.n]...)
		if n := len(out); n > 0 && out[n-1].Addr+uint64(len(out[n-1].Bytes)) == x.addr {
			last := &out[n-1]
			last.Bytes = sorted[from-len(last.Bytes):]
			continue
		}
		out = append(out, model.Extent{Addr: x.addr, Bytes: sorted[from:]})
	}
	b.record.Extents, b.sorted = out, sorted
	b.emit(&b.record)
	b.bytes, b.extents = b.bytes[:0], b.extents[:0]
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
