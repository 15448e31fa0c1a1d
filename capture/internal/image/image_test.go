package image

import (
	"os"
	"os/exec"
	"path/filepath"
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
