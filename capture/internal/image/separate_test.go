//go:build linux

package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// split builds a program and splits its debug information off; it gives a
// directory with prog and prog.debug.
func split(t *testing.T, flags ...string) string {
	t.Helper()
	objcopy, err := exec.LookPath("objcopy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("objcopy is not there")
	}
	dir := t.TempDir()
	if err := os.Rename(buildSelf(t, flags...).Path, filepath.Join(dir, "prog")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--only-keep-debug", "prog", "prog.debug"},
		{"--strip-debug", "--add-gnu-debuglink=prog.debug", "prog"},
	} {
		cmd := exec.Command(objcopy, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("objcopy: %v\n%s", err, out)
		}
	}
	return dir
}

// Debug information in a file of its own is found where debuggers find it, by
// name and by build ID, and only that of the same build is used.
func TestSeparateDebugInfo(t *testing.T) {
	dir, other := split(t), split(t, "-gcflags=-N")
	noGNU := split(t, "-ldflags=-B none")
	prog := filepath.Join(dir, "prog")
	id := reopen(t, prog).GNUBuildID()
	if len(id) < 8 || reopen(t, filepath.Join(noGNU, "prog")).GNUBuildID() != "" {
		t.Fatalf("GNU build IDs: %q, %q", id, reopen(t, filepath.Join(noGNU, "prog")).GNUBuildID())
	}
	store := t.TempDir()
	garbage := filepath.Join(store, "garbage")
	if err := os.WriteFile(garbage, []byte("\x7fELF\x02\x01\x01 and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, prog, from, to string
		want                 bool
	}{
		{"beside", prog, dir + "/prog.debug", dir + "/prog.debug", true},
		{"in .debug", prog, dir + "/prog.debug", dir + "/.debug/prog.debug", true},
		{"by build ID", prog, dir + "/prog.debug", store + "/.build-id/" + id[:2] + "/" + id[2:] + ".debug", true},
		{"in the directory", prog, dir + "/prog.debug", store + "/prog.debug", true},
		{"below the directory", prog, dir + "/prog.debug", store + dir + "/prog.debug", true},
		{"elsewhere", prog, dir + "/prog.debug", store + "/elsewhere/prog.debug", false},
		{"of another build", prog, other + "/prog.debug", dir + "/prog.debug", false},
		{"not of this format", prog, garbage, dir + "/prog.debug", false},
		{"by the Go build ID", noGNU + "/prog", noGNU + "/prog.debug", noGNU + "/prog.debug", true},
		{"of another Go build", noGNU + "/prog", other + "/prog.debug", noGNU + "/prog.debug", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := os.ReadFile(c.from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(c.from, c.from+".away"); err != nil {
				t.Fatal(err)
			}
			defer os.Rename(c.from+".away", c.from)
			if err := os.MkdirAll(filepath.Dir(c.to), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.to, text, 0o600); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(c.to)
			m := reopen(t, c.prog)
			m.DebugDirs = []string{store}
			if _, err := m.RuntimeType("runtime.g"); (err == nil) != c.want {
				t.Errorf("debug information: %v, want it: %t", err, c.want)
			}
		})
	}
}

// What lies there and is no file is not waited for: the crashing program looks for it.
func TestSeparateDebugInfoNoFile(t *testing.T) {
	dir := split(t)
	file := filepath.Join(dir, "prog.debug")
	for name, put := range map[string]func() error{
		"FIFO":      func() error { return unix.Mkfifo(file, 0o600) },
		"directory": func() error { return os.Mkdir(file, 0o700) },
		"terminal":  func() error { return os.Symlink("/dev/ptmx", file) },
		"endless":   func() error { return os.Symlink("/dev/zero", file) },
		"empty":     func() error { return os.WriteFile(file, nil, 0o600) },
		"itself":    func() error { return os.Symlink(file, file) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			if err := put(); err != nil {
				t.Fatal(err)
			}
			if _, err := reopen(t, filepath.Join(dir, "prog")).RuntimeType("runtime.g"); err == nil {
				t.Error("there is debug information")
			}
		})
	}
}

func reopen(t *testing.T, exe string) *Image {
	t.Helper()
	m, err := Open(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// A program that captures itself keeps no file open for that.
func TestNoFileStaysOpen(t *testing.T) {
	dir := split(t)
	files := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := files()
	m := reopen(t, filepath.Join(dir, "prog"))
	if err := m.HasDWARF(); err != nil {
		t.Error(err)
	}
	if after := files(); after != before {
		t.Errorf("%d files are open, before %d", after, before)
	}
}
