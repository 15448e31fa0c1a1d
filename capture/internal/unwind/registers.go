package unwind

// Registers are those of a frame that was interrupted at an instruction, by
// DWARF number (System V ABI for amd64, figure 3.36): 0 to 15 are rax, rdx,
// rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15; 17 to 32 are xmm0 to xmm15.
type Registers struct {
	General [16]uint64
	Vector  [16][16]byte
	HasVec  bool
}

// DWARF numbers of the registers that have one by name in the code.
const (
	regRAX, regRDX, regRCX, regRBX, regRSI, regRDI, regRBP, regRSP = 0, 1, 2, 3, 4, 5, 6, 7
	regR8                                                          = 8
	regXMM0                                                        = 17
)

// Bytes gives the low n bytes of a register.
func (r *Registers) Bytes(number uint64, n int) ([]byte, bool) {
	switch {
	case r == nil || n < 0:
		return nil, false
	case number < 16 && n <= 8:
		var b [8]byte
		for i := range b {
			b[i] = byte(r.General[number] >> (8 * i))
		}
		return b[:n], true
	case number >= regXMM0 && number < regXMM0+16 && n <= 16 && r.HasVec:
		b := r.Vector[number-regXMM0]
		return b[:n], true
	}
	return nil, false
}

// asyncSaved is where runtime.asyncPreempt puts the registers, from its stack
// pointer on (GOROOT/src/runtime/preempt_amd64.s, the same in Go 1.14 to 1.27).
var asyncSaved = [...]uint8{regRAX, regRCX, regRDX, regRBX, regRSI, regRDI,
	regR8, regR8 + 1, regR8 + 2, regR8 + 3, regR8 + 4, regR8 + 5, regR8 + 6, regR8 + 7}

// Sizes of asyncPreempt's frame below the return address: the saved frame
// pointer, the flags and the registers; up to Go 1.25 the vector registers too.
const (
	asyncFrame       = 16 + 8*uint64(len(asyncSaved))
	asyncFrameVector = asyncFrame + 16*16
)

// IsAsyncPreempt tells the frame in which the runtime saved the registers of
// the frame that follows.
func (f *Frame) IsAsyncPreempt() bool { return f.Fn.ID() == idAsyncPreempt }

// IsSigpanic tells the frame that a signal pushed on the frame that follows.
func (f *Frame) IsSigpanic() bool { return f.Fn.ID() == idSigpanic }

// Preempted reads the registers that f, asyncPreempt's frame, saved. An
// unfamiliar frame gives nil.
func Preempted(f *Frame, s Stack) *Registers {
	size := f.CFA - 8 - f.SP
	if size != asyncFrame && size != asyncFrameVector {
		return nil
	}
	r := &Registers{HasVec: size == asyncFrameVector}
	for i, reg := range asyncSaved {
		w, ok := s.Word(f.SP + 8*uint64(i))
		if !ok {
			return nil
		}
		r.General[reg] = w
	}
	for i := range r.Vector {
		if b, ok := s.Slice(f.SP+8*uint64(len(asyncSaved))+16*uint64(i), 16); ok && r.HasVec {
			copy(r.Vector[i][:], b)
		}
	}
	bp, ok := s.Word(f.CFA - 16)
	if !ok {
		return nil
	}
	r.General[regRBP], r.General[regRSP] = bp, f.CFA
	return r
}

// contextOrder is the order of the registers in the kernel's ucontext
// (gregset_t in sys/ucontext.h): r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, then rip.
var contextOrder = [...]uint8{regR8, regR8 + 1, regR8 + 2, regR8 + 3, regR8 + 4, regR8 + 5, regR8 + 6, regR8 + 7,
	regRDI, regRSI, regRBP, regRBX, regRDX, regRAX, regRCX, regRSP}

// ContextWords is how many words of a ucontext, from r8 on, FromContext wants:
// 23 registers and the address of the floating point state.
const ContextWords = 24

// ContextSP and ContextPC are where in those words stack pointer and program counter are.
const (
	ContextSP = 15
	ContextPC = 16
)

// FromContext makes registers of the words of a signal's ucontext. The stack
// pointer is that before the runtime pushed the faulting address.
func FromContext(words []uint64) *Registers {
	r := &Registers{}
	for i, reg := range contextOrder {
		r.General[reg] = words[i]
	}
	r.General[regRSP] += 8
	return r
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
