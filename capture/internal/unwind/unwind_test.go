package unwind

import (
	"errors"
	"testing"
)

// A stack cut at a limit keeps the crash end and the root. B2.15
func TestKeeperKeepsBothEnds(t *testing.T) {
	for _, c := range []struct{ frames, limit, elidedAt, elided int }{
		{10, 100, 0, 0}, {100, 100, 0, 0}, {101, 100, 50, 1}, {10000, 100, 50, 9900}, {7, 3, 2, 4},
	} {
		k := keeper{head: c.limit - c.limit/2, tail: c.limit / 2}
		for i := range c.frames {
			k.add(Frame{PC: uint64(i)})
		}
		cut := errors.New("cut")
		got := k.trace(cut)
		if got.Elided != c.elided || got.ElidedAt != c.elidedAt || got.Err != cut {
			t.Errorf("%d frames, limit %d: %d elided at %d, want %d at %d", c.frames, c.limit, got.Elided, got.ElidedAt, c.elided, c.elidedAt)
		}
		if len(got.Frames) != c.frames-c.elided {
			t.Fatalf("%d frames, limit %d: %d kept", c.frames, c.limit, len(got.Frames))
		}
		for i, f := range got.Frames {
			want := uint64(i)
			if c.elided > 0 && i >= c.elidedAt {
				want += uint64(c.elided)
			}
			if f.PC != want {
				t.Errorf("%d frames, limit %d: kept frame %d is number %d, want %d", c.frames, c.limit, i, f.PC, want)
			}
		}
	}
}

func TestStackSlice(t *testing.T) {
	s := Stack{Base: 0x1000, Bytes: make([]byte, 16)}
	s.Bytes[8] = 7
	for _, c := range []struct {
		addr uint64
		n    int64
		ok   bool
	}{{0x1000, 16, true}, {0x1008, 8, true}, {0x1009, 8, false}, {0xfff, 1, false}, {0x1010, 0, true}, {0x1011, 0, false}, {0x1000, -1, false}, {^uint64(0), 8, false}} {
		if _, ok := s.Slice(c.addr, c.n); ok != c.ok {
			t.Errorf("Slice(%#x, %d) ok = %v, want %v", c.addr, c.n, ok, c.ok)
		}
	}
	if w, ok := s.Word(0x1008); !ok || w != 7 {
		t.Errorf("Word = %d, %v; want 7", w, ok)
	}
}
