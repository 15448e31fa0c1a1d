package unwind

import "github.com/gopostmortem/postmortem/capture/internal/image"

// Arch is what differs between processors in frames and registers.
type Arch struct {
	// linkRegister: a call leaves the return address in a register, and the
	// callee saves it at the bottom of its frame; else the call pushes it.
	linkRegister bool

	general uint64    // DWARF numbers of integer registers are below it
	vector  [2]uint64 // and of vector registers from the first to below the second
	sp, fp  uint8
	lr      uint8
	g       uint8 // holds the address of the goroutine's g in compiled code

	async   asyncLayout
	context contextLayout

	// SigpanicEntry is where the runtime lets a thread go on after a fault.
	SigpanicEntry string
	// XRegStride is the distance of the vector registers in g.xRegs.state.
	XRegStride int
	// HeapOffset is what the runtime adds to an address to number its arenas
	// (runtime.arenaBaseOffset, whose sign is the other).
	HeapOffset uint64
	// CacheLine is what the runtime pads structures to (internal/cpu.CacheLinePadSize).
	CacheLine int
}

// asyncLayout is where runtime.asyncPreempt saves registers in its frame
// (GOROOT/src/runtime/preempt_*.s).
type asyncLayout struct {
	first  uint64  // offset of the first integer register from the stack pointer
	saved  []uint8 // in this order
	vector uint64  // offset of the vector registers
	plain  uint64  // the frame's size without vector registers, from Go 1.26 on
	full   uint64  // and with them
	width  int     // how many bytes of a vector register it has
}

// contextLayout is where the kernel of Linux saves registers when it delivers a
// signal: words from the first integer register on.
type contextLayout struct {
	order  []uint8 // integer registers, from word 0 on
	sp, pc int     // words
	words  int     // how many belong to it
}

// ArchOf gives the architecture of an image.
func ArchOf(img *image.Image) *Arch {
	if img.Processor() == image.ARM64 {
		return &arm64
	}
	return &amd64
}

// amd64: DWARF numbers are those of the System V ABI, figure 3.36: 0 to 15 are
// rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15; 17 to 32 are xmm0 to
// xmm15. The runtime's files are the same in this from Go 1.14 to 1.27; the
// frame of asyncPreempt ends in the flags and the frame pointer.
var amd64 = Arch{
	general: 16, vector: [2]uint64{17, 33}, sp: 7, fp: 6, g: 14,
	async: asyncLayout{saved: []uint8{0, 2, 1, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15}, vector: 112, plain: 128, full: 384, width: 16},
	// r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip; word 23 is the
	// address of the floating point state (gregset_t in sys/ucontext.h).
	context:       contextLayout{order: []uint8{8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7}, sp: 15, pc: 16, words: 24},
	SigpanicEntry: "runtime.sigpanic0", XRegStride: 64, HeapOffset: 1 << 47, CacheLine: 64,
}

// arm64: DWARF numbers are those of "DWARF for the Arm 64-bit Architecture": 0
// to 30 are x0 to x30, 31 is sp, 64 to 95 are v0 to v31. x18 and x27 are not
// saved at a preemption: Go keeps nothing in them.
var arm64 = Arch{
	linkRegister: true,
	general:      32, vector: [2]uint64{64, 96}, sp: 31, fp: 29, lr: 30, g: 28,
	async: asyncLayout{first: 8, saved: []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
		19, 20, 21, 22, 23, 24, 25, 26}, vector: 232, plain: 240, full: 496, width: 8},
	// x0 to x30, sp, pc, pstate, a gap, then struct fpsimd_context (asm/sigcontext.h).
	context: contextLayout{order: []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
		21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}, sp: 31, pc: 32, words: 38 + 2*32},
	SigpanicEntry: "runtime.sigpanic", XRegStride: 16, CacheLine: 128,
}

// XRegsSize is how many bytes of g.xRegs.state hold vector registers that are known here.
func (a *Arch) XRegsSize() int { return a.XRegStride * int(a.vector[1]-a.vector[0]) }

// returnAddress gives where f goes on in its caller; link is the link register
// if it still holds that, else 0. What has no frame has called nothing: on a
// stack that is in order only what was interrupted has none.
func (a *Arch) returnAddress(f *Frame, s Stack, link uint64) (uint64, bool) {
	switch {
	case !a.linkRegister:
		return s.Word(f.CFA - 8)
	case f.CFA == f.SP:
		return link, link != 0
	}
	return s.Word(f.SP)
}

// injected undoes what the runtime did to make an interrupted function look as
// if it had called f, beyond what a call does: with a link register, it saved
// that one on the stack.
func (a *Arch) injected(f *Frame, s Stack) (sp, link uint64) {
	if !a.linkRegister {
		return f.CFA, 0
	}
	link, _ = s.Word(f.CFA)
	return f.CFA + linkPush, link
}

// linkPush is by how much the runtime lowers the stack pointer to save the link
// register: the stack stays aligned.
const linkPush = 16

// EntrySP is the stack pointer with which f's function began.
func (a *Arch) EntrySP(f *Frame) uint64 {
	if a.linkRegister {
		return f.CFA
	}
	return f.CFA - 8
}

// Locals is the end of a frame's local variables (runtime.stkframe.varp); false
// if the frame has none.
func (a *Arch) Locals(f *Frame) (uint64, bool) {
	top := f.CFA + uint64(a.LocalsOffset())
	return top, top > f.SP
}

// LocalsOffset is where the local variables of a frame that has any end, from its CFA.
func (a *Arch) LocalsOffset() int64 {
	if a.linkRegister {
		return -8 // the saved frame pointer
	}
	return -16 // and the return address
}

// ArgsOffset is where the arguments begin, from the CFA (runtime.stkframe.argp).
func (a *Arch) ArgsOffset() int64 {
	if a.linkRegister {
		return 8 // abi.MinFrameSize
	}
	return 0
}
