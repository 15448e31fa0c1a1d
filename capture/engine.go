// Package capture is the engine: it turns the frozen address space of a Go
// program into the records of a dump. It reads memory through an interface and
// does not know whether that is a snapshot of this process, another process or
// a core file, and it calls nothing of the program.
package capture

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/guard"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/source"
)

// Memory is a frozen address space.
type Memory interface {
	// ReadMemory fills p with the bytes at addr, all of it or an error.
	ReadMemory(p []byte, addr uint64) error
}

// Engine knows one executable: its functions, its debug information and the
// plans and types compiled so far, which are kept between captures. It is safe
// for concurrent use; captures take turns.
type Engine struct {
	img   *image.Image
	plans *plan.Compiler

	mu     sync.Mutex // one capture at a time
	layout *goroutine.Layout
	types  typeIndex

	// mapped tells which file lies at an address; nil: that is not known.
	mapped  func(addr uint64) (mapping, error)
	refused map[uint64]string // why modules could not be opened, by their text

	entries map[string]uint64   // functions of the runtime by name
	checked map[string][]string // problems of rules by their text
	lookups int                 // of names of rules

	ruleVars      []image.Symbol // with rules of libraries
	ruleVarsKnown bool
	runtime       *freeze.Runtime // where its tables are
	procs         uint64          // where runtime.sched.customGOMAXPROCS is

	failed atomic.Bool
}

// Open prepares an engine for the executable at path, loaded at bias (0 for
// executables with fixed addresses).
func Open(path string, bias uint64) (*Engine, error) {
	img, err := image.Open(path, bias)
	if err != nil {
		return nil, err
	}
	return &Engine{img: img, plans: plan.New(img)}, nil
}

// Close releases the executable.
func (e *Engine) Close() error {
	e.img.Close()
	return nil
}

// BuildID is the executable's Go build ID, GNUBuildID the linker's in hex.
func (e *Engine) BuildID() string { return e.img.BuildID() }

// GNUBuildID is the linker's build ID in hex, "" if there is none.
func (e *Engine) GNUBuildID() string { return e.img.GNUBuildID() }

// HasDWARF reports whether the executable has debug information.
func (e *Engine) HasDWARF() bool {
	return e.img.HasDWARF() == nil
}

// Limits bound one capture. Zero means the default of [DefaultLimits].
type Limits struct {
	Depth      int   // references followed from a variable: 0 stacks only, -1 no limit
	Bytes      int64 // of values in the image
	Objects    int64 // followed
	Elements   int64 // kept of one slice, map, channel or array
	String     int64 // bytes kept of one string
	Goroutines int64 // with frames and values; the others are counted
	Frames     int64 // kept of one stack: half at the crash end, half at the root
}

// DefaultLimits are what a service can live with.
var DefaultLimits = Limits{
	Depth: 3, Bytes: 64 << 20, Objects: 2 << 20, Elements: 4096, String: 64 << 10,
	Goroutines: 1 << 20, Frames: 1000,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	for _, f := range []struct{ v, d *int64 }{
		{&l.Bytes, &d.Bytes}, {&l.Objects, &d.Objects}, {&l.Elements, &d.Elements},
		{&l.String, &d.String}, {&l.Goroutines, &d.Goroutines}, {&l.Frames, &d.Frames},
	} {
		if *f.v == 0 {
			*f.v = *f.d
		}
	}
	return l
}

// Request is one capture.
type Request struct {
	Mem      Memory
	Meta     *model.Meta  // filled in by the caller but for what only the engine knows
	Cause    *model.Cause // likewise: Goroutine and, if there is a value, Addr of its interface
	Limits   Limits
	Deadline time.Time // zero: none
	Source   *source.Collector
	// Own names packages, with those below them, that belong to the capture
	// itself: their frames are not the culprit's, and goroutines that they
	// started are left out.
	Own []string
	// Contexts are those that [Engine.SignalContexts] found before the freeze.
	Contexts []SignalContext
	// Collected tells that the garbage collector may have run since the
	// goroutine of the cause asked for the dump.
	Collected bool
	// Rules are for showing frames. The engine adds those of libraries.
	Rules []model.Rule
	// Stopped are threads that stood still when the program was frozen; those
	// that are in C matter.
	Stopped []StoppedThread
	// Stats are figures of the caller's, put first in the dump's.
	Stats []model.Stat
}

// ErrNoGoroutines says that the runtime's list of goroutines could not be read
// at all: there is nothing to capture.
var ErrNoGoroutines = errors.New("capture: the runtime's goroutines cannot be found")

// Capture writes a dump of the frozen program to w. A failure after the first
// goroutine leaves a dump that is cut short, but readable.
func (e *Engine) Capture(w io.Writer, r *Request) error {
	_, err := guarded(e, func() (struct{}, error) { return struct{}{}, e.capture(w, r) })
	return err
}

func (e *Engine) capture(w io.Writer, r *Request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	mem := newMemory(r.Mem)
	defer mem.Close()
	own := *r
	r, own.Mem = &own, mem
	if err := e.prepare(mem); err != nil {
		return err
	}
	lost := e.attach(r.Mem)
	c, err := e.newCapture(w, r, mem)
	if err != nil {
		return err
	}
	defer e.types.End()
	defer c.close()
	defer e.img.LetGo()
	r.Meta.Missing = append(r.Meta.Missing, lost...)
	return c.run()
}

// guarded runs f, whose panic is an error that the engine remembers.
func guarded[T any](e *Engine, f func() (T, error)) (T, error) {
	t, err := guard.Run(f)
	if errors.Is(err, guard.ErrPanic) {
		e.failed.Store(true)
	}
	return t, err
}

// Failed reports whether something has gone wrong within the engine. What it
// has kept of the executable may be wrong as well: it should be closed, and
// another opened. One cause is a file that has become shorter since.
func (e *Engine) Failed() bool { return e.failed.Load() }

// prepare finds what the executable alone does not say, once.
func (e *Engine) prepare(mem Memory) error {
	if e.layout != nil {
		return nil
	}
	if _, err := e.img.Module(mem); err != nil {
		return err
	}
	l, err := goroutine.NewLayout(e.img, mem)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoGoroutines, err)
	}
	e.layout = l
	return nil
}

// CustomProcs reports whether the running program has set GOMAXPROCS by hand,
// and whether that is known: runtime.sched.customGOMAXPROCS, from Go 1.25 on.
func (e *Engine) CustomProcs(mem Memory) (custom, known bool) {
	custom, err := guarded(e, func() (bool, error) { return e.customProcs(mem) })
	return custom, err == nil
}

func (e *Engine) customProcs(mem Memory) (custom bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := e.img.Module(mem); err != nil {
		return false, err
	}
	if e.procs == 0 {
		if e.procs, err = goroutine.CustomProcs(e.img); err != nil {
			return false, err
		}
	}
	var b [1]byte
	err = mem.ReadMemory(b[:], e.procs)
	return b[0] != 0, err
}
