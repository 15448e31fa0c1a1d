//go:build linux && amd64

// Package accept holds the acceptance tests on real programs: fixtures, a large
// third-party server, a server under load, each built in several ways, crashed,
// and compared with what Delve reads in the same memory.
package accept

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module is the root of the checkout, as seen from this package.
const module = "../.."

// mode is a way to build a program.
type mode struct {
	Name      string
	Flags     []string
	Toolchain string // GOTOOLCHAIN, "" for the local one
	Env       []string
	Suffix    string // of the executables' names
}

var (
	release  = mode{Name: "release"}
	debug    = mode{Name: "debug", Flags: []string{"-gcflags=all=-N -l"}}
	go125    = mode{Name: "go1.25", Toolchain: "go1.25.0"}
	go127    = mode{Name: "go1.27", Toolchain: "go1.27.0"}
	go125dbg = mode{Name: "go1.25-debug", Toolchain: "go1.25.0", Flags: debug.Flags}
	go127dbg = mode{Name: "go1.27-debug", Toolchain: "go1.27.0", Flags: debug.Flags}
	race     = mode{Name: "race", Flags: []string{"-race"}}
)

// built remembers what this test run has built already.
var built struct {
	dir   string
	mu    sync.Mutex
	modes map[string]*sync.Once
	errs  map[string]error
}

// thorough is set for runs that may take longer than the ten minutes that go
// test gives a package: with every Go version and mode. .ci/run makes one.
var thorough = os.Getenv("POSTMORTEM_THOROUGH") != ""

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		if err := delveChild(strings.Fields(args)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "accept")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir = dir
	built.modes = make(map[string]*sync.Once)
	built.errs = make(map[string]error)
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// buildAll builds packages, given by their paths below dir (which is relative
// to the module's root), once per mode and test run, and returns the directory
// of the executables.
func buildAll(t testing.TB, m mode, dir string, packages ...string) string {
	t.Helper()
	key := m.Name + " " + dir + " " + strings.Join(packages, " ")
	built.mu.Lock()
	once := built.modes[key]
	if once == nil {
		once = new(sync.Once)
		built.modes[key] = once
	}
	built.mu.Unlock()
	out := filepath.Join(built.dir, m.Name, filepath.Base(dir))
	once.Do(func() {
		args := append([]string{"build", "-o", out + string(filepath.Separator)}, m.Flags...)
		for _, p := range packages {
			args = append(args, "./"+p)
		}
		err := os.MkdirAll(out, 0o755)
		if err == nil {
			cmd := exec.Command("go", args...)
			cmd.Dir = filepath.Join(module, dir)
			cmd.Env = append(os.Environ(), m.Env...)
			if m.Toolchain != "" {
				cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+m.Toolchain)
			}
			var text []byte
			if text, err = cmd.CombinedOutput(); err != nil {
				err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, text)
			}
		}
		built.mu.Lock()
		built.errs[key] = err
		built.mu.Unlock()
	})
	built.mu.Lock()
	defer built.mu.Unlock()
	if err := built.errs[key]; err != nil {
		t.Fatal(err)
	}
	return out
}

// fixtureNames lists the fixture programs.
func fixtureNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(module, "testdata/fixtures"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) < 25 {
		t.Fatalf("only %d fixture programs, want at least 25", len(names))
	}
	return names
}

// fixtures builds all fixture programs.
func fixtures(t testing.TB, m mode) (dir string, names []string) {
	t.Helper()
	names = fixtureNames(t)
	return buildAll(t, m, "testdata/fixtures", names...), names
}

// TestFixturesAreVetted does for the programs what `go vet ./...` does not, as
// it leaves testdata out.
func TestFixturesAreVetted(t *testing.T) {
	fixtureNames(t)
	cmd := exec.Command("go", "vet", "./testdata/fixtures/...", "./testdata/programs/...", "./testdata/internal/...")
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}
