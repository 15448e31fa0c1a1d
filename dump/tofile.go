package dump

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gopostmortem/postmortem/internal/place"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// toFile makes the dump into a file.
func (j *job) toFile() (string, error) {
	result := make(chan string, 1)
	err := j.do(func() error {
		path, err := j.writeFile()
		result <- path
		return err
	})
	select {
	case path := <-result:
		return path, err
	default:
		return j.giveUp(err)
	}
}

// giveUp leaves nothing behind of a capture that did not end in time, or what
// it has written so far. It does not wait for a disk that hangs.
func (j *job) giveUp(err error) (string, error) {
	j.over.Store(true)
	f := j.file.Load()
	if f == nil {
		return "", err
	}
	placed := make(chan bool, 1)
	go func() {
		_ = helping(func() error { // then it is not placed
			placed <- f.GiveUp(readable)
			return nil
		})
	}()
	wait := time.NewTimer(patience / 5)
	defer wait.Stop()
	select {
	case ok := <-placed:
		if ok {
			return f.Path(), fmt.Errorf("%w: %w", ErrPart, err)
		}
	case <-wait.C:
	}
	return "", err
}

// writeFile writes the dump and puts it in its place, as far as it got.
func (j *job) writeFile() (path string, err error) {
	f, path, err := j.create()
	if err != nil {
		return "", captureError(err)
	}
	if j.file.Store(f); j.over.Load() {
		return "", captureError(errors.Join(ErrStuck, f.Discard()))
	}
	defer func() {
		if x := recover(); x != nil {
			path, err = "", errors.Join(internalError(x), f.Discard())
		}
	}()
	err = j.write(f)
	if err != nil && f.Failed() == nil { // not the disk: try with less
		if again := f.Restart(); again != nil {
			err = fmt.Errorf("%w; %w", err, again)
		} else {
			err = j.writeStacks(f, err)
		}
	}
	if err != nil {
		if !readable(f) {
			return "", captureError(errors.Join(err, f.Discard()))
		}
		err = fmt.Errorf("%w: %w", ErrPart, err)
	}
	if failed := f.Commit(); failed != nil {
		return "", captureError(errors.Join(err, failed))
	}
	return path, err
}

// create makes the file: where the options say, or else in the first of the
// default directories that lets it.
func (j *job) create() (*place.File, string, error) {
	if j.settings.file != "" {
		f, err := place.Create(j.settings.file)
		return f, j.settings.file, err
	}
	dirs := place.Defaults()
	if j.settings.dir != "" {
		dirs = []string{j.settings.dir}
	}
	program, now := filepath.Base(programPath()), time.Now()
	name := place.Name(program, j.name, now)
	var all []error
	for _, dir := range dirs {
		err := place.Prepare(dir)
		if err == nil {
			err = j.settings.room.Make(dir, program, now)
		}
		if errors.Is(err, place.ErrTooMany) { // and in no other directory
			return nil, "", err
		}
		if err == nil {
			path := filepath.Join(dir, name)
			var f *place.File
			if f, err = place.Create(path); err == nil {
				return f, path, nil
			}
		}
		all = append(all, err)
	}
	return nil, "", errors.Join(all...)
}

// programPath is the executable's path, or what comes nearest.
func programPath() string {
	if exe := executable(); exe != "" {
		return exe
	}
	return os.Args[0]
}

// readable reports whether a file that was not finished says at least why
// there is a dump and where.
func readable(f *place.File) bool {
	found := wire.Kinds(f, f.Written())
	return found[wire.KindMeta] && found[wire.KindCause]
}
