package capture

import (
	"encoding/binary"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// A stack that grows moves. The runtime then corrects the pointers into it, but
// only in variables that are still alive: what is dead keeps an address in
// memory that has been freed, and used for something else since. Such a
// pointer is known by the span that it leads to, which is neither part of the
// heap nor of the goroutine's own stack.

// heapSpans looks up spans as runtime.spanOf does, in the frozen memory.
type heapSpans struct {
	mem   Memory
	at    *freeze.Runtime
	known offheap.Map // by page: 1 freed, 0 not
}

// What runtime/malloc.go and mheap.go fix.
const (
	pageShift = 13
	spanInUse = 1
)

// newHeapSpans finds the runtime's tables, nil if this program lays them out
// in a way that is not known.
func (e *Engine) newHeapSpans(mem Memory) *heapSpans {
	at, err := e.tables()
	if err != nil {
		return nil
	}
	return &heapSpans{mem: mem, at: at}
}

// freed reports whether p lies in memory that Go's heap manages, but in no
// span of objects.
func (h *heapSpans) freed(p uint64) bool {
	if h == nil {
		return false
	}
	page := p >> pageShift
	f, ok := h.known.Get(page)
	if !ok {
		if h.look(p) {
			f = 1
		}
		h.known.Set(page, f)
	}
	return f == 1
}

func (h *heapSpans) look(p uint64) bool {
	at := h.at
	number := (p + at.Base) / (at.Pages << pageShift)
	if number >= at.L1*at.L2 {
		return false
	}
	entries, err := readWord(h.mem, at.Heap+at.Arenas+8*(number/at.L2))
	if err != nil || entries == 0 {
		return false
	}
	arena, err := readWord(h.mem, entries+8*(number%at.L2))
	if err != nil || arena == 0 {
		return false // not the heap's
	}
	span, err := readWord(h.mem, arena+at.Spans+8*(p>>pageShift%at.Pages))
	if err != nil || span == 0 {
		return err == nil
	}
	start, err1 := readWord(h.mem, span+at.Span.Start)
	pages, err2 := readWord(h.mem, span+at.Span.Pages)
	state, err3 := readWord(h.mem, span+at.Span.State)
	if err1 != nil || err2 != nil || err3 != nil {
		return false
	}
	return p < start || p-start >= pages<<pageShift || byte(state) != spanInUse
}

// outgrown blanks the pointers in a variable's bytes that lead into freed
// memory, and leaves a stub where each leads. It returns nil if there is none.
func (c *run) outgrown(t *types.Type, b []byte, g *goroutine.Info) []byte {
	var out []byte
	eachWord(t.Scan(), b, 0, func(w *types.Word, at int64) {
		pointer := at
		if w.Kind == model.KindInterface {
			pointer += 8
		}
		p := binary.LittleEndian.Uint64(b[pointer:])
		if p == 0 || !c.astray(p, g) {
			return
		}
		if out == nil {
			out = append(out, b...)
		}
		clear(out[at : at+wordSize(w.Kind)])
		t, size := w.Type, int64(8)
		if elem := t.Elem(); elem != nil && (w.Kind == model.KindPointer || w.Kind == model.KindSlice) {
			t, size = elem, elem.Size()
		}
		c.leadsNowhere(t, size, p)
	})
	return out
}

// astray reports whether p leads into freed memory, and not into the
// goroutine's own stack.
func (c *run) astray(p uint64, g *goroutine.Info) bool {
	return (p < g.StackLo || p >= g.StackHi) && c.spans.freed(p)
}

// escaped queues a variable that a frame has only a pointer to, unless the
// pointer leads into freed memory: there a stub is left.
func (c *run) escaped(t *types.Type, p uint64, g *goroutine.Info) {
	if c.astray(p, g) {
		c.leadsNowhere(t, t.Size(), p)
		return
	}
	c.root(t, p, false)
}

// leadsNowhere leaves the stub.
func (c *run) leadsNowhere(t *types.Type, size int64, p uint64) {
	t.Emit()
	c.add(&model.StubObj{
		Addr: p, Size: max(1, size), Type: t.ID(), Reason: mock.Unreadable, Len: -1,
		Detail: "the variable is dead and what it led to was freed",
	})
	c.lose("values", mock.Unreadable, 1, fmt.Sprintf("a dead variable leads to freed memory at %#x", p))
}

// eachWord visits the places of a value that refer to other memory.
func eachWord(s *types.Scan, b []byte, off int64, visit func(w *types.Word, at int64)) {
	for i := range s.Words {
		w := &s.Words[i]
		if at := off + w.Offset; at+wordSize(w.Kind) <= int64(len(b)) {
			visit(w, at)
		}
	}
	for i := range s.Repeats {
		r := &s.Repeats[i]
		for k := range r.Count {
			eachWord(r.Body, b, off+r.Offset+k*r.Stride, visit)
		}
	}
}

// wordSize is how many bytes such a place has.
func wordSize(k model.Kind) int64 {
	switch k {
	case model.KindInterface, model.KindString:
		return 16
	case model.KindSlice:
		return 24
	}
	return 8
}
