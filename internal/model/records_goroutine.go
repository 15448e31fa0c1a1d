package model

// The record of a goroutine.

// Goroutine status, normalised from the runtime's.
type Status uint8

const (
	StatusUnknown Status = iota
	StatusIdle
	StatusRunnable
	StatusRunning
	StatusSyscall
	StatusWaiting
	StatusDead
	StatusCopystack
	StatusPreempted
	StatusLeaked
	StatusDeadExtra
)

// Goroutine flags.
const (
	GoAsked          = 1 << iota // asked for the dump
	GoSystem                     // started by the runtime for itself
	GoLocked                     // locked to its thread
	GoInC                        // in a cgo call
	GoDumper                     // belongs to the capture itself
	GoAsyncPreempted             // stopped at an arbitrary instruction
	GoCoroutine                  // runs an iterator of iter.Pull
	GoSystemStack                // was running on its thread's system stack
	GoNew                        // has not run yet
)

// Goroutine is one goroutine at the freeze.
type Goroutine struct {
	ID               GoID
	Status           Status
	RawStatus        uint64
	WaitReason       string // the runtime's text: "chan receive", "" if not waiting
	WaitSince        int64  // runtime nanotime when it blocked; 0 unknown (the runtime sets it at GC)
	Flags            uint64
	Thread           int64 // OS thread id it runs on or is locked to, 0 none
	Parent           GoID
	CreatedPC        uint64
	Created          LocID // location of the go statement
	Start            FuncID
	Labels           []KV
	StackLo, StackHi uint64

	Stack  StackID // 0: none
	Base   uint64  // address to which the Stack's offsets relate
	Image  []byte  // the Stack's Spans
	Inline []FrameInline
	Defers []Defer
	Panics []Panic
	Waits  []Wait
	Errors []string // what went wrong while it was read

	Resumer GoID     // waits in iter.Pull for this one: its frames continue this one's stack
	Foreign []CFrame // frames outside Go, innermost first
	Closure uint64   // of what a goroutine that has not run yet will call, a FuncObj; 0 unknown
}

// CFrame is a frame of code that is not Go's.
type CFrame struct {
	PC     uint64
	Name   string // of the symbol, "" unknown
	Object string // path of the library, or name of the executable
	Offset uint64 // of PC from the symbol's start, from the object's start if there is no symbol
	Frame  int64  // index into Stack.Frames of the nearest one outside it; len(Frames) if there is none
	File   string // "" unknown
	Line   int64  // 0 unknown
}

// FrameInline holds register bytes of one frame, for variables with PlaceRegs.
type FrameInline struct {
	Frame int64 // index into Stack.Frames
	Bytes []byte
}

// Defer is a pending deferred call, in the order in which they would run.
type Defer struct {
	Frame   int64 // index into Stack.Frames of the frame that deferred it; -1 unknown
	Func    FuncID
	Closure uint64 // address of the closure, a FuncObj
	PC      uint64 // of the defer statement, 0 unknown
	Line    int64  // of the defer statement, 0 unknown
	File    string
	Open    bool // open-coded: recorded by a bit in the frame
	Running bool // being run by a panic or by its function's return

	Target   FuncID // what Func calls, if it is a wrapper that the compiler made
	Receiver uint64 // address of Target's receiver, 0 unknown or none
}

// Panic is one element of a goroutine's chain of panics, newest first.
type Panic struct {
	Type       TypeID // interface {}
	Addr       uint64 // of the interface value; 0 for a Goexit
	Recovered  bool
	Goexit     bool
	Repanicked bool
	Frame      int64 // logical frame index of the frame that raised it; -1 unknown
}

// Wait is one object a goroutine is blocked on.
type Wait struct {
	Addr uint64 // channel, or semaphore word
	Type TypeID // channel type; 0 no channel, or see the ChanObj
	Kind string // "chan send", "chan receive", "select", "semaphore", "poll", "sleep"
	Elem uint64 // address of the element being sent or received, 0 none

	Object     uint64 // address of the object around the semaphore, 0 unknown
	ObjectType string // its type: "sync.Mutex"
	Until      int64  // the runtime's clock when a sleep ends, 0 unknown
}
