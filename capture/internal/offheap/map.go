package offheap

import (
	"math/bits"
	"math/rand/v2"
	"unsafe"
)

// A Map holds numbers by address, or by whatever else is a number. It is an
// open hash table with 16 bytes a slot; the zero Map is empty. Where the system
// has no memory the heap has to do.
type Map struct {
	slots []slot // a power of two, in buf unless that is nil
	buf   []byte
	n     int
}

type slot struct {
	key  uint64
	val  int32
	used bool
}

// seed is another in each process.
var seed = rand.Uint64()

// Hash spreads numbers over a table, which looks at the lowest of 32 bits. What
// damaged memory has for addresses may be anything, numbers that differ only in
// their highest bits for instance, and whoever chose it does not know which collide.
func Hash(x uint64) uint64 {
	const odd = 0x9E3779B97F4A7C15
	hi, lo := bits.Mul64(x^seed, odd)
	return (hi ^ lo) * odd >> 32
}

// find gives the key's slot, or the free one where it belongs.
func (m *Map) find(key uint64) *slot {
	mask := uint64(len(m.slots) - 1)
	for i := Hash(key) & mask; ; i = (i + 1) & mask {
		if s := &m.slots[i]; s.key == key || !s.used {
			return s
		}
	}
}

// Get gives the number of a key, and whether it has one.
func (m *Map) Get(key uint64) (int32, bool) {
	if m.n == 0 {
		return 0, false
	}
	s := m.find(key)
	return s.val, s.used
}

// Set gives a key its number.
func (m *Map) Set(key uint64, val int32) {
	if 4*m.n >= 3*len(m.slots) {
		m.grow()
	}
	s := m.find(key)
	if !s.used {
		m.n++
	}
	*s = slot{key, val, true}
}

// grow doubles the table.
func (m *Map) grow() {
	const slotSize = int(unsafe.Sizeof(slot{}))
	n := max(256, 2*len(m.slots))
	old, oldBuf := m.slots, m.buf
	m.buf = nil
	if buf, err := Make(n * slotSize); err == nil {
		m.slots, m.buf = unsafe.Slice((*slot)(unsafe.Pointer(&buf[0])), n), buf
	} else {
		m.slots = make([]slot, n)
	}
	for i := range old {
		if old[i].used {
			*m.find(old[i].key) = old[i]
		}
	}
	Free(oldBuf)
}

// Free empties the map and gives its memory back.
func (m *Map) Free() {
	Free(m.buf)
	*m = Map{}
}
