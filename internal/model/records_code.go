package model

import "github.com/gopostmortem/postmortem/mock"

// Records about the program: types, functions, locations, stacks.

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
	PlaceParts              // as PlaceRegs, but for the parts in Var.Lost, which are nowhere
)

// Var flags.
const (
	VarEscaped  = 1 << iota // the place holds a pointer to the variable, not the variable
	VarShadowed             // an inner scope has a variable of the same name
	VarStale                // possibly stale: read from a spill slot the compiler no longer maintains
	VarFake                 // made up by the compiler: no name in the source
	VarFixed                // has one place in memory, in the whole of its function
	VarDead                 // its pointers are not alive: what they lead to may be other than it was
	VarMoved                // the compiler has several values for it in its function
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
	Reason   mock.Reason // for PlaceNone and PlaceParts
	Lost     []Span      // for PlaceParts: what is not known, by offset in the variable
	Set      []Span      // lines of the frame's function whose code puts something into the place; none: not known
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
