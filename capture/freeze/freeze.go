// Package freeze takes a consistent snapshot of the running program's memory
// and lets the program go on. There are three ways, best first:
//
//   - "clone": on Linux the world is stopped for as long as one clone(2) takes.
//     The child is a copy-on-write image of the program that never returns to
//     Go. It puts what is asked for into memory that both share; a few bytes, or
//     all if no memory can be shared, are read with process_vm_readv(2).
//   - "pipe": the same child, where that call is forbidden by seccomp, by Yama
//     or because the program is not dumpable: the child itself writes what is
//     asked for into a socket.
//   - "stopped": everywhere else. The world stands still while what matters of
//     the memory is copied, within bounds of size and time.
//
// [Take] tries them in this order and says why those before failed. No way is
// there against a seccomp filter that kills instead of refusing: the program
// does not survive the question.
package freeze

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/capture/internal/guard"
	"github.com/gopostmortem/postmortem/internal/hold"
	"github.com/gopostmortem/postmortem/internal/pace"
)

// ErrUnsupported says that this system has no way to freeze the program.
var ErrUnsupported = errors.New("freeze: no snapshot on this system")

// A Request asks for the bytes at Addr; ReadBatch fills Buf or sets Err.
type Request struct {
	Addr uint64
	Buf  []byte
	Err  error
}

// Options tell [Take] what it cannot find out by itself.
type Options struct {
	// CustomProcs reports whether the program set GOMAXPROCS by hand, and
	// whether that is known. If it did not, the automatic setting is put
	// back after the freeze; nil means not known.
	CustomProcs func() (custom, known bool)
	// Runtime finds out where the memory lies that a copy needs; nil: that is
	// not known, and the program cannot be copied.
	Runtime func() (*Runtime, error)
	// First is the id of the goroutine whose memory a copy takes first.
	First uint64
	// Depth is how many references are followed from a variable, -1 for all;
	// what lies beyond need not be in a copy. Elements is how many of one array
	// are kept.
	Depth    int
	Elements int64
	// MaxCopy and MaxStop bound a copy; zero means the defaults.
	MaxCopy int64
	MaxStop time.Duration
	// Deadline is when the snapshot's memory need not be readable any more:
	// reads of a child that hangs fail then. Zero means a minute.
	Deadline time.Time
}

// reader is memory that can be read.
type reader interface {
	ReadMemory(p []byte, addr uint64) error
	ReadBatch(reqs []Request)
}

// Snapshot is the frozen image of the program.
type Snapshot struct {
	reader
	method  string
	frozen  time.Duration
	lacks   []string
	pid     int
	release func() error
	once    sync.Once
	err     error
}

// Take freezes the program and returns its image. The caller must be waiting
// in Take for its own registers to be saved: the work happens in goroutines of
// their own.
func Take(o Options) (*Snapshot, error) {
	if o.Deadline.IsZero() {
		o.Deadline = time.Now().Add(time.Minute)
	}
	s, cloneErr := guard.Run(func() (*Snapshot, error) { return takeClone(&o) })
	if cloneErr == nil {
		return s, nil
	}
	s, err := apart(func() (*Snapshot, error) { return takeStopped(&o) })
	if err != nil {
		return nil, fmt.Errorf("freeze: %w; %w", cloneErr, err)
	}
	s.lacks = append([]string{"a frozen copy of the process: " + cloneErr.Error()}, s.lacks...)
	return s, nil
}

// apart runs f in a goroutine of its own, whose panic is an error.
func apart(f func() (*Snapshot, error)) (*Snapshot, error) {
	type result struct {
		s   *Snapshot
		err error
	}
	res := make(chan result, 1)
	go func() {
		s, err := guard.Run(f)
		res <- result{s, err}
	}()
	r := <-res
	return r.s, r.err
}

// refused is the error that a test wants a way to fail with.
func refused(method string) error {
	if hold.Refuse == nil {
		return nil
	}
	return hold.Refuse(method)
}

// FreezeTime is an upper bound of the time during which no other goroutine ran.
func (s *Snapshot) FreezeTime() time.Duration { return s.frozen }

// Method names the way in which the memory is had, for the dump.
func (s *Snapshot) Method() string { return s.method }

// Lacks says why no better way worked, and what a copy does not hold.
func (s *Snapshot) Lacks() []string { return s.lacks }

// PID is the process id of the frozen child, 0 if there is none.
func (s *Snapshot) PID() int { return s.pid }

// Close releases the image, which must not be read any more. Calling it again
// does nothing.
func (s *Snapshot) Close() error {
	s.once.Do(func() { s.err = s.release() })
	return s.err
}

// stopWorld runs f, which must not block or panic, while no other goroutine
// runs. GOMAXPROCS(1) stops the world and starts it again with one P, which this
// goroutine holds and, pinned, does not let go of: each other goroutine has its
// registers saved, and nobody can raise the number. A concurrent call to
// GOMAXPROCS may have raised it before, hence the loop; the number that call set
// is the one to restore. By then the goroutine may have used up its time slice:
// in a busy program it gets a new one first, lest it wait behind all others while
// they have one P.
func stopWorld(o *Options, f func()) (time.Duration, error) {
	restoreDefault := false
	if o.CustomProcs != nil {
		custom, known := o.CustomProcs()
		restoreDefault = known && !custom
	}
	rest := pace.Prepare()
	start := time.Now()
	procs := runtime.GOMAXPROCS(1)
	held := false
	for range 100 {
		pin()
		if held = runtime.GOMAXPROCS(0) == 1; held {
			f()
			runtime.GOMAXPROCS(0) // refuses to be preempted, if it was to be meanwhile
		}
		unpin()
		if held {
			break
		}
		if p := runtime.GOMAXPROCS(1); p != 1 {
			procs, restoreDefault = p, false
		}
	}
	frozen := time.Since(start)
	rest()
	start = time.Now()
	switch {
	case runtime.GOMAXPROCS(0) != 1: // somebody has set it meanwhile
	case restoreDefault:
		runtime.SetDefaultGOMAXPROCS()
	default:
		runtime.GOMAXPROCS(procs)
	}
	if !held {
		return 0, errors.New("another goroutine keeps changing GOMAXPROCS")
	}
	return frozen + time.Since(start), nil
}
