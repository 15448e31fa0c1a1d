package capture

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/gopostmortem/postmortem/capture/freeze"
)

// words is memory of single words.
type words map[uint64]uint64

func (m words) ReadMemory(p []byte, addr uint64) error {
	w, ok := m[addr]
	if !ok || len(p) != 8 {
		return errors.New("not there")
	}
	binary.LittleEndian.PutUint64(p, w)
	return nil
}

// What lies in the heap but in no span of objects is free, or a stack's.
func TestFreed(t *testing.T) {
	at := &freeze.Runtime{Heap: 0x1000, Arenas: 0x10, L1: 2, L2: 4, Spans: 0x20, Pages: 16, Base: 0x40000}
	at.Span.Start, at.Span.Pages, at.Span.State = 0, 8, 16
	const arena, table, info, span, stack = 16 << pageShift, 0x2000, 0x3000, 0x4000, 0x5000
	const begin = 5*arena - 0x40000 // of the arena of number 5, in the second table
	mem := words{
		0x1000 + 0x10 + 8: table, 0x1000 + 0x10: 0, table + 8: info, table + 16: 0,
		info + 0x20: span, info + 0x28: span, info + 0x30: stack, info + 0x38: span, info + 0x40: 0,
		span: begin, span + 8: 2, span + 16: spanInUse,
		stack: begin + 2<<pageShift, stack + 8: 1, stack + 16: spanInUse + 1,
	}
	h := &heapSpans{mem: mem, at: at}
	for name, c := range map[string]struct {
		p    uint64
		want bool
	}{
		"an object":             {begin + 8, false},
		"its second page":       {begin + 1<<pageShift, false},
		"a stack":               {begin + 2<<pageShift, true},
		"a page of an old span": {begin + 3<<pageShift, true},
		"a page of no span":     {begin + 4<<pageShift, true},
		"unreadable":            {begin + 5<<pageShift, false},
		"no arena":              {begin + arena, false},
		"no table":              {0, false},
		"beyond all arenas":     {8*arena - 0x40000, false},
	} {
		if got := h.freed(c.p); got != c.want {
			t.Errorf("%s: freed %v", name, got)
		}
	}
	if (*heapSpans)(nil).freed(begin) {
		t.Error("freed, where nothing is known")
	}
}
