package dump

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Defer is a pending deferred call.
type Defer struct {
	Line    int    // of the defer statement, 0 unknown
	File    string // of the defer statement
	PC      uint64 // of the defer statement, 0 unknown
	Open    bool   // open-coded: recorded by a bit in the frame
	Running bool   // being run by a panic or by its function's return

	Receiver uint64 // address of the receiver of what is called, 0 none or unknown

	d       *Dump
	fn      model.FuncID
	target  model.FuncID
	closure uint64
	row     int32
	phys    int64
}

// Function is the function that would be called.
func (x Defer) Function() Function { return Function{x.d, x.fn} }

// Target is what the source says is called: it differs from Function where the
// compiler put a call with arguments into a function of its own.
func (x Defer) Target() Function {
	if x.target != 0 {
		return Function{x.d, x.target}
	}
	return x.Function()
}

// Func gives the closure that would be called, with what it captured.
func (x Defer) Func() (FuncValue, bool) {
	if x.d == nil || x.closure == 0 {
		return FuncValue{}, false
	}
	return x.d.funcValue(x.closure)
}

// Frame is the frame whose function deferred the call.
func (x Defer) Frame() (Frame, bool) {
	return Goroutine{x.d, x.row}.physicalFrame(x.phys)
}

// physicalFrame gives the logical frame of a compiled function itself, not of
// what was inlined in it.
func (g Goroutine) physicalFrame(phys int64) (Frame, bool) {
	s := g.stack()
	if s == nil || phys < 0 || phys >= int64(len(s.rec.Frames)) {
		return Frame{}, false
	}
	return g.frameAt(int64(s.firstLogical(phys+1) - 1))
}

// Defers lists the goroutine's pending deferred calls in the order in which they would run.
func (g Goroutine) Defers() []Defer {
	var out []Defer
	for _, x := range g.rec().Defers {
		out = append(out, g.deferred(x))
	}
	return out
}

func (g Goroutine) deferred(x model.Defer) Defer {
	return Defer{
		Line: int(x.Line), File: x.File, PC: x.PC, Open: x.Open, Running: x.Running, Receiver: x.Receiver,
		d: g.d, fn: x.Func, target: x.Target, closure: x.Closure, row: g.row, phys: x.Frame,
	}
}

// Defers lists the pending deferred calls of the frame's function in the order in which they would run.
func (f Frame) Defers() []Defer {
	var out []Defer
	phys, lf, _ := f.place()
	if phys < 0 || lf.Inlined {
		return nil
	}
	g := f.Goroutine()
	rec := g.rec()
	for _, i := range f.d.pending.of(rec, int64(phys)) {
		out = append(out, g.deferred(rec.Defers[i]))
	}
	return out
}

// pendingCalls finds the pending calls of a frame. It is made for the goroutine
// that was asked for last: a dump may have as many calls as frames.
type pendingCalls struct {
	mu      sync.Mutex
	rec     *model.Goroutine
	byFrame []int32 // indices into its Defers
}

// of gives the indices of the calls that a physical frame deferred, in their order.
func (p *pendingCalls) of(rec *model.Goroutine, phys int64) []int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	frame := func(i int32) int64 { return rec.Defers[i].Frame }
	if p.rec != rec {
		p.rec, p.byFrame = rec, nil
		for i := range rec.Defers {
			p.byFrame = append(p.byFrame, int32(i))
		}
		slices.SortStableFunc(p.byFrame, func(a, b int32) int { return cmp.Compare(frame(a), frame(b)) })
	}
	find := func(phys int64) int {
		at, _ := slices.BinarySearchFunc(p.byFrame, phys, func(i int32, phys int64) int { return cmp.Compare(frame(i), phys) })
		return at
	}
	return p.byFrame[find(phys):find(phys+1)]
}

// Panic is one panic that is under way, or was and has been recovered.
type Panic struct {
	Recovered  bool
	Goexit     bool // runtime.Goexit, which runs deferred calls as a panic does
	Repanicked bool

	g     Goroutine
	typ   model.TypeID
	addr  uint64
	frame int64
}

// Value is the interface value that was given to panic.
func (p Panic) Value() Value {
	if p.Goexit || p.addr == 0 {
		return Value{}
	}
	return p.g.d.At(Type{p.g.d, p.typ}, p.addr)
}

// Frame is the frame that panicked.
func (p Panic) Frame() (Frame, bool) { return p.g.frameAt(p.frame) }

// frameAt is Frame for an index that comes from the dump.
func (g Goroutine) frameAt(i int64) (Frame, bool) {
	if i < 0 || i >= int64(g.NumOwnFrames()) {
		return Frame{}, false
	}
	return g.Frame(int(i))
}

// Panics lists the goroutine's panics, newest first.
func (g Goroutine) Panics() []Panic {
	var out []Panic
	for _, p := range g.rec().Panics {
		out = append(out, Panic{
			Recovered: p.Recovered, Goexit: p.Goexit, Repanicked: p.Repanicked,
			g: g, typ: p.Type, addr: p.Addr, frame: p.Frame,
		})
	}
	return out
}

// Wait is one object on which a goroutine is blocked.
type Wait struct {
	Kind string // "chan send", "chan receive", "select", "semaphore", "poll", "sleep"
	Addr uint64 // of the channel or semaphore; 0 neither

	Object     uint64 // address of the object of which the semaphore is a part, or of what is polled; 0 unknown
	ObjectType string // its type: sync.Mutex, internal/poll.FD

	d    *Dump
	typ  model.TypeID
	elem uint64

	until int64
}

// chanType is the type of the channel, which its object knows if the wait does not.
func (w Wait) chanType() Type {
	t := Type{w.d, w.typ}
	if w.d == nil || w.Addr == 0 || t.Kind() == KindChan {
		return t
	}
	if c := w.d.objects().chans[w.Addr]; c != nil {
		return Type{w.d, c.Type}
	}
	return t
}

// Until is for how much longer a sleep would have lasted at the freeze.
func (w Wait) Until() (time.Duration, bool) {
	if w.until == 0 || w.d.meta.Monotonic == 0 {
		return 0, false
	}
	return time.Duration(w.until - w.d.meta.Monotonic), true
}

// Chan is the channel; false for a semaphore, and where the dump does not have the channel.
func (w Wait) Chan() (Value, bool) {
	t := w.chanType()
	if t.Kind() != KindChan {
		return Value{}, false
	}
	return t.d.pointerValue(t, w.Addr), true
}

// Elem is the element being sent, or the place for the one to be received.
func (w Wait) Elem() (Value, bool) {
	t := w.chanType()
	if t.Kind() != KindChan || w.elem == 0 {
		return Value{}, false
	}
	return w.d.At(t.Elem(), w.elem), true
}

// Waits lists what the goroutine is blocked on.
func (g Goroutine) Waits() []Wait {
	var out []Wait
	for _, w := range g.rec().Waits {
		out = append(out, Wait{
			Kind: w.Kind, Addr: w.Addr, Object: w.Object, ObjectType: w.ObjectType,
			d: g.d, typ: w.Type, elem: w.Elem, until: w.Until,
		})
	}
	return out
}
