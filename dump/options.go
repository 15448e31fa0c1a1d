package dump

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/place"
	"github.com/gopostmortem/postmortem/internal/process"
)

// Option changes how a dump is made. An option that cannot work is an error of
// the function that is given it, before anything is captured: hand options that
// never change to [Configure] when the program starts.
type Option interface{ apply(*settings) error }

// The defaults are what a service can live with. They are also in each dump, see [Meta.Options].
const (
	DefaultDepth   = 3                // references followed
	DefaultBytes   = 64 << 20         // of values
	DefaultTimeout = 10 * time.Second // for the whole capture

	DefaultKeep      = 100     // dumps of one program in a directory
	DefaultKeepBytes = 1 << 30 // together
)

// maxTimeout keeps a deadline a time that there is.
const maxTimeout = 24 * time.Hour

// settings are what the options amount to.
type settings struct {
	limits  capture.Limits
	timeout time.Duration
	source  bool
	args    bool
	env     []string
	labels  []model.KV
	rules   []string // texts for showing frames
	dir     string   // "": the default directories
	file    string   // overrides dir
	room    place.Room
	placed  bool // an option of this very capture named the place
}

var configured struct {
	sync.Mutex
	s *settings // nil: the defaults
}

// defaults are the settings without any option.
func defaults() *settings {
	return &settings{limits: capture.DefaultLimits, timeout: DefaultTimeout, source: true, args: true, env: process.DefaultEnv,
		room: place.Room{Dumps: DefaultKeep, Bytes: DefaultKeepBytes}}
}

// Configure sets the options of all later captures, which may add to them and
// override them. Calling it again forgets the former call. If it returns an
// error nothing has changed.
func Configure(opts ...Option) error {
	s := defaults()
	if err := s.apply(opts); err != nil {
		return err
	}
	configured.Lock()
	defer configured.Unlock()
	configured.s = s
	return nil
}

// settingsFor gives the settings of one capture.
func settingsFor(opts []Option) (*settings, error) {
	configured.Lock()
	s := defaults()
	if configured.s != nil {
		*s = *configured.s
		s.placed = false
	}
	configured.Unlock()
	s.env = s.env[:len(s.env):len(s.env)] // what is appended is this capture's alone
	s.labels = s.labels[:len(s.labels):len(s.labels)]
	return s, s.apply(opts)
}

func (s *settings) apply(opts []Option) error {
	var all []error
	for i, o := range opts {
		if o == nil {
			all = append(all, fmt.Errorf("dump: option %d is nil", i+1))
			continue
		}
		if err := o.apply(s); err != nil {
			all = append(all, fmt.Errorf("dump: option %w", err))
		}
	}
	return errors.Join(all...)
}

type optionFunc func(*settings) error

func (f optionFunc) apply(s *settings) error { return f(s) }

// option makes one that sets something, or is refused with the reason bad.
func option(bad error, set func(*settings)) Option {
	return optionFunc(func(s *settings) error {
		if bad == nil {
			set(s)
		}
		return bad
	})
}

// atLeast is the error for a number below its least value.
func atLeast[T int | int64 | time.Duration](name string, n, least T) error {
	if n < least {
		return fmt.Errorf("%s(%v): at least %v is needed", name, n, least)
	}
	return nil
}

// Depth sets how many references are followed from a variable: pointers,
// interfaces that hold pointers, closures. What a string, slice or map holds
// itself belongs to it. 0 keeps stacks only, and what the cause's Error or String
// says; -1 sets no limit; the default is 3.
func Depth(n int) Option {
	return option(atLeast("Depth", n, -1), func(s *settings) { s.limits.Depth = n })
}

// MaxBytes limits the memory kept of all values together. The default is 64 MiB.
func MaxBytes(n int64) Option {
	return option(atLeast("MaxBytes", n, 1), func(s *settings) { s.limits.Bytes = n })
}

// MaxObjects limits the number of objects followed. The default is 2,097,152.
func MaxObjects(n int64) Option {
	return option(atLeast("MaxObjects", n, 1), func(s *settings) { s.limits.Objects = n })
}

// MaxElements limits what is kept of one array, slice, map or channel. The default is 4,096 elements.
func MaxElements(n int64) Option {
	return option(atLeast("MaxElements", n, 1), func(s *settings) { s.limits.Elements = n })
}

// MaxString limits what is kept of one string. The default is 65,536 bytes.
func MaxString(n int64) Option {
	return option(atLeast("MaxString", n, 1), func(s *settings) { s.limits.String = n })
}

// MaxGoroutines limits the goroutines kept; the others are counted. The
// goroutine that asked is always there. The default is 1,048,576.
func MaxGoroutines(n int64) Option {
	return option(atLeast("MaxGoroutines", n, 1), func(s *settings) { s.limits.Goroutines = n })
}

