package place

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
)

// Three names in one second are three, and sort as they were given.
func TestNamesInOneSecond(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	var names []string
	for range 3 {
		names = append(names, Name("shop", "", now))
	}
	names = append(names, Name("shop", "", now.Add(-time.Hour))) // the clock was set back
	if !sort.StringsAreSorted(names) {
		t.Errorf("%q do not sort by time", names)
	}
	form := regexp.MustCompile(`^shop-\d{8}T\d{6}\.\d{9}Z-\d+\.dump$`)
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] || !form.MatchString(n) {
			t.Errorf("name %q: a repetition, or not of the form %v", n, form)
		}
		seen[n] = true
	}
}

// B1.7: whatever a program or a snapshot is called, its file stays in the directory.
func TestClean(t *testing.T) {
	tests := []struct{ in, want string }{
		{"shop", "shop"},
		{"../x/☃", "x"},
		{"..", ""},
		{".hidden", "hidden"},
		{"a/../b", "a_.._b"},
		{`C:\x\y.exe`, "C_x_y.exe"},
		{"new\nline\x00 $(rm) -rf", "new_line_rm_-rf"},
		{"☃☃☃", ""},
		{"v1.2+build=3", "v1.2+build=3"},
		{strings.Repeat("x", 100), strings.Repeat("x", 64)},
	}
	for _, tt := range tests {
		if got := Clean(tt.in, 64); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if n := Name("☃", "../x", time.Now()); !strings.HasPrefix(n, "program-") || !strings.HasSuffix(n, "-x.dump") || strings.ContainsAny(n, `/\`) {
		t.Errorf("name %q of a program without a usable name", n)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("../x/☃", 64)
	f.Add("a.b", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := Clean(s, limit)
		if len(got) > max(limit, 0)+2 || strings.ContainsAny(got, "/\\\x00: ") || strings.HasPrefix(got, ".") {
			t.Errorf("Clean(%q, %d) = %q", s, limit, got)
		}
		if limit > 1000 && Clean(got, limit) != got {
			t.Errorf("cleaning %q again gives %q", got, Clean(got, limit))
		}
	})
}

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func write(t *testing.T, f *File, text string) {
	t.Helper()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.dump")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, f, "too much")
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is in its place before it is complete: %v", err)
	}
	if err := f.Restart(); err != nil {
		t.Fatal(err)
	}
	write(t, f, "dump")
	if f.Written() != 4 {
		t.Errorf("%d bytes written, want 4", f.Written())
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "dump" {
		t.Errorf("content %q, %v, want dump", got, err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want %v", info.Mode(), err, fs.FileMode(0o600))
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("the directory holds %q, want the file alone", n)
	}
}

// A file that is there is never overwritten, nor is what a symbolic link leads
// to, whether it is there at the beginning or comes while the dump is written.
func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	place := map[string]func(path string) error{
		"file":          func(p string) error { return os.Link(precious, p) },
		"link":          func(p string) error { return os.Symlink(precious, p) },
		"dangling link": func(p string) error { return os.Symlink(filepath.Join(dir, "new"), p) },
		"directory":     func(p string) error { return os.Mkdir(p, 0o700) },
	}
	for name, put := range place {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name+".dump")
			f, err := Create(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, f, "dump")
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			if err := f.Commit(); !errors.Is(err, fs.ErrExist) {
				t.Errorf("Commit: %v, want %v", err, fs.ErrExist)
			}
			if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
				t.Errorf("Create: %v, want %v", err, fs.ErrExist)
			}
		})
	}
	got, err := os.ReadFile(precious)
	if err != nil || string(got) != "precious" {
		t.Errorf("the other file now has %q, %v", got, err)
	}
	if n := names(t, dir); len(n) != 1+len(place) {
		t.Errorf("left behind: %q", n)
	}
}

// Without hard links, a name is taken before it is replaced.
func TestMoveNewOverReserved(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.Mkdir(from, 0o700); err != nil { // a directory cannot be linked, and cannot replace a file
		t.Fatal(err)
	}
	if err := moveNew(from, to); err == nil {
		t.Error("a directory was moved over the reserved file")
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left behind: %q, want the source alone", n)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "a.dump"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("left behind: %q", n)
	}
}

func TestFailedWrite(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "a.dump"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("x")); err == nil || f.Failed() != err {
		t.Errorf("write error %v, remembered %v", err, f.Failed())
	}
	if err := f.Commit(); err == nil {
		t.Error("a closed file was committed")
	}
}

func TestDefaults(t *testing.T) {
	t.Setenv(EnvDir, "/the/one")
	if got := Defaults(); len(got) != 1 || got[0] != "/the/one" {
		t.Errorf("with %s: %q", EnvDir, got)
	}
	t.Setenv(EnvDir, "")
	t.Setenv("XDG_STATE_HOME", "/state")
	t.Setenv("HOME", "/home/u")
	t.Setenv("TMPDIR", "/tmp")
	got := Defaults()
	if len(got) < 2 || got[0] != filepath.Join("/state", "postmortem") || got[len(got)-1] != temporary() {
		t.Errorf("got %q, want the state directory first, the temporary one last", got)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	for _, dir := range Defaults() {
		if !filepath.IsAbs(dir) {
			t.Errorf("%q is relative to wherever the program is", dir)
		}
	}
}

// A file that is given up is in its place or gone, and its writer is told.
func TestGiveUp(t *testing.T) {
	for _, useful := range []bool{true, false} {
		dir := t.TempDir()
		f, err := Create(filepath.Join(dir, "x.dump"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("written")); err != nil {
			t.Fatal(err)
		}
		if placed := f.GiveUp(func(*File) bool { return useful }); placed != useful {
			t.Errorf("useful %t: placed is %t", useful, placed)
		}
		_, writing := f.Write([]byte("late"))
		for _, err := range []error{writing, f.Restart(), f.Commit()} {
			if !errors.Is(err, errGivenUp) {
				t.Errorf("the writer got %v", err)
			}
		}
		left, err := os.ReadDir(dir)
		if err != nil || useful && (len(left) != 1 || left[0].Name() != "x.dump") || !useful && len(left) != 0 {
			t.Errorf("useful %t: %v, %v are left", useful, left, err)
		}
	}
}
