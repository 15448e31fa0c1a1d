package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

func readWord(mem Memory, addr uint64) (uint64, error) {
	var b [8]byte
	err := mem.ReadMemory(b[:], addr)
	return binary.LittleEndian.Uint64(b[:]), err
}

func appendWord(b []byte, w uint64) []byte { return binary.LittleEndian.AppendUint64(b, w) }

// stackRead is a goroutine's stack as far as it was read.
type stackRead struct {
	stack unwind.Stack
	err   error
}

// A stack is read in one piece up to firstRead bytes, which most fit in; what
// is beyond that of a deeper one is looked at through a window.
const (
	firstRead    = 32 << 10
	largestStack = 16 << 30 // Go's default limit is 1 GB
)

var errShared = errors.New("it is said to be another goroutine's too")

// readStacks reads the used part of the stacks of several goroutines. It holds
// until the next call.
func (c *run) readStacks(list []goroutine.Info) []stackRead {
	free := c.stackBuffer(list)
	if len(c.reads) < len(list) {
		c.reads = make([]stackRead, len(list))
	}
	out, reqs, index := c.reads[:len(list)], c.reqs[:0], c.index[:0]
	clear(out)
	for i := range list {
		g := &list[i]
		used := g.StackHi - g.Regs.SP
		if g.Shared {
			out[i].err = errShared
			continue
		}
		if !g.OnStack() || used > largestStack {
			out[i].err = fmt.Errorf("stack pointer %#x lies outside the stack %#x-%#x", g.Regs.SP, g.StackLo, g.StackHi)
			continue
		}
		first := min(used, firstRead)
		out[i].stack = unwind.Stack{Base: g.Regs.SP, Bytes: free[:first:first]}
		free = free[first:]
		if used > firstRead {
			out[i].stack.Rest = &unwind.Window{Read: c.r.Mem.ReadMemory, End: g.StackHi, Stop: c.late}
		}
		reqs = append(reqs, freeze.Request{Addr: g.Regs.SP, Buf: out[i].stack.Bytes})
		index = append(index, i)
	}
	goroutine.ReadBatch(c.r.Mem, reqs)
	for j := range reqs {
		out[index[j]].err = reqs[j].Err
	}
	c.reqs, c.index = reqs, index
	return out
}

// stackBuffer gives room for the stacks' first parts.
func (c *run) stackBuffer(list []goroutine.Info) []byte {
	total := uint64(0)
	for i := range list {
		total += min(list[i].StackHi-list[i].Regs.SP, firstRead)
	}
	if uint64(len(c.stack)) < total {
		c.stack = make([]byte, total+total/4)
	}
	return c.stack
}

// stackShape is what goroutines with equal stacks share: the recorded Stack,
// and where in it their variables are.
type stackShape struct {
	id       model.StackID
	frames   []*location
	spans    []model.Span
	size     int64
	roots    []root
	gathers  []gather
	logical  int // logical frames
	tally    tallies
	firstLog []int
}

// root is a variable whose bytes lie in memory.
type root struct {
	typ     *types.Type
	off     int64 // from the goroutine's base; an address if abs
	abs     bool
	escaped bool
	shallow bool
}

// gather is a variable put together from pieces.
type gather struct {
	frame int
	in    *instance
}

