//go:build linux && amd64

package behaviour

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// The program closed brings about the conditions it is given, lets a request
// fail, and captures; then again, with those that can be undone undone.

// The order that the failing function holds, as print shows it.
const order = `main.order {ID: 1042, Customer: *main.customer {Name: "Wile E. Coyote", Phone: []string len: 2, cap: 2, ["555-0100","555-0101"]}, ` +
	`Lines: []main.line len: 2, cap: 2, [(*main.line)(0xX),(*main.line)(0xX)], ` +
	`Notes: map[string]string ["gift": "no", "hurry": "yes", ], ` +
	`Next: *main.order {ID: 1043, Customer: *main.customer nil, Lines: []main.line len: 0, cap: 0, nil, Notes: map[string]string nil, ` +
	`Next: *main.order nil, Any: interface {}(*main.customer) ...}, Any: interface {} nil}`

// closedRun is what the program said.
type closedRun struct {
	said, path   string // of the first capture
	again, file2 string // of the second
}

// closed runs the program, which shall live to its end.
func closed(t testing.TB, dir string, conditions ...string) closedRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, build(t, release, "closed"), append([]string{dir}, conditions...)...)
	cmd.Dir = built.dir
	if strings.Contains(strings.Join(conditions, " "), "mount") {
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("closed %q: %v\n%s%s", conditions, err, out, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if strings.HasPrefix(lines[0], "skip ") {
		t.Skip(lines[0])
	}
	if len(lines) != 2 {
		t.Fatalf("the program said\n%s%s", out, errs.String())
	}
	r := closedRun{said: lines[0], again: strings.TrimPrefix(lines[1], "again ")}
	_, r.path, _ = strings.Cut(r.said, "dump /")
	_, r.file2, _ = strings.Cut(r.again, "dump /")
	r.path, r.file2 = "/"+r.path, "/"+r.file2
	return r
}

// open1 opens the first dump, in which the values are what they were.
func (r closedRun) open1(t testing.TB, method string, missing ...string) *dump.Dump {
	t.Helper()
	if strings.Contains(r.said, "error") {
		t.Fatalf("no dump: %s", r.said)
	}
	d := open(t, r.path)
	if d.Meta().Method != method {
		t.Errorf("method %s, want %s", d.Meta().Method, method)
	}
	lacks := strings.Join(d.Meta().Missing, "\n")
	for _, m := range missing {
		if !strings.Contains(lacks, m) {
			t.Errorf("the dump says\n%s\nand nothing of %q", lacks, m)
		}
	}
	if method != "text" {
		same(t, "print *o", repl(t, r.path, "print *o"), order)
		same(t, "print stock", repl(t, r.path, "print stock"), `map[string]int ["anvil": 3, "rocket skates": 1, ]`)
	}
	f, _ := d.Cause().Frame()
	if f.Function().Name() != "main.handle" {
		t.Errorf("the culprit is %s", f.Function().Name())
	}
	n := 0
	for g := range d.Goroutines() {
		n += framesOf(g, "main.clerk")
	}
	if n != 20 {
		t.Errorf("%d of 20 goroutines are there", n)
	}
	return d
}

// worksAgain asserts that the second capture gave a dump.
func (r closedRun) worksAgain(t testing.TB) {
	t.Helper()
	if !strings.HasPrefix(r.again, "dump ") {
		t.Fatalf("afterwards: %s", r.again)
	}
	if f, _ := open(t, r.file2).Cause().Frame(); f.Function().Name() != "main.handle" {
		t.Errorf("afterwards the culprit is %s", f.Function().Name())
	}
}

// openDir is a directory in which every user may write.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "closed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	build(t, release, "closed")
	for _, d := range []string{dir, built.dir, filepath.Join(built.dir, release.name)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// B4.21: whatever is forbidden, there is a dump with values for as long as there
// is a way, and it says which way it was and why no better one.
func TestWaysAreClosed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, conditions, method string
		missing                  []string
	}{
		{"nothing", "", "clone", nil},
		{"process_vm_readv", "seccomp=readv:EPERM", "pipe", []string{"direct access to the frozen process: process_vm_readv: ", "operation not permitted"}},
		{"process_vm_readv unknown", "seccomp=readv:ENOSYS", "pipe", []string{"process_vm_readv: ", "function not implemented"}},
		{"memfd_create", "seccomp=memfd:EPERM", "clone", nil},
		{"memfd_create unknown, process_vm_readv", "seccomp=memfd:ENOSYS seccomp=readv:EPERM", "pipe", []string{"process_vm_readv: "}},
		{"no memory for a window", "seccomp=fallocate:ENOMEM", "clone", nil},
		{"writev, and so one answer by one", "seccomp=writev:EPERM", "clone", nil},
		{"clone", "seccomp=clone:EPERM", "stopped", []string{"a frozen copy of the process: clone: operation not permitted"}},
		{"strict overcommit", "seccomp=clone:ENOMEM", "stopped", []string{"clone: cannot allocate memory"}},
		{"both", "seccomp=clone:EPERM seccomp=readv:EPERM", "stopped", []string{"clone: operation not permitted"}},
		{"no socket", "seccomp=socketpair:EPERM seccomp=readv:EPERM", "stopped", []string{"process_vm_readv: ", "socketpair: operation not permitted"}},
		{"not dumpable", "user=65534 dumpable=0", "pipe", []string{"process_vm_readv: ", "operation not permitted"}},
		{"large heap", "heap=200 refuse=clone", "stopped", []string{"all of the heap: of a program with 2"}},
		{"tight memory limit", "heap=100 memlimit=110 refuse=clone", "stopped", []string{"all of the heap: of a program with 1"}},
		{"tiny memory limit", "memlimit=4", "clone", nil},
		{"nothing works", "refuse=clone,stopped", "text", []string{"values: freeze: clone: operation not permitted; stopped: operation not permitted."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := closed(t, openDir(t), strings.Fields(tt.conditions)...)
			r.open1(t, tt.method, tt.missing...)
			r.worksAgain(t)
		})
	}
}

