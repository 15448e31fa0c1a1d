package source

import (
	"errors"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
)

// registered is a file system that the program registered: the file with the
// compiled path prefix/NAME is NAME in it.
type registered struct {
	prefix string
	fsys   fs.FS
}

var registry struct {
	sync.RWMutex
	list []registered
}

// Register makes fsys answer for the files below the directory of the caller's
// own source file: for go:embed that is exactly where its names are rooted.
// It is meant for init functions and may be called from many packages.
func Register(fsys fs.FS) error {
	_, file, _, ok := runtime.Caller(1)
	if !ok {
		return errors.New("source: register: the caller's file is not known")
	}
	return RegisterAt(path.Dir(file), fsys)
}

// RegisterAt makes fsys answer for the files whose path, as the compiler
// recorded it, lies below prefix: "/home/u/shop" in a plain build,
// "example.com/shop" in one with -trimpath.
func RegisterAt(prefix string, fsys fs.FS) error {
	if fsys == nil {
		return errors.New("source: register: the file system is nil")
	}
	prefix = path.Clean(slashed(prefix))
	registry.Lock()
	defer registry.Unlock()
	registry.list = append(registry.list, registered{prefix, fsys})
	return nil
}

// lookups gives the registered places that could hold the file, the one with
// the longest prefix first.
func lookups(file string) []place {
	registry.RLock()
	defer registry.RUnlock()
	var found []place
	for _, r := range registry.list {
		name, ok := strings.CutPrefix(file, r.prefix+"/")
		if r.prefix == "." {
			name, ok = file, !path.IsAbs(file)
		}
		if !ok || !fs.ValidPath(name) {
			continue
		}
		p := place{name: name, fsys: r.fsys}
		i := len(found)
		for i > 0 && len(found[i-1].name) > len(name) {
			i--
		}
		found = append(found[:i], append([]place{p}, found[i:]...)...)
	}
	return found
}

// slashed turns a Windows path into the form in which compilers record it.
func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }
