package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// The reasons why a file that exists is not kept.
var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("larger than the limit for one file")
)

// extensions of files that compilers take source from, directly or by //line.
const extensions = " .go .s .c .cc .cpp .cxx .h .hh .hpp .hxx .m .mm .f .for .f90 .swig .swigcxx .y .rl .l .templ .qtpl .ego "

// isSource reports whether the name is that of a source file.
func isSource(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext != "" && strings.Contains(extensions, " "+ext+" ")
}

// read gives the content of a place and when it last changed.
func (p place) read(max int64) ([]byte, time.Time, error) {
	if p.fsys == nil {
		return readFile(p.name, max)
	}
	f, err := p.fsys.Open(p.name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	return readOpen(f, max)
}

// readFile reads a file of the machine. Opening it must not wait: a FIFO
// without a writer would.
func readFile(name string, max int64) ([]byte, time.Time, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, errNotRegular
	}
	f, err := os.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	return readOpen(f, max)
}

// readRegular is readFile without the time.
func readRegular(name string, max int64) ([]byte, error) {
	text, _, err := readFile(name, max)
	return text, err
}

// readOpen reads an open file, if it is a regular one and not too large.
func readOpen(f fs.File, max int64) ([]byte, time.Time, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, errNotRegular
	}
	if info.Size() > max {
		return nil, time.Time{}, errTooLarge
	}
	text, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, time.Time{}, err
	}
	if int64(len(text)) > max {
		return nil, time.Time{}, errTooLarge
	}
	return text, info.ModTime(), nil
}

// reason words an error for the dump. The place is named but where nothing
// was there: that is the usual case, and there may be many places.
func reason(p place, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Sprintf("%s: %v", p.found(), err)
}