// No more processes, and none of the threads that the capture would like.
func TestNoProcesses(t *testing.T) {
	root(t)
	r := closed(t, openDir(t), "threads", "user=65534", "nproc=1")
	r.open1(t, "stopped", "clone: resource temporarily unavailable")
	r.worksAgain(t)
}

// root skips a test that only root can do.
func root(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this has to run as root")
		}
		t.Skip("only root can bring this about")
	}
}

// One program, captured from one place in all three ways: the dumps are equal.
func TestWaysAgree(t *testing.T) {
	e := succeed(t, build(t, release, "closed"), t.TempDir(), "compare")
	var texts, methods []string
	for line := range strings.Lines(e.out) {
		file := strings.TrimSpace(strings.TrimPrefix(line, "dump "))
		d := open(t, file)
		methods = append(methods, d.Meta().Method)
		texts = append(texts, everything(d)+repl(t, file, "print main.stock"))
	}
	if got := strings.Join(methods, " "); got != "clone pipe stopped" {
		t.Fatalf("methods %s", got)
	}
	if n := strings.Count(texts[0], `Wile E. Coyote`); n < 20 || !strings.Contains(texts[0], `"rocket skates"`) {
		t.Fatalf("%d of 20 orders are in the dump, or not the stock:\n%s", n, texts[0])
	}
	for i, text := range texts[1:] {
		if text != texts[0] {
			t.Errorf("%s differs from clone:\n%s", methods[i+1], firstDifference(texts[0], text))
		}
	}
}

// A program under load, whose goroutines start and end, allocate, block, call
// the system and never yield, is captured in the two lesser ways over and over:
// it goes on, and what does not change is right each time.
func TestWaysUnderLoad(t *testing.T) {
	modes := []mode{release}
	if thorough {
		modes = append(modes, race, debug, release.with("go1.25.0"), release.with("go1.27.0"))
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		for _, tt := range []struct{ way, gogc string }{{"clone", "1"}, {"direct", "1"}, {"clone", "100"}} {
			t.Setenv("GOGC", tt.gogc)
			e := succeed(t, build(t, m, "closed"), t.TempDir(), "refuse="+tt.way, "busy=5")
			files := strings.Fields(e.out)
			if len(files) != 5 {
				t.Fatalf("%v: the program said %s\n%s", tt, e.out, e.errors)
			}
			method := map[string]string{"clone": "stopped", "direct": "pipe"}[tt.way]
			for _, file := range files {
				d := open(t, file)
				if d.Meta().Method != method {
					t.Errorf("method %s, want %s", d.Meta().Method, method)
				}
				clerks(t, d)
			}
			if m.name != release.name {
				break
			}
		}
	})
}

// clerks asserts that the twenty clerks hold their orders.
func clerks(t testing.TB, d *dump.Dump) {
	t.Helper()
	found := map[string]bool{}
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			if f.Function().Name() != "main.clerk" {
				continue
			}
			for _, v := range f.Variables() {
				if v.Name() == "o" {
					found[restore.FormatValue(v.Value(), restore.LongConfig())] = true
				}
			}
		}
	}
	for i := range 20 {
		want := fmt.Sprintf(`*main.order {ID: %d, Customer: *main.customer {Name: "Wile E. Coyote", Phone: []string len: 2, cap: 2, ["555-0100","555-0101"]}, `, 100+i)
		if !anyBegins(found, want) {
			t.Errorf("%s: no clerk holds %s; they hold %d values", d.Meta().Method, want, len(found))
			return
		}
	}
}

func anyBegins(texts map[string]bool, prefix string) bool {
	for t := range texts {
		if strings.HasPrefix(t, prefix) {
			return true
		}
	}
	return false
}

// everything renders all goroutines but the one that asked, whose frames of the
// capture differ, and those of the runtime, which go on.
func everything(d *dump.Dump) string {
	var b strings.Builder
	for g := range d.Goroutines() {
		if a, _ := d.Asked(); a.ID() == g.ID() || g.System() {
			continue
		}
		fmt.Fprintf(&b, "goroutine %d\n", g.ID())
		for f := range g.Frames() {
			fmt.Fprintf(&b, " %s:%d\n", f.Function().Name(), f.Line())
			for _, v := range f.Variables() {
				fmt.Fprintf(&b, "  %s = %s\n", v.Name(), restore.FormatValue(v.Value(), restore.LongConfig()))
			}
		}
	}
	return b.String()
}

// firstDifference gives the first line in which two texts differ.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %s\nand %s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}