// MaxFrames limits the frames kept of one stack: of a longer one both ends
// stay, and what lay between is counted. The default is 1,000.
func MaxFrames(n int64) Option {
	return option(atLeast("MaxFrames", n, 2), func(s *settings) { s.limits.Frames = n })
}

// Timeout limits the time for a capture, with the time that it waits for
// another one under way; when it has run out the dump holds what is there by
// then. To finish that it may take five seconds more; if it does not get there,
// because the disk hangs or hundreds of goroutines compute without a pause on
// processors that other programs need as well, the error is [ErrStuck]. The
// default is 10 seconds, the most 24 hours.
func Timeout(d time.Duration) Option {
	bad := atLeast("Timeout", d, time.Millisecond)
	if d > maxTimeout {
		bad = fmt.Errorf("Timeout(%v): at most %v is possible", d, maxTimeout)
	}
	return option(bad, func(s *settings) { s.timeout = d })
}

// Source says whether the dump holds the text of the source files of its
// frames, as it does by default, see package source for where they are found
// and their limits. Without, no byte of source is in the dump.
func Source(on bool) Option { return option(nil, func(s *settings) { s.source = on }) }

// Args says whether the dump holds the command line's arguments. By default it does.
func Args(on bool) Option { return option(nil, func(s *settings) { s.args = on }) }

// Env adds environment variables to those that are in a dump: no variable is
// that is not named, here or in the default list of the runtime's own and the
// locale's (GOMAXPROCS, GOGC, GOMEMLIMIT, GODEBUG, GOTRACEBACK, TZ, LANG …).
func Env(names ...string) Option {
	var bad error
	for _, name := range names {
		if name == "" || strings.ContainsAny(name, "=*?\x00") {
			bad = fmt.Errorf("Env(%q): not the name of one variable", name)
		}
	}
	return option(bad, func(s *settings) { s.env = append(s.env, names...) })
}

// Label adds a named text to the dump: a release, a tenant, a request's id.
func Label(key, value string) Option {
	var bad error
	if key == "" {
		bad = fmt.Errorf("Label(%q, …): the key is empty", key)
	}
	return option(bad, func(s *settings) { s.labels = append(s.labels, model.KV{Key: key, Value: value}) })
}

// Dir sets the directory for dumps, which is made if need be. The default is
// $POSTMORTEM_DIR, or else a directory postmortem among the user's state or
// cache files.
func Dir(path string) Option {
	abs, bad := absolute("Dir", path)
	if info, err := os.Stat(abs); bad == nil && err == nil && !info.IsDir() {
		bad = fmt.Errorf("Dir(%q): not a directory", path)
	}
	return option(bad, func(s *settings) { s.dir, s.file, s.placed = abs, "", true })
}

// Keep limits the dumps of this program that lie in the directory of [Dir], or
// in the default one: for a new one the oldest is removed. Those of the last hour
// are not: then no dump is made, and the error is [ErrTooMany], so that a handler
// that fails on every request keeps its first failures, and neither fills the
// disk nor stops the program again and again. The default is 100, -1 sets no limit.
func Keep(n int) Option {
	bad := atLeast("Keep", n, -1)
	if n == 0 {
		bad = errors.New("Keep(0): at least one dump, or -1 for no limit")
	}
	return option(bad, func(s *settings) { s.room.Dumps = n })
}

// KeepBytes limits the size of the dumps together that [Keep] counts. The
// default is 1 GiB, -1 sets no limit. A new dump may go beyond it, once.
func KeepBytes(n int64) Option {
	bad := atLeast("KeepBytes", n, -1)
	if n == 0 {
		bad = errors.New("KeepBytes(0): at least one byte, or -1 for no limit")
	}
	return option(bad, func(s *settings) { s.room.Bytes = n })
}

// File sets the dump's file itself, in a directory that is there. An existing
// file is never overwritten. [Keep] does not count it.
func File(path string) Option {
	abs, bad := absolute("File", path)
	if bad == nil && os.IsPathSeparator(path[len(path)-1]) {
		bad = fmt.Errorf("File(%q): the name of a directory", path)
	}
	if bad == nil {
		if info, err := os.Stat(filepath.Dir(abs)); err != nil || !info.IsDir() {
			bad = fmt.Errorf("File(%q): there is no directory %s", path, filepath.Dir(abs))
		} else if _, err := os.Lstat(abs); err == nil {
			bad = fmt.Errorf("File(%q): the file exists", path)
		}
	}
	return option(bad, func(s *settings) { s.file, s.placed = abs, true })
}

// absolute fixes a path for the time when the program may have changed its directory.
func absolute(name, path string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%s(%q): not a path", name, path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%s(%q): %w", name, path, err)
	}
	return abs, nil
}
