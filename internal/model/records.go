// Package model holds the records of a dump and turns them into bytes and back.
//
// The structs of this file are the format's vocabulary: SPEC.md describes each
// of them in a table, and a test compares the two. A dump is a typed image of
// memory: a value is a type and an address, its bytes lie in the image, and
// sharing and cycles are therefore exact. What a reader could not interpret
// without knowing the runtime of one Go version (maps, channels, interfaces'
// type words, closures) is normalised into side tables keyed by address.
package model

import "github.com/gopostmortem/postmortem/mock"

// Identifiers. Zero means "none" in each of them, so the first is 1.
type (
	TypeID  uint32
	FuncID  uint32
	LocID   uint32
	StackID uint32
	GoID    uint64 // the runtime's goroutine id
)

// Meta describes the process and the capture. There is one in a dump, the first record.
type Meta struct {
	Producer  string // program and version that wrote the dump
	UUID      []byte // 16 random bytes
	Time      int64  // wall clock at the freeze, Unix nanoseconds
	Monotonic int64  // runtime nanotime at the freeze, to which wait times relate; 0 unknown
	Host      string
	Program   string // base name of the executable
	Exe       string // its path
	Args      []string
	PID, PPID int64
	Uptime    int64 // nanoseconds since the process began, -1 unknown
	Env       []KV  // allow-listed variables only
	Labels    []KV  // given by the program

	GoVersion, GOOS, GOARCH string
	BuildID                 string // the Go build ID
	GNUBuildID              string // ELF note, hex
	MainPath, MainVersion   string // main package path; main module version
	Modules                 []Module
	Settings                []KV // build settings: vcs.revision, -gcflags …

	GOMAXPROCS, NumCPU int64
	MemoryLimit        int64 // GOMEMLIMIT in bytes; MaxInt64 means none
	GOGC               int64
	Limits             []KV   // resource limits and cgroup limits, named as the system names them
	MemStats           []Stat // runtime.MemStats, and GC statistics, by field name

	Method       string // how the memory was had: clone, pipe, stopped, text, core, ptrace …
	Depth        int64  // references followed; -1 no limit; 0 stacks only
	Options      []KV   // the limits in force, by option name
	Optimized    bool   // the main package was compiled with optimisation
	HasDWARF     bool
	Missing      []string // capabilities that were not there, each a sentence
	NumGoroutine int64    // in the process at the freeze
}

// KV is a named string.
type KV struct{ Key, Value string }

// Stat is a named number.
type Stat struct {
	Name  string
	Value int64
}

// Module is one module of the build list.
type Module struct {
	Path, Version, Sum string
	Replace            string // path@version that replaced it, "" for none
}

// CauseKind says what made the program ask for the dump.
type CauseKind uint8

const (
	CauseNone     CauseKind = iota // no cause given: a snapshot
	CausePanic                     // a recovered panic value
	CauseError                     // an error in hand, no panic
	CauseValue                     // another value in hand, no panic
	CauseGoexit                    // runtime.Goexit under way
	CauseFatal                     // the runtime's fatal error or a signal
	CauseSnapshot                  // asked for by name
)

// Cause says why the dump exists. There is one, the second record.
type Cause struct {
	Kind      CauseKind
	Text      string // the value's Error or String, or its formatted basic value
	TextError string // why Text could not be had from the value's method, "" if it was
	TypeName  string // dynamic type of the value given as cause
	Type      TypeID // the static type, interface {}, of the value at Addr; 0 where there is none
	Addr      uint64 // address of the interface value in the image
	Goroutine GoID   // which asked
	Frame     int64  // culprit's logical frame index in it; -1 unknown
	AskFrame  int64  // logical frame index of the function that asked; -1 unknown
	Signal    string // for faults: SIGSEGV …
	FaultAddr uint64
	Name      string // of a snapshot
}

// Kind of a Go type. The numbers are reflect.Kind's, fixed by SPEC.md.
type Kind uint8

