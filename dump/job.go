package dump

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/pace"
	"github.com/gopostmortem/postmortem/internal/place"
)

// A capture is made by a goroutine of its own while the one that asked waits
// on a channel: so the latter's registers are saved when the program is frozen.

// patience is what a capture may take beyond its timeout, to finish its file,
// before the caller is let go and the snapshot is given up.
const patience = 5 * time.Second

// turn is held by the capture under way, also by one whose caller got ErrStuck:
// its goroutine cannot be ended, and until its writer returns it has the engine.
var turn = make(chan struct{}, 1)

// inside knows the goroutines that work for a capture.
var inside sync.Map // of model.GoID

// job is one capture.
type job struct {
	settings *settings
	kind     model.CauseKind
	name     string // of a snapshot
	held     *any   // the cause, at an address that the engine can read
	text     causeText
	asker    model.GoID
	deadline time.Time // for the whole: the turn, contexts, text and dump
	contexts []capture.SignalContext
	cycles   int64 // of the collector, when the program asked; 0 unknown

	file atomic.Pointer[place.File] // once it is made
	over atomic.Bool                // the caller has been let go
}

func newJob(s *settings, cause any) *job {
	j := &job{settings: s, kind: kindOf(cause), held: new(any)}
	*j.held = cause
	return j
}

// kindOf tells what kind of cause a value is.
func kindOf(cause any) model.CauseKind {
	switch {
	case cause == nil:
		return model.CauseNone
	case is[error](cause):
		return model.CauseError
	}
	return model.CauseValue
}

// is reports whether a value is a T; not if its memory is damaged.
func is[T any](x any) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { ok = recover() == nil && ok }()
	_, ok = x.(T)
	return ok
}

// do makes the capture with work, in turn, and waits for it.
func (j *job) do(work func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = internalError(x)
		}
	}()
	j.asker = currentGoroutine()
	if _, ok := inside.Load(j.asker); ok {
		return ErrNested
	}
	j.deadline = time.Now().Add(j.settings.timeout)
	if !j.begin() {
		return ErrBusy
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-turn }()
		done <- helping(func() error {
			pace.Begin()
			j.text = textOf(*j.held, j.deadline)
			return work()
		})
	}()
	give := time.NewTimer(time.Until(j.deadline) + patience)
	defer give.Stop()
	select {
	case err = <-done:
	case <-give.C:
		err = ErrStuck
	}
	runtime.KeepAlive(j.held)
	return err
}

// begin takes the turn and looks at once for what the next signal destroys.
// It waits on the thread that the fault happened on, if there was one: that
// thread's signal stack has the registers.
func (j *job) begin() bool {
	if !is[runtime.Error](*j.held) {
		return j.takeTurn()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if !j.takeTurn() {
		return false
	}
	j.saveContexts()
	return true
}

// takeTurn waits until no other capture is under way.
func (j *job) takeTurn() bool {
	wait := time.NewTimer(time.Until(j.deadline))
	defer wait.Stop()
	select {
	case turn <- struct{}{}:
		return true
	case <-wait.C:
		return false
	}
}

// helping runs f in a goroutine that works for a capture. Memory that cannot be
// read is an error there: the program's own may be damaged, and a file that is
// mapped may have become shorter.
func helping(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	self := currentGoroutine()
	inside.Store(self, true)
	defer inside.Delete(self)
	defer func() {
		if x := recover(); x != nil {
			err = internalError(x)
		}
	}()
	return f()
}

// captureError says whose error it is.
func captureError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("dump: %w", err)
}

// internalError turns a panic of the capture itself into an error.
func internalError(x any) error {
	if err, ok := x.(runtime.Error); ok {
		return fmt.Errorf("dump: internal error: %w", err)
	}
	return fmt.Errorf("dump: internal error: %s", basicText(x))
}

// toWriter makes the dump into w.
func (j *job) toWriter(w io.Writer) error {
	return j.do(func() error {
		out := &counter{w: w}
		err := j.write(out)
		if err != nil && out.n == 0 && out.err == nil {
			err = j.writeStacks(out, err)
		}
		return captureError(err)
	})
}

// counter knows how much a writer took and whether it failed.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// causeAddr is where the cause's interface value lies, 0 if there is no cause.
func (j *job) causeAddr() uint64 {
	if *j.held == nil {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(j.held)))
}
