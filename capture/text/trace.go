// Package text reads the tracebacks that the Go runtime prints, out of
// whatever they were logged into, and turns them into the records of a dump.
//
// A traceback has stacks but no values. It is what remains where the address
// space of a program cannot be read: in a log that came from elsewhere, or in
// a process on a system where it cannot be frozen.
//
// Lines may carry a prefix (a timestamp, a host, a comment sign), may have lost
// their indentation and may be interleaved with lines of other origin. Those
// are ignored, not guessed at.
package text

import "github.com/gopostmortem/postmortem/internal/model"

// Trace is one traceback: the reason, as far as it was printed, and goroutines.
type Trace struct {
	Kind       model.CauseKind
	Message    string // of the newest panic, or of the fatal error; "" if there is none
	Signal     string // "SIGSEGV"; "" for none
	FaultAddr  uint64
	Goroutines []Goroutine
	Truncated  string // which limit cut the traceback off; "" if none did
	Ignored    int64  // lines between the first and the last goroutine that belong to something else
}

// Goroutine is one goroutine of a traceback.
type Goroutine struct {
	ID       model.GoID
	State    string // as printed: "running", "chan receive"
	Minutes  int64  // for how long it has been waiting; 0 is less than one
	Locked   bool
	Leaked   bool
	Labels   []model.KV
	Frames   []Frame // innermost first
	Elided   int64   // frames left out before Frames[ElidedAt]
	ElidedAt int
	Cut      bool // further, older frames were left out
	Creator  Frame
	Parent   model.GoID
	Error    string // why there is no stack
}

// Frame is one frame of a traceback.
type Frame struct {
	Func    string
	File    string
	Line    int64
	Inlined bool
	Offset  uint64 // of the PC from the function's entry; 0 where it was not printed
	PC      uint64 // these three are printed by GOTRACEBACK=system only
	SP, FP  uint64
}

// Limits bound what a traceback may cost. Zero means the default.
type Limits struct {
	Goroutines int // default 1,048,576
	Frames     int // of all goroutines together, default 4,194,304
}

func (l Limits) withDefaults() Limits {
	if l.Goroutines <= 0 {
		l.Goroutines = 1 << 20
	}
	if l.Frames <= 0 {
		l.Frames = 4 << 20
	}
	return l
}