const (
	KindInvalid Kind = iota
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

// Type flags.
const (
	TypeNamed      = 1 << iota // a defined type: Name is its qualified name
	TypeDirect                 // stored in an interface's data word itself, not behind a pointer
	TypeIncomplete             // the description is partial: fields or elements are not known
	TypeEmptyIface             // an interface without methods: its first word is a type, not an itab
	TypeVariadic               // a func type with ...
	TypeAlias                  // reserved
)

// Type describes a Go type. Multi-byte values in the image are little endian
// unless Meta.GOARCH says otherwise; SPEC.md gives each kind's layout.
type Type struct {
	ID      TypeID
	Kind    Kind
	Flags   uint64
	Name    string // as DWARF names it: package path qualified, "map[string]*net/http.Request"
	Size    int64  // bytes
	Elem    TypeID // array, chan, map, pointer, slice
	Key     TypeID // map
	Len     int64  // array: elements
	Dir     uint64 // chan: 1 receive, 2 send, 3 both
	Fields  []Field
	In, Out []TypeID // func
	Methods []string // interface: method names
	Consts  []Const  // named integer types: the constants declared of it
	RType   uint64   // address of the runtime's type descriptor, 0 unknown
}

// Field of a struct.
type Field struct {
	Name     string
	Type     TypeID
	Offset   int64 // bytes
	Embedded bool
}

// Const is one constant of a named integer type.
type Const struct {
	Name  string
	Value int64
}

// Func flags.
const (
	FuncRuntime  = 1 << iota // of package runtime or its internals
	FuncUser                 // of the main module (or of no standard or dependency package)
	FuncWrapper              // made by the compiler
	FuncStd                  // standard library
	FuncExported             // reserved
)

// Func is a function of the program.
type Func struct {
	ID        FuncID
	Name      string // linker symbol, generics written as in DWARF: pkg.F[go.shape.int]
	Package   string // import path
	File      string // as compiled, slash separated
	StartLine int64
	Entry     uint64
	Flags     uint64
}

// VarKind tells arguments from locals.
type VarKind uint8

const (
	VarLocal VarKind = iota
	VarParam
	VarResult
	VarCaptured // captured by a closure
	VarGlobal
)

// Place says where a variable's bytes are.
type Place uint8

const (
	PlaceNone  Place = iota // nowhere: Reason says why
	PlaceCFA                // in the image at the frame's CFA + Off
	PlaceAbs                // in the image at address Off
	PlaceRegs               // in the frame's Inline bytes at Off
	PlaceConst              // in Var.Const
)

// Var flags.
const (
	VarEscaped  = 1 << iota // the place holds a pointer to the variable, not the variable
	VarShadowed             // an inner scope has a variable of the same name
	VarStale                // possibly stale: read from a spill slot the compiler no longer maintains
	VarFake                 // made up by the compiler: no name in the source
)

// Var is one variable of a frame at one PC: what and where, without the value.
type Var struct {
	Name     string
	Type     TypeID // type of the variable itself; for VarEscaped the pointer at the place is one word to this
	Kind     VarKind
	Flags    uint64
	DeclLine int64
	Scope    int64 // nesting of the lexical block: 0 is the function's own
	Place    Place
	Off      int64
	Const    []byte
	Reason   mock.Reason // for PlaceNone
}

// LocFrame is one logical frame of a location: a function, or a call inlined in the next one.
type LocFrame struct {
	Func    FuncID
	File    string      // "" when it is the function's
	Line    int64       // of the statement being executed, or of the call
	Inlined bool        // inlined into the LocFrame that follows
	Hidden  bool        // compiler-made wrapper, hidden unless asked for
	Vars    []Var       // in Delve's order: by scope depth, then declaration line
	Reason  mock.Reason // why Vars is empty although the function has variables; Unknown otherwise
}

// Loc is a compiled code location: everything about a frame that depends on its
// PC (and, for generic code, its dictionary) but not on the goroutine.
type Loc struct {
	ID     LocID
	PC     uint64     // where the frame resumes; the line is that of the call before it
	Frames []LocFrame // innermost inlined call first; the last is the physical function. Never empty
}

// StackFrame is one physical frame of a stack.
type StackFrame struct {
	Loc LocID
	CFA int64 // canonical frame address, as an offset from Goroutine.Base
	SP  int64 // the frame's stack pointer, same origin
}

// Span is a run of bytes of a stack that Goroutine.Image holds.
type Span struct{ Off, Len int64 } // Off from Goroutine.Base

// Stack is a list of frames that one or many goroutines share PC for PC.
type Stack struct {
	ID       StackID
	Frames   []StackFrame // innermost first
	Spans    []Span       // ascending, disjoint; what Image holds, concatenated
	ElidedAt int64        // index before which frames were left out, when Elided > 0
	Elided   int64        // number of physical frames left out
}

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
	Type TypeID // channel type, 0 for a semaphore
	Kind string // "chan send", "chan receive", "select send", "select receive", "semaphore"
	Elem uint64 // address of the element being sent or received, 0 none
}

