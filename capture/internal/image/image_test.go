package image

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// buildSelf builds a program and opens it.
func buildSelf(t *testing.T, flags ...string) *Image {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte("package main\n\nimport (\"fmt\"; \"net/http\")\n\nfunc main() { fmt.Println(http.ListenAndServe(\"\", nil)) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "prog")
	args := append(append([]string{"build", "-o", exe}, flags...), src)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	m, err := Open(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestEveryFunctionHasItsSubprogram(t *testing.T) {
	m := buildSelf(t)
	if m.BuildID() == "" {
		t.Error("no build ID")
	}
	n, missing := 0, 0
	for f := range m.Lines().Functions {
		if f.End == f.Entry || f.Flag()&4 != 0 {
			continue
		}
		n++
		u, off, err := m.Subprogram(f.Entry)
		if err != nil {
			missing++
			if missing < 10 {
				t.Logf("%v: %v", f, err)
			}
			continue
		}
		_, _ = u, off
	}
	if n < 5000 || missing*100 > n {
		t.Errorf("%d of %d functions have no subprogram", missing, n)
	}
	addr, typ, err := m.Global("runtime.allgs")
	if err != nil || addr == 0 || typ == 0 {
		t.Errorf("runtime.allgs: %#x %#x %v", addr, typ, err)
	}
	for _, name := range []string{"runtime.g", "runtime.m", "runtime._panic", "runtime._defer", "runtime.hchan", "runtime.sudog", "internal/runtime/maps.Map"} {
		if _, err := m.RuntimeType(name); err != nil {
			t.Error(err)
		}
	}
}

// A file that is cut short while it is mapped faults when it is read: that is
// an error, whichever goroutine meets it, and stays one.
func TestCutShort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be cut short")
	}
	m := buildSelf(t)
	if err := os.Truncate(m.Path, 4096); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.HasDWARF(); err == nil || errors.Is(err, ErrNoDWARF) {
			t.Errorf("%v, want the fault", err)
		}
	}
}

// What is wrong with a unit is found out once, and does not add to it each time.
func TestDamagedUnit(t *testing.T) {
	m := buildSelf(t)
	d, err := m.debugInfo()
	if err != nil {
		t.Fatal(err)
	}
	u := d.runtime[0]
	for i := range uint64(64) {
		d.info.all[(u.root+u.end)/2+i] = 0xff
	}
	_, _, first := m.Global("runtime.allgs")
	kept := len(u.subs) + len(d.described)
	_, _, second := m.Global("runtime.allgs")
	if first == nil || second != first || len(u.subs)+len(d.described) != kept {
		t.Errorf("%v, then %v; %d entries, then %d", first, second, kept, len(u.subs)+len(d.described))
	}
}
