package dump

import (
	"bytes"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Meta describes the process and the capture.
type Meta struct {
	Producer  string // program and version that wrote the dump
	UUID      []byte // 16 random bytes
	Time      time.Time
	Monotonic int64 // the runtime's clock at the freeze, nanoseconds; 0 unknown
	Host      string
	Program   string // base name of the executable
	Exe       string // its path
	Args      []string
	PID, PPID int64
	Uptime    time.Duration // since the process began, -1 unknown
	Env       []KV          // allow-listed variables only
	Labels    []KV          // given by the program

	GoVersion, GOOS, GOARCH string
	BuildID                 string // the Go build ID
	GNUBuildID              string // ELF note, hex
	MainPath, MainVersion   string // main package path; main module version
	Modules                 []Module
	Settings                []KV // build settings: vcs.revision, -gcflags …

	GOMAXPROCS, NumCPU int64
	MemoryLimit        int64 // GOMEMLIMIT in bytes; math.MaxInt64 means none
	GOGC               int64
	Limits             []KV   // resource and cgroup limits, named as the system names them
	MemStats           []Stat // of runtime.MemStats, by field name

	Method       string // how the memory was had: clone, pipe, stopped, text (see [Capture]), core, ptrace …
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

// Loss records what the capture could not keep.
type Loss struct {
	Area   string // goroutines, frames, variables, values, source, metadata …
	Reason mock.Reason
	Count  int64
	Detail string
}

// metaOf turns the record into what the package shows.
func metaOf(m *model.Meta) Meta {
	out := Meta{
		Producer: m.Producer, UUID: bytes.Clone(m.UUID), Monotonic: m.Monotonic,
		Host: m.Host, Program: m.Program, Exe: m.Exe, Args: m.Args,
		PID: m.PID, PPID: m.PPID, Uptime: time.Duration(m.Uptime),
		Env: kvsOf(m.Env), Labels: kvsOf(m.Labels),
		GoVersion: m.GoVersion, GOOS: m.GOOS, GOARCH: m.GOARCH,
		BuildID: m.BuildID, GNUBuildID: m.GNUBuildID,
		MainPath: m.MainPath, MainVersion: m.MainVersion, Settings: kvsOf(m.Settings),
		GOMAXPROCS: m.GOMAXPROCS, NumCPU: m.NumCPU, MemoryLimit: m.MemoryLimit, GOGC: m.GOGC,
		Limits: kvsOf(m.Limits), MemStats: statsOf(m.MemStats),
		Method: m.Method, Depth: m.Depth, Options: kvsOf(m.Options),
		Optimized: m.Optimized, HasDWARF: m.HasDWARF, Missing: m.Missing, NumGoroutine: m.NumGoroutine,
	}
	if m.Time != 0 {
		out.Time = time.Unix(0, m.Time).UTC()
	}
	for _, mod := range m.Modules {
		out.Modules = append(out.Modules, Module(mod))
	}
	return out
}

func kvsOf(in []model.KV) []KV {
	var out []KV
	for _, kv := range in {
		out = append(out, KV(kv))
	}
	return out
}

func statsOf(in []model.Stat) []Stat {
	var out []Stat
	for _, s := range in {
		out = append(out, Stat(s))
	}
	return out
}
