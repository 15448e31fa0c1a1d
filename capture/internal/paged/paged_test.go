package paged

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// memory begins at base; its last page is not whole.
type memory struct {
	bytes []byte
	calls int
}

const base = 7 << 40

var errNone = errors.New("no memory")

func (m *memory) ReadMemory(p []byte, addr uint64) error {
	m.calls++
	if addr < base || addr+uint64(len(p)) > base+uint64(len(m.bytes)) {
		return errNone
	}
	copy(p, m.bytes[addr-base:])
	return nil
}

// Whatever is read is what the source has, or its error; and few of many small
// reads reach it.
func TestReads(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	src := &memory{bytes: make([]byte, 300*pageSize+100)}
	for i := range src.bytes {
		src.bytes[i] = byte(r.Int())
	}
	m := Memory{Source: src}
	defer m.Close()
	const reads = 100_000
	for range reads {
		addr, n := base+r.Uint64N(uint64(len(src.bytes))+pageSize), r.IntN(64)
		if r.IntN(100) == 0 {
			n *= 300
		}
		if r.IntN(4) > 0 { // beside the place before
			addr = base + addr%(20*pageSize)
		}
		got, want := make([]byte, n), make([]byte, n)
		calls := src.calls
		wantErr := src.ReadMemory(want, addr)
		src.calls = calls
		if err := m.ReadMemory(got, addr); err != wantErr || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at %#x: %x, %v, want %x, %v", n, addr, got, err, want, wantErr)
		}
	}
	if src.calls > reads/3 {
		t.Errorf("%d of %d reads reached the source", src.calls, reads)
	}
}