// Memory is a block of the image: extents of memory, ascending and disjoint.
type Memory struct {
	Extents []Extent
}

// Extent is a run of memory.
type Extent struct {
	Addr  uint64
	Bytes []byte
}

// TypeWord gives the type behind the first word of an interface value.
type TypeWord struct {
	Addr uint64 // of the type descriptor or itab
	Type TypeID // dynamic type
}

// MapObj is a map, normalised: entries lie one behind the other in the image,
// key then element, without padding, in the runtime's table order.
type MapObj struct {
	Addr   uint64 // what the map variable holds
	Type   TypeID
	Len    int64       // the map's own count
	Count  int64       // entries kept
	Base   uint64      // address of the entries in the image, in the synthetic range
	Reason mock.Reason // why Count < Len
}

// ChanObj is a channel, normalised: buffered elements in the order in which they would be received.
type ChanObj struct {
	Addr       uint64
	Type       TypeID
	Len, Cap   int64
	Closed     bool
	Count      int64 // elements kept
	Base       uint64
	Reason     mock.Reason
	Recv, Send []Waiter
}

// Waiter is a goroutine in a channel's queue.
type Waiter struct {
	Goroutine GoID
	Elem      uint64 // address of its element, 0 none
}

// FuncObj is a func value: a closure.
type FuncObj struct {
	Addr    uint64 // of the closure
	Func    FuncID
	Context TypeID // struct laid over Addr whose fields are the captured variables; 0 none
}

// StubObj marks a range of addresses whose bytes are not in the image.
type StubObj struct {
	Addr   uint64
	Size   int64 // bytes; at least 1
	Type   TypeID
	Reason mock.Reason
	Len    int64 // of the map, string, slice there; -1 unknown
	Detail string
}

// Global is a package variable.
type Global struct {
	Name string // package path qualified
	Type TypeID
	Addr uint64
}

// SourceState says whether a file's text is in the dump.
type SourceState uint8

const (
	SourceAbsent   SourceState = iota // could not be found: Reason
	SourceEmbedded                    // in the dump, whole
	SourceDisabled                    // left out on purpose
	SourceStale                       // embedded, but newer than the executable
)

// SourceFile lists one source file.
type SourceFile struct {
	Path   string // as the compiler recorded it
	Found  string // where it was read from
	Size   int64
	Hash   []byte // SHA-256 of the content; empty when absent
	State  SourceState
	Reason string
}

// SourceText is the content behind a hash.
type SourceText struct {
	Hash []byte
	Text []byte
}

// Loss records what the capture could not keep.
type Loss struct {
	Area   string // goroutines, frames, variables, values, source, metadata …
	Reason mock.Reason
	Count  int64
	Detail string
}

// Stats are the figures of the capture itself. It is the last record: a dump
// that has it is whole.
type Stats struct {
	Figures []Stat // by name: freeze_ns, total_ns, goroutines, frames, variables, objects, value_bytes …
}
