package dump

import (
	"errors"
	"fmt"
	"io"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/place"
)

// The errors of a capture; test with [errors.Is].
var (
	ErrNested = errors.New("dump: a capture from inside a capture")    // by the cause's own method or the writer
	ErrBusy   = errors.New("dump: another capture is under way")       // and did not end within the time
	ErrStuck  = errors.New("dump: the capture did not end in time")    // see [Timeout]: until it ends, others get ErrBusy
	ErrPart   = errors.New("dump: the dump is cut short but readable") // the disk is full, for instance
	ErrMemory = errors.New("too little memory for a capture")          // that the program may still get

	ErrTooMany = place.ErrTooMany // see [Keep]
)

// Capture writes a dump of the whole program into a file and returns its path.
// The cause is why: a recovered panic value, an error, any other value, or nil.
// The file is named after the program, the time and the process id, and only
// its owner may read it; see [Dir] and [File].
//
// Call it from any goroutine. In the deferred function that recovered a panic,
// and only there, the dump holds the panicking frames. Call it first there: after
// a fault, what that function does before can cost the registers of the frame
// that failed, and have its pointers lead to memory that is used again.
//
// The program stands still while it is cloned, about a millisecond for a small
// one and 30 more for each gigabyte of memory in use, and goes on while the dump
// is written. Where it cannot be cloned, it stands still while what matters of
// its memory is copied: for a tenth of a second at the most.
//
// Nothing of the program is called but the cause's own Error or String method,
// once. Capture never panics. [Meta.Method] says how the memory was had, and
// [Meta.Missing] why in no better way: what a seccomp filter or a limit on
// processes forbids, for instance. If there is no way at all, the dump has stacks
// only. If it returns both a path and an error, [ErrPart] for one, the file can
// be read but is not all it should be. A program that has too little address
// space left gets [ErrMemory], a directory with too many dumps is [ErrTooMany].
//
// [Timeout] bounds the whole. Two captures at once take turns, and waiting is
// part of that time.
func Capture(cause any, opts ...Option) (path string, err error) {
	s, err := settingsFor(opts)
	if err != nil {
		return "", err
	}
	return newJob(s, cause).toFile()
}

// Write writes a dump of the whole program to w, see [Capture]. What w has
// been given when an error comes may still be readable up to there.
func Write(w io.Writer, cause any, opts ...Option) error {
	s, err := settingsFor(opts)
	if err != nil {
		return err
	}
	if w == nil {
		return errors.New("dump: the writer is nil")
	}
	if s.placed {
		return errors.New("dump: File and Dir have no meaning for Write")
	}
	return newJob(s, cause).toWriter(w)
}

// Snapshot writes a dump of a healthy program into a file, see [Capture]. The
// name is kept in the dump and, as far as file names allow, in the file's.
func Snapshot(name string, opts ...Option) (path string, err error) {
	s, err := settingsFor(opts)
	if err != nil {
		return "", err
	}
	j := newJob(s, nil)
	j.kind, j.name = model.CauseSnapshot, name
	return j.toFile()
}

// Guard captures a panic on its way up and lets it go on:
//
//	defer dump.Guard()
//
// It panics again with the same value, so the program ends as it would have,
// with the same traceback and exit status. It says on standard error where the
// dump is, and what is wrong with an option: on the first normal return, and
// when it panics, where the dump is made without that option. Runtime.Goexit is
// not touched.
func Guard(opts ...Option) {
	s, err := settingsFor(opts)
	r := recover()
	if r == nil {
		if err != nil { // known on the first normal return, not only when it crashes
			reportOnce(fmt.Sprintf("guard: %v", err))
		}
		return
	}
	if err != nil {
		report("guard: %v", err)
	}
	j := newJob(s, r)
	j.kind = model.CausePanic
	path, err := j.toFile()
	if err != nil {
		report("%v", err)
	}
	if path != "" {
		report("dump written to %s", path)
	}
	panic(r)
}
