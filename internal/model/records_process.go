package model

import "github.com/gopostmortem/postmortem/mock"

// Records about the process and the capture.

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

// Loss records what the capture could not keep.
type Loss struct {
	Area   string // goroutines, frames, variables, values, source, metadata …
	Reason mock.Reason
	Count  int64
	Detail string
}

// RuleOrigin says who gave rules.
type RuleOrigin uint8

const (
	RuleUnknown RuleOrigin = iota
	RuleProgram            // the program, by an option or a registration
	RuleLibrary            // a package variable
)

// Rule holds rules for showing frames, as text: one a line.
type Rule struct {
	Origin   RuleOrigin
	Name     string // of the package variable, or the one registered; may be ""
	Text     string
	Problems []string // what was wrong with them when the dump was made
}

// Stats are the figures of the capture itself. It is the last record: a dump
// that has it is whole.
type Stats struct {
	Figures []Stat // by name: freeze_ns, total_ns, goroutines, frames, variables, objects, value_bytes …
}
