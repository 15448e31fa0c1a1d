package unwind

import "encoding/binary"

// Registers are those of a frame that was interrupted at an instruction.
type Registers struct {
	arch      *Arch
	General   [32]uint64 // by DWARF number
	Vector    [32][16]byte
	VectorLen int    // how many bytes of each vector register are known
	unknown   uint32 // integer registers, a bit each
}

// Bytes gives the low n bytes of a register, by its DWARF number.
func (r *Registers) Bytes(number uint64, n int) ([]byte, bool) {
	switch {
	case r == nil || n < 0:
		return nil, false
	case number < r.arch.general && n <= 8 && r.unknown&(1<<number) == 0:
		return binary.LittleEndian.AppendUint64(nil, r.General[number])[:n], true
	case number >= r.arch.vector[0] && number < r.arch.vector[1] && n <= r.VectorLen:
		b := r.Vector[number-r.arch.vector[0]]
		return b[:n], true
	}
	return nil, false
}

// IsAsyncPreempt tells the frame in which the runtime saved the registers of
// the frame that follows.
func (f *Frame) IsAsyncPreempt() bool { return f.Fn.ID() == idAsyncPreempt }

// IsCorostart tells the frame in which goroutines of iter.Pull begin.
func (f *Frame) IsCorostart() bool { return f.Fn.ID() == idCorostart }

// IsCallback tells the frame in which C's call of a Go function arrives: the C
// code, which is on another stack, belongs before the frame that follows.
func (f *Frame) IsCallback() bool { return f.Fn.ID() == idCgocallback }

// IsSigpanic tells the frame that a signal pushed on the frame that follows.
func (f *Frame) IsSigpanic() bool { return f.Fn.ID() == idSigpanic }

// Preempted reads the registers that f, asyncPreempt's frame, saved. An
// unfamiliar frame gives nil.
func (a *Arch) Preempted(f *Frame, s Stack) *Registers {
	r := &Registers{arch: a, unknown: ^uint32(0)}
	size := f.CFA - f.SP
	if !a.linkRegister {
		size -= 8
	}
	switch size {
	case a.async.plain:
	case a.async.full:
		r.VectorLen = a.async.width
	default:
		return nil
	}
	for i, reg := range a.async.saved {
		if !r.load(reg, s, f.SP+a.async.first+8*uint64(i)) {
			return nil
		}
	}
	for i := range a.vector[1] - a.vector[0] {
		if b, ok := s.Slice(f.SP+a.async.vector+i*uint64(r.VectorLen), int64(r.VectorLen)); ok {
			copy(r.Vector[i][:], b)
		}
	}
	saved := f.CFA - 16 // the frame pointer, below the return address
	if a.linkRegister {
		saved = f.SP - 8
	}
	a.Injected(r, f, s)
	if !r.load(a.fp, s, saved) {
		return nil
	}
	return r
}

// Bounds reads the registers that f, the frame of runtime.panicBounds, saved:
// from Go 1.26 on, a failed index or slice expression calls it with the operands
// where they are (GOROOT/src/runtime/asm_amd64.s). An unfamiliar frame, or one of
// another architecture, gives nil.
func (a *Arch) Bounds(f *Frame, s Stack) *Registers {
	const size, first = 160, 16
	if a != &amd64 || f.CFA-f.SP != size {
		return nil
	}
	r := &Registers{arch: a, unknown: ^uint32(0)}
	for i, reg := range boundsOrder {
		if reg != a.sp && reg != a.g && !r.load(reg, s, f.SP+first+8*uint64(i)) {
			return nil
		}
	}
	r.set(a.sp, f.CFA)
	return r
}

// boundsOrder is the processor's own: ax, cx, dx, bx, sp, bp, si, di, r8 to r15.
var boundsOrder = [...]uint8{0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15}

// set sets an integer register.
func (r *Registers) set(reg uint8, w uint64) {
	r.General[reg] = w
	r.unknown &^= 1 << reg
}

// load sets an integer register to a word of the stack.
func (r *Registers) load(reg uint8, s Stack, addr uint64) bool {
	w, ok := s.Word(addr)
	if ok {
		r.set(reg, w)
	}
	return ok
}

// Move adds a distance to the registers that point into [lo, hi): the stack
// that lay there has moved.
func (r *Registers) Move(lo, hi, distance uint64) {
	for i, w := range r.General {
		if w >= lo && w < hi {
			r.General[i] = w + distance
		}
	}
}

// Fault is what the kernel saved of a thread whose fault the runtime turns into
// a panic, by letting the thread go on in sigpanic.
type Fault struct {
	SP        uint64    // of sigpanic when it begins
	Goroutine uint64    // the address of its g: compiled code keeps it in a register
	Regs      Registers // before the runtime prepared that call
}

// FindFault looks in the bytes of a signal stack for a context that goes on at
// next, the entry of sigpanic. What they refer to it takes from read.
func (a *Arch) FindFault(stack []byte, next uint64, read func(p []byte, addr uint64) error) (Fault, bool) {
	words := make([]uint64, a.context.words)
	for at := len(stack)&^7 - 8*len(words); at >= 0; at -= 8 {
		if binary.LittleEndian.Uint64(stack[at+8*a.context.pc:]) != next {
			continue
		}
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(stack[at+8*i:])
		}
		if f, ok := a.fault(words, read); ok {
			return f, true
		}
	}
	return Fault{}, false
}

// fault interprets the words of a context.
func (a *Arch) fault(words []uint64, read func(p []byte, addr uint64) error) (Fault, bool) {
	f := Fault{SP: words[a.context.sp], Regs: Registers{arch: a}}
	if f.SP%8 != 0 {
		return f, false
	}
	for i, reg := range a.context.order {
		f.Regs.General[reg] = words[i]
	}
	f.Goroutine = f.Regs.General[a.g]
	if a.linkRegister {
		f.Regs.simd(words[a.context.pc+3:])
	} else {
		f.Regs.fxsave(words[len(words)-1], read)
	}
	return f, true
}

// Injected sets the registers which the runtime changed to make a function look
// as if it had called f to what they were before.
func (a *Arch) Injected(r *Registers, f *Frame, s Stack) {
	sp, link := a.injected(f, s)
	r.set(a.sp, sp)
	if a.linkRegister {
		r.set(a.lr, link)
	}
}

// fxsave reads the vector registers from the floating point state of a signal
// frame of amd64, which has the layout of FXSAVE.
func (r *Registers) fxsave(fpstate uint64, read func(p []byte, addr uint64) error) {
	const xmm0, n = 160, 16
	var b [16 * n]byte
	if read(b[:], fpstate+xmm0) != nil {
		return
	}
	for i := range n {
		copy(r.Vector[i][:], b[16*i:])
	}
	r.VectorLen = 16
}

// simd reads the vector registers from the first record behind the registers of
// arm64: magic and size, two words of status, the registers.
func (r *Registers) simd(words []uint64) {
	const magic, n = 0x46508001, 32
	if uint32(words[0]) != magic || len(words) < 2+2*n {
		return
	}
	for i := range n {
		v := binary.LittleEndian.AppendUint64(r.Vector[i][:0], words[2+2*i])
		binary.LittleEndian.AppendUint64(v, words[3+2*i])
	}
	r.VectorLen = 16
}
