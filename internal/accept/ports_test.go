//go:build linux && amd64

package accept

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// port is a system whose programs can be run here.
type port struct {
	mode
	runner string              // what runs a program
	env    []string            // for it
	only   map[string][]string // for one fixture
	some   []string            // the fixtures that every build mode is tried with; others with one
	drive  string              // comes before the path of a file
	absent []string            // fixtures that cannot be built for it
	faults bool                // the registers of a fault are known
}

// On arm64 a dump has the same values: qemu runs the fixtures, whose knowledge
// of themselves decides. It refuses to clone a process without an exit signal,
// and so it is the copy in the stopped world that is read. Programs run so
// slowly that the next signal after a fault comes before its registers are
// saved: where they matter there is no preemption.
func TestPortLinuxARM64(t *testing.T) {
	p := port{some: manyKinds, runner: need(t, "qemu-aarch64-static"), only: map[string][]string{"nilderef": {"GODEBUG=asyncpreemptoff=1"}}, faults: true}
	runModes(t, p, "linux", "arm64")
}

// On Windows too: Wine runs the fixtures. There the registers of a fault lie on
// the goroutine's own stack, where the panic overwrites them: nilderef's
// arguments are lost.
func TestPortWindows(t *testing.T) {
	p := port{some: manyKinds, runner: need(t, "wine64", "/usr/lib/wine/wine64"), env: wine(t), drive: "Z:", absent: []string{"syscalls"}}
	runModes(t, p, "windows", "amd64")
}

// manyKinds are fixtures that depend on what differs between versions of Go.
var manyKinds = []string{"chans", "closures", "coroutine", "defers", "generics", "maps", "nilderef", "panicchain", "slices"}

// runModes crashes all fixtures in a release build, and some as other
// toolchains build them.
func runModes(t *testing.T, p port, goos, goarch string) {
	names := slices.DeleteFunc(fixtureNames(t), func(name string) bool { return slices.Contains(p.absent, name) })
	for _, m := range []mode{release, go125, go127dbg} {
		t.Run(m.Name, func(t *testing.T) {
			p.mode = m.on(goos, goarch)
			runPort(t, p, names)
		})
		if names = p.some; !thorough {
			break
		}
	}
}

// on is the mode for another system.
func (m mode) on(goos, goarch string) mode {
	m.Name += "-" + goos + "-" + goarch
	m.Env = []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
	if goos == "windows" {
		m.Suffix = ".exe"
	}
	return m
}

// need finds a program that the test cannot do without.
func need(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("there is no %s", names[0])
	}
	t.Skipf("there is no %s", names[0])
	return ""
}

// runPort crashes fixtures.
func runPort(t *testing.T, p port, names []string) {
	dir := buildAll(t, p.mode, "testdata/fixtures", names...)
	confirmed := 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			exe := filepath.Join(dir, name+p.Suffix)
			if name != "nilderef" || !p.faults {
				confirmed += p.crash(t, exe, name)
				return
			}
			// The program has to come to its handler on the thread that faulted,
			// which on a busy machine not every one does.
			for range 10 {
				if n := p.crash(t, exe, name); n > 0 {
					confirmed += n
					return
				}
			}
			t.Error("the registers of the fault are lost each time")
		})
	}
	if confirmed < 3*len(names) {
		t.Errorf("%d statements of %d fixtures are confirmed", confirmed, len(names))
	}
	t.Logf("%d statements of %d fixtures are confirmed", confirmed, len(names))
}

// crash runs a fixture and counts the statements that its dump confirms.
func (p port) crash(t *testing.T, exe, name string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crash.dump")
	if err := run(nil, slices.Concat(p.env, p.only[name]), p.runner, exe, "-o", p.drive+file); err != nil {
		t.Fatal(err)
	}
	d := verified(t, exe, file)
	if m := d.Meta(); m.Method != "stopped" {
		t.Fatalf("taken by way of %q: %q", m.Method, m.Missing)
	}
	return confirm(t, d, wants(t, name), len(p.Flags) == 0)
}

// A goroutine that was preempted at an arbitrary instruction has its integer
// and vector registers, which Go 1.25 saves on the stack and 1.26 elsewhere.
func TestPortPreempted(t *testing.T) {
	modes := []mode{release}
	if thorough {
		modes = append(modes, go125, go127)
	}
	for _, m := range modes {
		native := port{mode: m}
		t.Run(m.Name, func(t *testing.T) { preempted(t, native, false) })
		t.Run(m.Name+"-arm64", func(t *testing.T) {
			preempted(t, port{mode: m.on("linux", "arm64"), runner: need(t, "qemu-aarch64-static")}, true)
		})
	}
}

func preempted(t *testing.T, p port, vector bool) {
	exe := filepath.Join(buildAll(t, p.mode, "testdata/programs", "preempted"), "preempted")
	file := filepath.Join(t.TempDir(), "crash.dump")
	args := []string{exe, "-o", file}
	if p.runner != "" {
		args = slices.Insert(args, 0, p.runner)
	}
	if err := run(nil, nil, args[0], args[1:]...); err != nil {
		t.Fatal(err)
	}
	d := verified(t, exe, file)
	for _, w := range []want{
		{Func: "main.spin", Text: "id = 17"},
		{Func: "main.spin", Text: "sum = 42.5"},
	} {
		ok, got := satisfied(d, w)
		mayLack := w.name() == "sum" && !vector // the compiler's lists do not say where it is
		if !ok && !(mayLack && (got == "" || stubMark.MatchString(got))) {
			t.Errorf("%s: got %q", w.Text, got)
		}
	}
}
