package goroutine

import (
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// A program can have chains of any length; these are what is kept of them.
const (
	maxPanics = 1000
	maxDefers = 10000
	maxWaits  = 10000
)

// Panic is one element of the chain of panics, newest first.
type Panic struct {
	Value                         uint64 // address of the interface value
	StartSP                       uint64 // stack pointer of the gopanic frame
	SP                            uint64 // of the frame whose deferred calls it runs, 0 unknown
	Recovered, Goexit, Repanicked bool
}

// Panics walks a goroutine's chain of panics. A recovered one that was raised
// again is found by its value, as the runtime does when it prints the chain.
func (l *Layout) Panics(mem Memory, x *Info) ([]Panic, error) {
	var out []Panic
	var newer [2]uint64 // words of the value of the panic before
	for addr := x.panics; addr != 0; {
		if len(out) == maxPanics {
			return out, errors.New("chain of panics longer than its limit")
		}
		p, err := load(mem, addr, l.pan.size)
		if err != nil {
			return out, fmt.Errorf("panic: %w", err)
		}
		one := Panic{
			Value: addr + l.pan.arg, StartSP: p.uint64(l.pan.startSP), SP: p.uint64(l.pan.sp),
			Recovered: p.byte(l.pan.recovered) != 0, Goexit: p.byte(l.pan.goexit) != 0, Repanicked: p.byte(l.pan.repanicked) != 0,
		}
		value := [2]uint64{p.uint64(l.pan.arg), p.uint64(l.pan.arg + 8)}
		if one.Recovered && value == newer && value[0] != 0 {
			one.Repanicked = true
		}
		newer = value
		out = append(out, one)
		addr = p.uint64(l.pan.link)
	}
	return out, nil
}

// Defer is one pending deferred call.
type Defer struct {
	SP      uint64 // of the frame that deferred it
	PC      uint64 // of the defer statement, 0 for an open-coded one
	Closure uint64
	Frame   int // index into the trace, -1 unknown
	Open    bool
}

// Defers lists the pending deferred calls of a goroutine: those on the
// runtime's list, then the open-coded ones of each frame, which only bits in
// the frame record.
func (l *Layout) Defers(mem Memory, x *Info, t unwind.Trace, s unwind.Stack) ([]Defer, error) {
	var frameBySP map[uint64]int
	if x.defers != 0 { // most have none
		frameBySP = make(map[uint64]int, len(t.Frames))
		for i := range t.Frames {
			frameBySP[t.Frames[i].SP] = i
		}
	}
	var out []Defer
	for addr := x.defers; addr != 0; {
		if len(out) == maxDefers {
			return out, errors.New("list of deferred calls longer than its limit")
		}
		d, err := load(mem, addr, l.def.size)
		if err != nil {
			return out, fmt.Errorf("defer: %w", err)
		}
		one := Defer{SP: d.uint64(l.def.sp), PC: d.uint64(l.def.pc), Closure: d.uint64(l.def.fn), Frame: -1}
		if i, ok := frameBySP[one.SP]; ok {
			one.Frame = i
		}
		if d.byte(l.def.rangefunc) == 0 && one.Closure != 0 {
			out = append(out, one)
		} else if l.def.head != absent {
			if out, err = l.rangeDefers(mem, d.uint64(l.def.head), one, out); err != nil {
				return out, err
			}
		}
		addr = d.uint64(l.def.link)
	}
	for i := range t.Frames {
		out = openDefers(out, i, &t.Frames[i], s, l.arch)
	}
	return out, nil
}

// rangeDefers follows the list of calls that the bodies of a range-over-func
// loop deferred on behalf of their function; the list ends in a marker that
// points to itself or to nothing.
func (l *Layout) rangeDefers(mem Memory, head uint64, one Defer, out []Defer) ([]Defer, error) {
	first, err := load(mem, head, 8)
	if err != nil {
		return out, fmt.Errorf("defer in a range-over-func body: %w", err)
	}
	for addr := first.uint64(0); addr > 1; {
		if len(out) == maxDefers {
			return out, errors.New("list of deferred calls longer than its limit")
		}
		d, err := load(mem, addr, l.def.size)
		if err != nil {
			return out, fmt.Errorf("defer in a range-over-func body: %w", err)
		}
		next := one
		next.PC, next.Closure = d.uint64(l.def.pc), d.uint64(l.def.fn)
		if next.Closure != 0 {
			out = append(out, next)
		}
		addr = d.uint64(l.def.link)
	}
	return out, nil
}

// openDefers reads a frame's byte of defer bits: bit i says that the call whose
// closure is in slot i is pending; the highest runs first (runtime.nextDefer).
func openDefers(out []Defer, i int, f *unwind.Frame, s unwind.Stack, arch *unwind.Arch) []Defer {
	bitsOff, slotsOff, ok := f.Fn.OpenDefers()
	varp, has := arch.Locals(f)
	if !ok || !has {
		return out
	}
	bits, ok := s.Slice(varp-bitsOff, 1)
	if !ok {
		return out
	}
	for bit := 7; bit >= 0; bit-- {
		if bits[0]&(1<<bit) == 0 {
			continue
		}
		if closure, ok := s.Word(varp - slotsOff + 8*uint64(bit)); ok && closure != 0 {
			out = append(out, Defer{SP: f.SP, Closure: closure, Frame: i, Open: true})
		}
	}
	return out
}

// Wait is one channel or, where the runtime notes it, one semaphore or list of
// waiters that a goroutine is blocked on.
type Wait struct {
	Channel uint64 // 0: Elem is the address of the semaphore or list
	Elem    uint64
	Select  bool
}

// Prefetch reads at once what [Layout.Waits] looks at first of each goroutine.
// It is put into room, which must be left alone as long as it may be called.
func (l *Layout) Prefetch(mem Memory, list []Info, room []byte) []byte {
	size := int(l.sudog.size)
	if need := len(list) * size; len(room) < need {
		room = make([]byte, need)
	}
	reqs := make([]freeze.Request, 0, len(list))
	for i := range list {
		if x := &list[i]; x.waiting != 0 && size > 0 {
			x.sudog = room[i*size : (i+1)*size]
			reqs = append(reqs, freeze.Request{Addr: x.waiting, Buf: x.sudog})
		}
	}
	ReadBatch(mem, reqs)
	for i, j := 0, 0; i < len(list); i++ {
		if list[i].sudog == nil {
			continue
		}
		if reqs[j].Err != nil {
			list[i].sudog = nil
		}
		j++
	}
	return room
}

// Waits lists what a goroutine is blocked on.
func (l *Layout) Waits(mem Memory, x *Info) ([]Wait, error) {
	var out []Wait
	for addr := x.waiting; addr != 0 && l.sudog.waitlink != absent; {
		if len(out) == maxWaits {
			return out, errors.New("list of waits longer than its limit")
		}
		s, err := x.sudog, error(nil)
		if s == nil || addr != x.waiting {
			s, err = load(mem, addr, l.sudog.size)
		}
		if err != nil {
			return out, fmt.Errorf("sudog: %w", err)
		}
		if c := s.uint64(l.sudog.c); c != 0 || s.uint64(l.sudog.elem) != 0 {
			out = append(out, Wait{Channel: c, Elem: s.uint64(l.sudog.elem), Select: s.byte(l.sudog.isSelect) != 0})
		}
		if s.uint64(l.sudog.c) == 0 {
			break // the next ones are of other goroutines
		}
		addr = s.uint64(l.sudog.waitlink)
	}
	return out, nil
}
