package values

import (
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// closure queues what a func value points to: a code pointer and what the
// function captured.
func (w *Walker) closure(addr uint64) {
	if left, ok := w.funcs[addr]; ok && left >= w.left {
		return
	}
	w.wave.funcs = append(w.wave.funcs, addr)
}

// visitFuncs names the functions of closures and follows what they captured,
// one reference away.
func (w *Walker) visitFuncs(list []uint64) {
	spans := make([]span, 0, len(list))
	for i, addr := range list {
		if left, ok := w.funcs[addr]; ok && left >= w.left {
			continue
		}
		spans = append(spans, span{addr, granule, i})
	}
	w.reads.each(spans, func(s span, b []byte, err error) {
		was, again := w.funcs[s.addr]
		if again && was >= w.left {
			return // twice in this list
		}
		w.funcs[s.addr] = w.left
		if err != nil {
			w.stub(model.StubObj{Addr: s.addr, Size: granule, Reason: mock.Unreadable, Len: -1})
			return
		}
		if s.addr%granule != 0 {
			w.stub(model.StubObj{Addr: s.addr, Size: granule, Reason: mock.Corrupt, Len: -1, Detail: "func value with an odd address"})
			return
		}
		w.visitFunc(s.addr, word(b, 0), !again)
	})
}

// visitFunc handles one closure whose code is at entry.
func (w *Walker) visitFunc(addr, entry uint64, first bool) {
	fn := w.cfg.Func(entry)
	if fn == 0 {
		w.stub(model.StubObj{Addr: addr, Size: granule, Reason: mock.Corrupt, Len: -1, Detail: "func value without a function"})
		return
	}
	context, err := w.cfg.Types.Context(entry)
	if err != nil {
		context = nil // without DWARF what it captured is not known
	}
	if context != nil {
		context.Emit()
	}
	if first {
		w.cfg.Emit(&model.FuncObj{Addr: addr, Func: fn, Context: context.ID()})
	}
	switch {
	case context == nil:
	case w.left > 0:
		w.deepen(func() { w.push(addr, context, 1) })
	default:
		w.stub(model.StubObj{Addr: addr, Size: context.Size(), Type: context.ID(), Reason: mock.DepthLimit, Len: -1})
	}
}
