// Package process describes the running program for a dump: where and how it
// runs, how it was built, what its limits are and how it uses memory. Nothing
// here fails: what cannot be read is named in Meta.Missing.
package process

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

// DefaultEnv are the environment variables that a dump names without being
// asked: they steer the runtime, the locale and the orchestration, and hold no
// secrets by their nature.
var DefaultEnv = []string{
	"GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG", "GOTRACEBACK", "GORACE", "GOEXPERIMENT", "GOCOVERDIR",
	"TZ", "LANG", "LC_ALL", "HOSTNAME", "INVOCATION_ID", "POD_NAME", "POD_NAMESPACE", "NODE_NAME",
}

// describer collects a Meta.
type describer struct{ *model.Meta }

// missing notes what could not be had.
func (d describer) missing(what string, err error) {
	d.Missing = append(d.Missing, fmt.Sprintf("%s: %v.", what, err))
}

// Describe fills in a Meta but for what belongs to the capture itself. Of the
// environment it holds the variables named in env, of the command line no more
// than the program's name unless args is set.
func Describe(env []string, args bool) *model.Meta {
	d := describer{&model.Meta{
		UUID: uuid(), Time: time.Now().UnixNano(),
		PID: int64(os.Getpid()), PPID: int64(os.Getppid()), Env: environment(env),
		GoVersion: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
		GOMAXPROCS: int64(runtime.GOMAXPROCS(0)), NumCPU: int64(runtime.NumCPU()),
		NumGoroutine: int64(runtime.NumGoroutine()),
	}}
	var err error
	if d.Host, err = os.Hostname(); err != nil {
		d.missing("the host's name", err)
	}
	if d.Exe, err = os.Executable(); err != nil {
		d.missing("the executable's path", err)
	}
	d.Program = programName(d.Exe)
	if args {
		d.Args = append(d.Args, os.Args...)
	} else if len(os.Args) > 0 {
		d.Args = []string{os.Args[0]}
	}
	d.build()
	d.memory()
	if d.Uptime, err = uptime(); err != nil {
		d.missing("the time of the program's start", err)
	}
	d.limits()
	return d.Meta
}

// programName gives the base name of the executable.
func programName(exe string) string {
	if exe == "" && len(os.Args) > 0 {
		exe = os.Args[0]
	}
	name := filepath.Base(exe)
	name = strings.TrimSuffix(name, " (deleted)") // as Linux names an executable that was replaced
	if runtime.GOOS == "windows" {
		name = strings.TrimSuffix(name, ".exe")
	}
	return name
}

// environment gives the variables of the list that are set.
func environment(names []string) []model.KV {
	var env []model.KV
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, model.KV{Key: name, Value: value})
		}
	}
	return env
}

// uuid gives 16 random bytes in the form of a version 4 UUID. It needs to be
// unique, not secret.
func uuid() []byte {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return b
}
