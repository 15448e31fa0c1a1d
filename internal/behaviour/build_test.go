//go:build linux && amd64

// Package behaviour holds the project to behaviours that users of comparable
// systems rely on, from end to end: a program is built, it fails and captures
// itself, and its dump is read by package dump and by the command. The numbers
// in front of the tests (B2.5) are those of the behaviours.
package behaviour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// programs is where the programs are, as seen from this package.
const programs = "../../testdata/behaviour"

// mode is a way to build a program.
type mode struct {
	name      string
	flags     []string
	toolchain string // GOTOOLCHAIN, "" for the local one
}

var (
	release = mode{name: "release"}
	debug   = mode{name: "debug", flags: []string{"-gcflags=all=-N -l"}}
	race    = mode{name: "race", flags: []string{"-race"}}

	// both are the modes in which values are looked at.
	both = []mode{release, debug}
)

// with is the mode under another Go version.
func (m mode) with(version string) mode {
	return mode{version + "-" + m.name, m.flags, version}
}

var built struct {
	dir string
	mu  sync.Mutex
	run map[string]func() error
}

// thorough is set for runs that may take longer than the ten minutes that go
// test gives a package: with every Go version and mode. .ci/run makes one.
var thorough = os.Getenv("POSTMORTEM_THOROUGH") != ""

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "behaviour")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir, built.run = dir, map[string]func() error{}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build builds a program, once per mode and test run, and gives the executable.
func build(t testing.TB, m mode, name string) string {
	t.Helper()
	exe := filepath.Join(built.dir, m.name, name)
	built.mu.Lock()
	once := built.run[exe]
	if once == nil {
		once = sync.OnceValue(func() error { return goBuild(programs, m, exe, "./"+name) })
		built.run[exe] = once
	}
	built.mu.Unlock()
	if err := once(); err != nil {
		t.Fatal(err)
	}
	return exe
}

// goBuild builds a package of the module around dir.
func goBuild(dir string, m mode, exe, pkg string, env ...string) error {
	cmd := exec.Command("go", slices.Concat([]string{"build", "-o", exe}, m.flags, []string{pkg})...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if m.toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+m.toolchain)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v in %s: %w\n%s", cmd.Args, dir, err, out)
	}
	return nil
}

// deadline ends a program that hangs; no test depends on its length.
const deadline = 3 * time.Minute

// ended is how a program ended.
type ended struct {
	status      int
	out, errors string
}

// run runs a program to its end.
func run(t testing.TB, exe string, args ...string) ended {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = built.dir // the sources are not to be found from here
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// succeed runs a program that has to end well.
func succeed(t testing.TB, exe string, args ...string) ended {
	t.Helper()
	e := run(t, exe, args...)
	if e.status != 0 {
		t.Fatalf("%s %q: exit status %d\n%s%s", filepath.Base(exe), args, e.status, e.out, e.errors)
	}
	return e
}

// crash builds and runs a program that captures itself, and gives the dump's file.
func crash(t testing.TB, m mode, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".dump")
	succeed(t, build(t, m, name), append([]string{"-o", file}, args...)...)
	return file
}

// inModes runs a test with programs built in each of the modes.
func inModes(t *testing.T, modes []mode, test func(t *testing.T, m mode)) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) { test(t, m) })
	}
}