// shape gives the shape of a trace. Two goroutines share it if their frames
// have the same PCs, dictionaries and extents. With collected, the collector may
// have run since a fault that the trace shows.
func (c *run) shape(t unwind.Trace, s unwind.Stack, collected bool) *stackShape {
	gone := func(i int) bool { return collected && i > 0 && t.Frames[i-1].IsSigpanic() }
	plans, dicts, dictAt, key := c.plans[:0], c.dicts[:0], c.dictAt[:0], c.key[:0]
	for i := range t.Frames {
		f := &t.Frames[i]
		plans = append(plans, c.e.plans.At(plan.Key{PC: f.PC, Exact: f.Exact}, f.Fn))
		dict, at := c.dictionaries(plans[i], f, s)
		dicts, dictAt = append(dicts, dict), append(dictAt, at)
		key = appendWord(key, f.PC)
		key = appendWord(key, f.CFA-s.Base)
		key = append(key, dicts[i]...)
		if f.Regs != nil {
			key = append(key, 'r')
		}
		if gone(i) {
			key = append(key, 'g')
		}
	}
	key = appendWord(appendWord(key, uint64(t.ElidedAt)), uint64(t.Elided))
	c.plans, c.dicts, c.dictAt, c.key = plans, dicts, dictAt, key
	if sh, ok := c.stacks[string(key)]; ok {
		return sh
	}
	sh := &stackShape{}
	c.stacks[string(key)] = sh
	for i := range t.Frames {
		sh.firstLog = append(sh.firstLog, sh.logical)
		l := c.location(plans[i], dicts[i], dictAt[i], t.Frames[i].Regs != nil, gone(i))
		sh.frames = append(sh.frames, l)
		sh.logical += l.logical
		sh.tally.add(&l.tally)
		sh.place(i, l, int64(t.Frames[i].CFA-s.Base))
	}
	sh.merge()
	c.lastID.stack++
	sh.id = c.lastID.stack
	rec := &model.Stack{ID: sh.id, Spans: sh.spans, Elided: int64(t.Elided)}
	if t.Elided > 0 {
		rec.ElidedAt = int64(t.ElidedAt)
	}
	for i := range t.Frames {
		f := &t.Frames[i]
		rec.Frames = append(rec.Frames, model.StackFrame{Loc: sh.frames[i].id, CFA: int64(f.CFA - s.Base), SP: int64(f.SP - s.Base)})
	}
	c.add(rec)
	return sh
}

var errBeyond = errors.New("there are frames whose variables lie beyond it")

// fitting gives the shape of a trace whose variables lie on the goroutine's
// stack. Where it is damaged, frames may be found that do not: they are left out.
func (c *run) fitting(t *unwind.Trace, g *goroutine.Info, s unwind.Stack) (sh *stackShape, err error) {
	collected := c.r.Collected || g.ID != c.r.Cause.Goroutine
	for n := len(t.Frames); n > 0; n = len(t.Frames) {
		sh := c.shape(*t, s, collected)
		if len(sh.spans) == 0 {
			return sh, err
		}
		first, last := sh.spans[0], sh.spans[len(sh.spans)-1]
		switch {
		case first.Off < -int64(s.Base-g.StackLo):
			return nil, errBeyond
		case last.Off+last.Len <= int64(g.StackHi-s.Base):
			return sh, err
		}
		err, t.Frames = errBeyond, t.Frames[:n-1]
		if len(t.Frames) <= t.ElidedAt {
			t.Elided = 0
		}
	}
	return nil, err
}

// place lists a frame's variables and the bytes of the stack that hold them.
func (sh *stackShape) place(frame int, l *location, cfa int64) {
	for i := range l.vars {
		in := &l.vars[i]
		if in.inline >= 0 {
			sh.gathers = append(sh.gathers, gather{frame, in})
			continue
		}
		r := root{typ: in.typ, off: in.pieces[0].Off, escaped: in.escaped, shallow: in.shallow}
		if in.pieces[0].Kind == plan.PieceAbs {
			r.abs = true
		} else {
			r.off += cfa
			if in.size > 0 {
				sh.spans = append(sh.spans, model.Span{Off: r.off, Len: in.size})
			}
		}
		sh.roots = append(sh.roots, r)
	}
}

// merge makes the spans ascending and disjoint.
func (sh *stackShape) merge() {
	sort.Slice(sh.spans, func(i, j int) bool { return sh.spans[i].Off < sh.spans[j].Off })
	out := sh.spans[:0]
	for _, s := range sh.spans {
		if n := len(out); n > 0 && s.Off <= out[n-1].Off+out[n-1].Len {
			out[n-1].Len = max(out[n-1].Len, s.Off+s.Len-out[n-1].Off)
			continue
		}
		out = append(out, s)
	}
	sh.spans = out
	for _, s := range out {
		sh.size += s.Len
	}
}
