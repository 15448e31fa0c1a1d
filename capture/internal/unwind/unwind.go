// Package unwind walks goroutine stacks. Frame sizes come from pclntab, which
// every Go program has; the walk needs no DWARF and parses nothing.
package unwind

import (
	"encoding/binary"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// Regs are the registers a walk starts from.
type Regs struct {
	PC, SP, BP uint64
	Link       uint64 // the return address, where calls leave it in a register
}

// Frame is one physical frame.
type Frame struct {
	Fn    image.Function
	PC    uint64 // where the frame resumes
	SP    uint64
	CFA   uint64     // the stack pointer before the call that made the frame
	Exact bool       // PC is the instruction itself, not the one after a call
	Regs  *Registers // known for some exact frames, nil otherwise
}

// Stack is the memory of one goroutine's stack: the bytes from Base on, and of
// a deep one, what is beyond them, through a window.
type Stack struct {
	Base  uint64
	Bytes []byte
	Rest  *Window // nil: there is no more
}

// Word reads the word at addr.
func (s Stack) Word(addr uint64) (uint64, bool) {
	b, ok := s.Slice(addr, 8)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}

// Slice gives the n bytes at addr, if they belong to the stack. They hold until
// the next call.
func (s Stack) Slice(addr uint64, n int64) ([]byte, bool) {
	size := uint64(len(s.Bytes))
	if n < 0 || addr < s.Base {
		return nil, false
	}
	off := addr - s.Base
	if off > size || uint64(n) > size-off {
		return s.Rest.slice(addr, n)
	}
	return s.Bytes[off : off+uint64(n)], true
}

// Window shows a part of a deep stack at a time.
type Window struct {
	Read func(p []byte, addr uint64) error
	End  uint64      // of the stack
	Stop func() bool // true: time is up

	base  uint64
	bytes []byte
}

// windowSize is how much of a deep stack is held at a time.
const windowSize = 1 << 20

func (w *Window) slice(addr uint64, n int64) ([]byte, bool) {
	if w == nil || addr > w.End || uint64(n) > w.End-addr || n > windowSize {
		return nil, false
	}
	if off := addr - w.base; addr < w.base || off+uint64(n) > uint64(len(w.bytes)) {
		if w.Stop() {
			return nil, false
		}
		size := min(windowSize, w.End-addr)
		if uint64(cap(w.bytes)) < size {
			w.bytes = make([]byte, size)
		}
		w.base, w.bytes = addr, w.bytes[:size]
		if w.Read(w.bytes, addr) != nil {
			w.bytes = w.bytes[:0]
			return nil, false
		}
	}
	off := addr - w.base
	return w.bytes[off : off+uint64(n)], true
}

// Trace is the result of a walk: the innermost and the outermost frames, and
// how many between them were counted and let go.
type Trace struct {
	Frames   []Frame
	ElidedAt int // index before which Elided frames are missing
	Elided   int
	Err      error // why the walk ended early
}

// funcIDs of internal/abi, equal in Go 1.25 to 1.27.
const (
	idAsyncPreempt = 3
	idCgocallback  = 4
	idCorostart    = 5
	idSigpanic     = 20

	flagTopFrame = 1
)

// A Cache has frames by their PC, with the CFA's distance from the stack
// pointer: many goroutines stand at few different ones. It is of one image.
type Cache []Frame

const cached = 256

// NewCache makes an empty one.
func NewCache() Cache { return make(Cache, cached) }

// frameAt is [Arch.frameAt].
func (c Cache) frameAt(a *Arch, img *image.Image, pc, sp uint64, exact bool) (Frame, error) {
	known := &c[(pc^pc>>8)%cached]
	if pc == 0 || known.PC != pc || known.Exact != exact {
		f, err := a.frameAt(img, pc, 0, exact)
		if err != nil {
			return f, err
		}
		*known = f
	}
	f := *known
	f.SP, f.CFA = sp, sp+known.CFA
	return f, nil
}

// Walk follows the frames from regs outwards. At most limit frames are kept,
// the two ends of the stack, half each. They are put into buf as far as it goes.
func Walk(img *image.Image, s Stack, regs Regs, limit int, buf []Frame, known Cache) Trace {
	limit = max(limit, 2)
	arch, link := ArchOf(img), regs.Link
	w := keeper{head: limit - limit/2, tail: limit / 2, frames: buf[:0]}
	pc, sp, exact := regs.PC, regs.SP, true
	for {
		f, err := known.frameAt(arch, img, pc, sp, exact)
		if err != nil {
			return w.trace(err)
		}
		w.add(f)
		if f.Fn.Flag()&flagTopFrame != 0 {
			return w.trace(nil)
		}
		ret, ok := arch.returnAddress(&f, s, link)
		if !ok {
			return w.trace(fmt.Errorf("stack ends in %s at %#x: no return address", f.Fn.Name(), f.CFA))
		}
		if ret == 0 {
			return w.trace(nil)
		}
		// A signal or a preemption pushed the address of the interrupted
		// instruction itself, not of one after a call.
		id := f.Fn.ID()
		pc, sp, link, exact = ret, f.CFA, 0, id == idSigpanic || id == idAsyncPreempt
		if exact {
			sp, link = arch.injected(&f, s)
		}
	}
}

// At finds the frame of a return address on a stack that is not a goroutine's.
func (a *Arch) At(img *image.Image, pc, sp uint64) (Frame, error) {
	return a.frameAt(img, pc, sp, false)
}

// frameAt finds the frame of a pc and its extent.
func (a *Arch) frameAt(img *image.Image, pc, sp uint64, exact bool) (Frame, error) {
	at := pc
	if !exact {
		at--
	}
	fn, ok := img.Find(at)
	if !ok {
		return Frame{}, fmt.Errorf("no Go function at pc %#x", pc)
	}
	delta, ok := fn.SPDelta(at)
	if !ok || delta < 0 {
		return Frame{}, fmt.Errorf("%s has no frame size at pc %#x", fn.Name(), pc)
	}
	f := Frame{Fn: fn, PC: pc, SP: sp, CFA: sp + uint64(delta), Exact: exact}
	if !a.linkRegister {
		f.CFA += 8 // the return address
	}
	return f, nil
}

// keeper keeps the first and the last frames it is given.
type keeper struct {
	head, tail int
	frames     []Frame
	ring       []Frame
	n          int
}

func (k *keeper) add(f Frame) {
	k.n++
	if len(k.frames) < k.head {
		k.frames = append(k.frames, f)
		return
	}
	if len(k.ring) < k.tail {
		k.ring = append(k.ring, f)
		return
	}
	k.ring[(k.n-1-k.head)%k.tail] = f
}

func (k *keeper) trace(err error) Trace {
	t := Trace{Frames: k.frames, Err: err}
	if past := k.n - k.head - k.tail; past > 0 {
		t.ElidedAt, t.Elided = len(k.frames), past
		first := past % k.tail
		t.Frames = append(t.Frames, k.ring[first:]...)
		t.Frames = append(t.Frames, k.ring[:first]...)
	} else {
		t.Frames = append(t.Frames, k.ring...)
	}
	return t
}
