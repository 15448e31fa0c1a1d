package place

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/gopostmortem/postmortem/internal/stdio"
)

// File is a dump being written. It has another name until it is complete. One
// goroutine writes it; another one may give it up.
type File struct {
	f       *os.File
	path    string
	written atomic.Int64
	failed  error // the first error of a write
	state   atomic.Int32
}

// A file is being written, being changed as a whole, in its place, or given up.
const (
	stateOpen = iota
	stateBusy
	statePlaced
	stateGivenUp
)

var errGivenUp = errors.New("the file was given up")

// Create begins a file that shall be at path, where nothing may be yet.
func Create(path string) (*File, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	for range 100 {
		temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32()))
		// O_EXCL also refuses a symbolic link.
		var f *os.File
		var err error
		stdio.Apart(func() { f, err = os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) })
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &File{f: f, path: path}, nil
	}
	return nil, &fs.PathError{Op: "create", Path: path, Err: errors.New("no free temporary name")}
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.state.Load() == stateGivenUp {
		f.failed = errGivenUp
		return 0, errGivenUp
	}
	n, err := f.f.Write(p)
	f.written.Add(int64(n))
	if err != nil && f.failed == nil {
		f.failed = err
	}
	return n, err
}

// Written is the number of bytes in the file.
func (f *File) Written() int64 { return f.written.Load() }

// Path is where the file shall be.
func (f *File) Path() string { return f.path }

// Failed is the first error that a write gave.
func (f *File) Failed() error { return f.failed }

// ReadAt reads what was written.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }

// Restart throws away what was written.
func (f *File) Restart() error {
	if !f.state.CompareAndSwap(stateOpen, stateBusy) {
		return errGivenUp
	}
	defer f.state.Store(stateOpen)
	if err := f.f.Truncate(0); err != nil {
		return err
	}
	f.written.Store(0)
	f.failed = nil
	_, err := f.f.Seek(0, 0)
	return err
}

// Discard removes the file.
func (f *File) Discard() error {
	if !f.state.CompareAndSwap(stateOpen, stateBusy) {
		return f.f.Close()
	}
	return errors.Join(f.f.Close(), os.Remove(f.f.Name()))
}

// GiveUp ends a file whose writer is late: it is put in its place as far as it
// is written if it is of use so, and removed otherwise. What the writer does to
// it later is an error. It reports whether the file is in its place.
func (f *File) GiveUp(useful func(*File) bool) bool {
	if !f.state.CompareAndSwap(stateOpen, stateGivenUp) {
		return f.state.Load() == statePlaced
	}
	placed := useful(f) && moveNew(f.f.Name(), f.path) == nil
	if !placed {
		_ = os.Remove(f.f.Name()) // nothing else can be done about it
	}
	return placed
}

// Commit puts the file in its place, safe on the disk. If that fails nothing is left.
func (f *File) Commit() error {
	err := f.f.Sync()
	if isUnsupported(err) {
		err = nil
	}
	if err != nil {
		return errors.Join(err, f.Discard())
	}
	if !f.state.CompareAndSwap(stateOpen, stateBusy) {
		return errors.Join(errGivenUp, f.f.Close())
	}
	if err := f.f.Close(); err != nil {
		return errors.Join(err, os.Remove(f.f.Name()))
	}
	if err := moveNew(f.f.Name(), f.path); err != nil {
		return errors.Join(err, os.Remove(f.f.Name()))
	}
	f.state.Store(statePlaced)
	syncDir(filepath.Dir(f.path))
	return nil
}

// moveNew renames a file without ever replacing another. A hard link does it
// in one step; where there are none, the name is taken by an empty file first.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "create", Path: to, Err: fs.ErrExist}
	}
	reserved, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := reserved.Close(); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// syncDir makes the new name safe, where directories can be synced at all.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // the file itself is safe; some systems cannot do more
		_ = d.Close()
	}
}
