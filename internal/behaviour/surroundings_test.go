//go:build linux && amd64

package behaviour

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Little address space is left: stacks alone, or an error at once. The runtime
// ends a program that cannot get memory.
func TestAddressSpace(t *testing.T) {
	r := closed(t, t.TempDir(), "as=100")
	r.open1(t, "text", "too little address space", "the runtime's own goroutines")
	if _, out, _ := postmortem("info", r.path); strings.Contains(out, "without DWARF") {
		t.Errorf("nobody looked for DWARF:\n%s", out)
	}
	if _, out, _ := postmortem("info", "--json", r.path); strings.Contains(out, "has_dwarf") {
		t.Errorf("nobody looked for DWARF:\n%s", out)
	}
	r.worksAgain(t)
	r = closed(t, t.TempDir(), "as=8")
	if !strings.HasPrefix(r.said, "error [memory]: dump: too little memory") {
		t.Errorf("with 8 MB: %s", r.said)
	}
	r.worksAgain(t)
	closed(t, t.TempDir(), "as=400", "refuse=clone").open1(t, "stopped")
}

// A control group with little memory: the program lives on, which it does not
// if all of its heap is copied.
func TestMemoryGroup(t *testing.T) {
	root(t)
	group := filepath.Join("/sys/fs/cgroup/memory", fmt.Sprintf("postmortem-test-%d", os.Getpid()))
	limit := "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
		group, limit = strings.Replace(group, "/memory/", "/", 1), "memory.max"
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skip("no control group can be made here:", err)
	}
	t.Cleanup(func() { _ = os.Remove(group) })
	if err := os.WriteFile(filepath.Join(group, limit), []byte("100000000"), 0); err != nil {
		t.Skip("its memory cannot be limited:", err)
	}
	for _, conditions := range []string{"", "refuse=clone"} {
		r := closed(t, t.TempDir(), append([]string{"cgroup=" + group, "heap=40"}, strings.Fields(conditions)...)...)
		if !strings.HasPrefix(r.said, "dump ") {
			t.Errorf("%q: %s", conditions, r.said)
		}
		r.worksAgain(t)
	}
}

// No descriptors are left, or too few for every way.
func TestDescriptors(t *testing.T) {
	for n := range 6 {
		r := closed(t, t.TempDir(), fmt.Sprintf("nofile=%d", n))
		switch {
		case strings.HasPrefix(r.said, "error [files]: "):
		case n >= 2:
			r.open1(t, "clone")
		default:
			t.Errorf("with %d descriptors: %s", n, r.said)
		}
		r.worksAgain(t)
	}
}

// The dump goes to a full disk, beyond the largest file, where nothing may be
// written, or nowhere.
func TestDisk(t *testing.T) {
	tests := []struct {
		conditions, class string
		root              bool
	}{
		{"mountfull=DIR", "full part", true},
		{"fsize=4096", "part toobig", false},
		{"fsize=0", "toobig", false},
		{"mountro=DIR", "readonly", true},
		{"user=65534 dir=/root", "permission", true},
		{"dir=/proc/nowhere", "notexist", false},
	}
	for _, tt := range tests {
		t.Run(tt.conditions, func(t *testing.T) {
			if tt.root {
				root(t)
			}
			dir := openDir(t)
			r := closed(t, dir, strings.Fields(strings.ReplaceAll(tt.conditions, "DIR", dir))...)
			said := classOf.FindStringSubmatch(r.said)
			if said == nil || !sameWords(said[1], tt.class) {
				t.Errorf("%s, want the classes %q", r.said, tt.class)
			}
			left, _ := filepath.Glob(filepath.Join(dir, ".*.dump.*"))
			if len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

var classOf = regexp.MustCompile(`^error \[(.*?)\]: `)

func sameWords(a, b string) bool {
	all := map[string]int{}
	for _, w := range strings.Fields(a) {
		all[w]++
	}
	for _, w := range strings.Fields(b) {
		all[w]--
	}
	for _, n := range all {
		if n != 0 {
			return false
		}
	}
	return true
}

// The standard streams are closed, and somebody goes on writing to them: none
// of that is in a dump.
func TestClosedStreams(t *testing.T) {
	for _, ways := range []string{"", "refuse=direct"} {
		r := closed(t, t.TempDir(), append([]string{"stdio"}, strings.Fields(ways)...)...)
		r.open1(t, map[string]string{"": "clone", "refuse=direct": "pipe"}[ways])
		r.worksAgain(t)
		for _, file := range []string{r.path, r.file2} {
			if b, err := os.ReadFile(file); err != nil || strings.Contains(string(b), "GARBAGE") {
				t.Errorf("%s, %v: what was written to standard error is in the dump", file, err)
			}
		}
	}
}

// No /proc, no $HOME, no working directory.
func TestNoSurroundings(t *testing.T) {
	closed(t, t.TempDir(), "cwd").open1(t, "clone")

	t.Setenv("TMPDIR", t.TempDir())
	r := closed(t, t.TempDir(), "unset=HOME", "unset=XDG_STATE_HOME", "unset=XDG_CACHE_HOME", "unset=POSTMORTEM_DIR", "default")
	r.open1(t, "clone")
	if !strings.HasPrefix(r.path, os.Getenv("TMPDIR")) {
		t.Errorf("without a home the dump is %s", r.path)
	}

	root(t)
	jail := t.TempDir()
	r = closed(t, "/", "chroot="+jail, "dir=/")
	r.path, r.file2 = jail+r.path, jail+r.file2
	if !strings.HasPrefix(r.said, "dump ") || !strings.HasPrefix(r.again, "dump ") {
		t.Fatalf("without /proc: %s; %s", r.said, r.again)
	}
	d := open(t, r.path)
	if n := d.NumGoroutines(); n < 21 {
		t.Errorf("without /proc: %d goroutines", n)
	}
}

// A program that crashes on every request neither fills the disk nor loses what
// it wrote first.
func TestTooMany(t *testing.T) {
	dir := t.TempDir()
	r := closed(t, dir, "keep=1")
	r.open1(t, "clone")
	if !strings.HasPrefix(r.again, "error [toomany]: dump: too many dumps: ") {
		t.Errorf("the second of one: %s", r.again)
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != 1 {
		t.Errorf("%v is there", all)
	}
}
