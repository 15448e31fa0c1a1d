package values

import (
	"context"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// This file reads maps as package internal/runtime/maps lays them out, from
// Go 1.25 to 1.27, and writes their entries one behind the other.
//
// A small map (dirLen 0) is one group of eight slots. A large one has a
// directory of pointers to tables, in which neighbours may name the same
// table: it counts at the index that it knows as its own. A table is an array
// of groups. A slot is full unless the top bit of its control byte is set.

// Limits on the structure itself, whatever it claims to be.
const (
	maxDirectory = 1 << 24 // tables; each has up to 1024 slots
	maxGroups    = 1 << 12 // of one table; the runtime splits at 128
)

const slotFree = 0x80 // empty or deleted

// visitMaps reads maps that variables of this wave hold.
func (w *Walker) visitMaps(ctx context.Context, list []place) {
	spans := make([]span, 0, len(list))
	for i, m := range list {
		if left, ok := w.maps[m.addr]; ok && left >= w.left {
			continue
		}
		size := int64(granule)
		if l, err := m.typ.MapLayout(); err == nil {
			size = l.Size
		}
		spans = append(spans, span{m.addr, size, i})
	}
	n := 0
	w.reads.each(spans, func(s span, b []byte, err error) {
		if n++; n%64 == 0 {
			w.watch(ctx)
		}
		left, again := w.maps[s.addr]
		if again && left >= w.left {
			return // twice in this list
		}
		w.maps[s.addr] = w.left
		m := mapWalk{w: w, place: list[s.i], first: !again}
		m.visit(b, err)
	})
}

// mapWalk reads one map.
type mapWalk struct {
	place
	w     *Walker
	l     *types.MapLayout
	first bool // not seen before in this dump

	key, elem *types.Type
	used      uint64
	room      int64 // entries that may still be kept
	entries   []byte
	count     int64
	more      bool // there are entries for which there was no room
	reason    mock.Reason
	detail    string
}

func (m *mapWalk) visit(header []byte, err error) {
	w := m.w
	m.key, m.elem = m.typ.Key(), m.typ.Elem()
	if err == nil {
		m.l, err = m.typ.MapLayout()
		if err != nil {
			w.stub(model.StubObj{Addr: m.addr, Size: granule, Type: m.typ.ID(), Reason: mock.Unsupported, Len: -1, Detail: err.Error()})
			return
		}
	}
	why := w.stop
	if err != nil || m.addr%granule != 0 {
		why = mock.Unreadable
	}
	if w.queued++; why == mock.Unknown && w.queued > w.lim.Objects {
		why = mock.ObjectLimit
	}
	if why != mock.Unknown {
		w.stub(model.StubObj{Addr: m.addr, Size: granule, Type: m.typ.ID(), Reason: why, Len: -1})
		return
	}
	w.figures.Objects++
	w.figures.Maps++
	for _, t := range []*types.Type{m.typ, m.key, m.elem} {
		t.Emit()
	}
	m.read(header)
	m.finish()
}

// read collects the entries.
func (m *mapWalk) read(header []byte) {
	m.used = word(header, m.l.Used)
	dir, dirLen := word(header, m.l.DirPtr), word(header, m.l.DirLen)
	size := m.key.Size() + m.elem.Size()
	m.room, m.reason = m.w.lim.Elements, mock.ElementLimit
	if n := m.w.room(size, m.first); n < m.room {
		m.room, m.reason = n, mock.ByteLimit
	}
	switch {
	case m.used > 1<<40 || dirLen > maxDirectory || dirLen&(dirLen-1) != 0 || dirLen == 0 && m.used > types.MapSlots:
		m.damaged("map header contradicts itself")
		m.used = 0
	case m.used == 0:
	case dirLen == 0:
		m.group(dir)
	default:
		m.directory(dir, dirLen)
	}
}

// directory reads the tables in the order of the directory.
func (m *mapWalk) directory(dir, dirLen uint64) {
	const chunk = 512
	var b [8 * chunk]byte
	for i := uint64(0); i < dirLen && !m.full(); i += chunk {
		n := min(chunk, dirLen-i)
		if m.w.reads.read(b[:8*n], dir+8*i) != nil {
			m.unreadable("map directory")
			return
		}
		last := uint64(0)
		for k := range n {
			t := word(b[:], int64(8*k))
			if t == last || m.full() {
				continue // neighbours name the same table
			}
			last = t
			if !m.table(t, i+k) {
				return
			}
		}
	}
}

// table reads a table's groups, unless the table belongs to another index.
func (m *mapWalk) table(addr, index uint64) bool {
	b := make([]byte, m.l.TableSize)
	if m.w.reads.read(b, addr) != nil {
		m.unreadable("map table")
		return false
	}
	if word(b, m.l.TableIndex) != index {
		return true
	}
	data, mask := word(b, m.l.Data), word(b, m.l.LengthMk)
	if mask >= maxGroups || mask&(mask+1) != 0 {
		m.damaged(fmt.Sprintf("map table of %d groups", mask+1))
		return false
	}
	return m.groups(data, int64(mask+1))
}

// groups reads groups that lie one behind the other, some at a time.
func (m *mapWalk) groups(data uint64, n int64) bool {
	size := m.l.GroupSize
	step := max(1, maxWindow/size)
	b := make([]byte, min(step, n)*size)
	for i := int64(0); i < n && !m.full(); i += step {
		part := b[:min(step, n-i)*size]
		if m.w.reads.read(part, data+uint64(i*size)) != nil {
			m.unreadable("map groups")
			return false
		}
		for ; len(part) > 0; part = part[size:] {
			if !m.slots(part) {
				return false
			}
		}
	}
	return true
}

// group reads the one group of a small map.
func (m *mapWalk) group(data uint64) { m.groups(data, 1) }

// slots takes the entries of a group.
func (m *mapWalk) slots(g []byte) bool {
	for i := range int64(types.MapSlots) {
		if g[m.l.Ctrl+i]&slotFree != 0 {
			continue
		}
		if m.count >= m.room {
			m.more = true
			return false
		}
		at := len(m.entries)
		if !m.value(g[m.l.Keys+i*m.l.KeyStride:], m.key, m.l.KeyIsPtr) || !m.value(g[m.l.Elems+i*m.l.ElemStride:], m.elem, m.l.ElemIsPtr) {
			m.entries = m.entries[:at]
			return false
		}
		m.count++
	}
	return true
}

// value appends a key or element; large ones lie behind a pointer.
func (m *mapWalk) value(slot []byte, t *types.Type, isPtr bool) bool {
	if !isPtr {
		m.entries = append(m.entries, slot[:t.Size()]...)
		return true
	}
	at := len(m.entries)
	m.entries = append(m.entries, make([]byte, t.Size())...)
	if m.w.reads.read(m.entries[at:], word(slot, 0)) != nil {
		m.unreadable("map entry")
		return false
	}
	return true
}

func (m *mapWalk) full() bool { return m.more }

func (m *mapWalk) unreadable(what string) {
	m.more, m.reason, m.detail = true, mock.Unreadable, what+" cannot be read"
}

func (m *mapWalk) damaged(what string) {
	m.more, m.reason, m.detail = true, mock.Corrupt, what
}

// finish writes the entries down and looks through them.
func (m *mapWalk) finish() {
	w := m.w
	if !m.more && uint64(m.count) > m.used { // the map is gone, or in the middle of a change
		m.count = int64(m.used)
		m.entries = m.entries[:m.count*(m.key.Size()+m.elem.Size())]
		m.damaged("more entries than the map counts")
	}
	rec := &model.MapObj{Addr: m.addr, Type: m.typ.ID(), Len: int64(m.used), Count: m.count, Base: w.synth}
	switch {
	case m.more:
		rec.Reason = m.reason
	case uint64(m.count) != m.used: // written to at this moment
		rec.Reason, m.detail = mock.Corrupt, fmt.Sprintf("map of %d entries has %d", m.used, m.count)
	}
	if m.first {
		w.synthesize(m.entries)
		w.cfg.Emit(rec)
		if rec.Reason != mock.Unknown {
			w.lost[rec.Reason]++
		}
	}
	if m.detail != "" {
		w.stub(model.StubObj{Addr: m.addr, Size: granule, Type: rec.Type, Reason: rec.Reason, Len: rec.Len, Detail: m.detail})
	}
	ks, es := m.key.Scan(), m.elem.Scan()
	if ks.Empty() && es.Empty() {
		return
	}
	size := m.key.Size() + m.elem.Size()
	for i := range m.count {
		e := m.entries[i*size : (i+1)*size]
		w.scan(ks, e)
		w.scan(es, e[m.key.Size():])
	}
}

// room is how many entries of that size the budget still allows; those that
// the dump has already count once.
func (w *Walker) room(size int64, first bool) int64 {
	left := w.lim.Bytes
	if first {
		left = max(0, left-w.figures.Bytes)
	}
	return left / max(size, 1)
}

// synthesize puts normalised values in the image, at an address no process has.
func (w *Walker) synthesize(b []byte) {
	for part := b; len(part) > 0; {
		n := min(len(part), blockSize)
		w.out.add(w.synth+uint64(len(b)-len(part)), part[:n])
		part = part[n:]
	}
	w.figures.Bytes += int64(len(b))
	w.synth += (uint64(len(b)) + 2*granule - 1) &^ (granule - 1) // never adjoining the next
}
