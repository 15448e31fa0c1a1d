package dump

import (
	"fmt"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Kind is the kind of a Go type. The numbers are those of [reflect.Kind].
type Kind uint8

// The kinds.
const (
	KindInvalid Kind = iota // not known to the dump
	KindBool
	KindInt
	KindInt8
	KindInt16
	KindInt32
	KindInt64
	KindUint
	KindUint8
	KindUint16
	KindUint32
	KindUint64
	KindUintptr
	KindFloat32
	KindFloat64
	KindComplex64
	KindComplex128
	KindArray
	KindChan
	KindFunc
	KindInterface
	KindMap
	KindPointer
	KindSlice
	KindString
	KindStruct
	KindUnsafePointer
)

var kindNames = [...]string{
	KindInvalid: "invalid", KindBool: "bool",
	KindInt: "int", KindInt8: "int8", KindInt16: "int16", KindInt32: "int32", KindInt64: "int64",
	KindUint: "uint", KindUint8: "uint8", KindUint16: "uint16", KindUint32: "uint32", KindUint64: "uint64",
	KindUintptr: "uintptr", KindFloat32: "float32", KindFloat64: "float64",
	KindComplex64: "complex64", KindComplex128: "complex128",
	KindArray: "array", KindChan: "chan", KindFunc: "func", KindInterface: "interface", KindMap: "map",
	KindPointer: "ptr", KindSlice: "slice", KindString: "string", KindStruct: "struct",
	KindUnsafePointer: "unsafe.Pointer",
}

// String gives the kind's name as reflect spells it.
func (k Kind) String() string { return nameOf(kindNames[:], int(k), "kind") }

// Status is what a goroutine was doing at the freeze.
type Status uint8

// The states. New ones may be added.
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

var statusNames = [...]string{
	StatusUnknown: "unknown", StatusIdle: "idle", StatusRunnable: "runnable", StatusRunning: "running",
	StatusSyscall: "syscall", StatusWaiting: "waiting", StatusDead: "dead", StatusCopystack: "copystack",
	StatusPreempted: "preempted", StatusLeaked: "leaked", StatusDeadExtra: "dead extra",
}

// String gives the state as the runtime's traceback prints it.
func (s Status) String() string { return nameOf(statusNames[:], int(s), "status") }

// CauseKind says what made the program ask for the dump.
type CauseKind uint8

// The kinds of causes. New ones may be added.
const (
	CauseNone     CauseKind = iota // no cause given
	CausePanic                     // a recovered panic value
	CauseError                     // an error in hand, no panic
	CauseValue                     // another value in hand, no panic
	CauseGoexit                    // runtime.Goexit under way
	CauseFatal                     // the runtime's fatal error or a signal
	CauseSnapshot                  // asked for by name
)

var causeNames = [...]string{
	CauseNone: "none", CausePanic: "panic", CauseError: "error", CauseValue: "value",
	CauseGoexit: "goexit", CauseFatal: "fatal error", CauseSnapshot: "snapshot",
}

// String names the kind.
func (k CauseKind) String() string { return nameOf(causeNames[:], int(k), "cause") }

// VarKind tells arguments from local variables.
type VarKind uint8

// The kinds of variables.
const (
	VarLocal VarKind = iota
	VarParam
	VarResult
	VarCaptured // captured by a closure
	VarGlobal
)

var varNames = [...]string{
	VarLocal: "local", VarParam: "parameter", VarResult: "result", VarCaptured: "captured", VarGlobal: "global",
}

// String names the kind.
func (k VarKind) String() string { return nameOf(varNames[:], int(k), "variable kind") }

// ChanDir is the direction of a channel type.
type ChanDir uint8

// The directions.
const (
	RecvDir ChanDir = 1
	SendDir ChanDir = 2
	BothDir ChanDir = RecvDir | SendDir
)

// String gives the direction as Go writes it.
func (c ChanDir) String() string {
	return nameOf([]string{"", "<-chan", "chan<-", "chan"}, int(c), "direction")
}

// SourceState says whether a file's text is in the dump.
type SourceState uint8

// The states of a source file.
const (
	SourceAbsent   SourceState = iota // could not be found
	SourceEmbedded                    // in the dump, whole
	SourceDisabled                    // left out on purpose
	SourceStale                       // in the dump, but newer than the executable
)

var sourceNames = [...]string{
	SourceAbsent: "absent", SourceEmbedded: "embedded", SourceDisabled: "disabled", SourceStale: "stale",
}

// String names the state.
func (s SourceState) String() string { return nameOf(sourceNames[:], int(s), "source state") }

// nameOf looks a number up in its table of names; later versions may have more.
func nameOf(names []string, n int, what string) string {
	if n < len(names) {
		return names[n]
	}
	return fmt.Sprintf("%s %d", what, n)
}

// The numbers above are the format's.
const (
	_ = uint(model.KindUnsafePointer) - uint(KindUnsafePointer)
	_ = uint(KindUnsafePointer) - uint(model.KindUnsafePointer)
	_ = uint(model.StatusDeadExtra) - uint(StatusDeadExtra)
	_ = uint(StatusDeadExtra) - uint(model.StatusDeadExtra)
	_ = uint(model.CauseSnapshot) - uint(CauseSnapshot)
	_ = uint(CauseSnapshot) - uint(model.CauseSnapshot)
	_ = uint(model.VarGlobal) - uint(VarGlobal)
	_ = uint(VarGlobal) - uint(model.VarGlobal)
	_ = uint(model.SourceStale) - uint(SourceStale)
	_ = uint(SourceStale) - uint(model.SourceStale)
)
