package dump_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// Without options the dump lies where the environment says, in the user's
// state directory, or in the next best place that can be written to.
func TestDefaultDirectories(t *testing.T) {
	root := t.TempDir()
	blocked := filepath.Join(root, "blocked") // a file: nothing can be made below it, not even by root
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", filepath.Join(root, "tmp"))
	t.Setenv("HOME", filepath.Join(root, "home"))
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, state, cache, want string }{
		{"explicit", "state", "cache", "explicit"},
		{"", "state", "cache", "state/postmortem"},
		{"", "blocked", "cache", "cache/postmortem"},
		{"", "blocked", "blocked", "tmp/postmortem-"},
	}
	in := func(name string) string {
		if name == "" {
			return ""
		}
		return filepath.Join(root, name)
	}
	for _, tt := range tests {
		t.Setenv("POSTMORTEM_DIR", in(tt.dir))
		t.Setenv("XDG_STATE_HOME", in(tt.state))
		t.Setenv("XDG_CACHE_HOME", in(tt.cache))
		path, err := dump.Capture(nil, dump.Depth(0), dump.Source(false))
		if err != nil || !strings.HasPrefix(path, filepath.Join(root, tt.want)) {
			t.Errorf("%+v: the dump is %s, %v", tt, path, err)
		}
	}
	t.Setenv("POSTMORTEM_DIR", blocked)
	if path, err := dump.Capture(nil, dump.Depth(0)); err == nil || path != "" {
		t.Errorf("the directory that was asked for cannot be made, but the dump is %q, %v", path, err)
	}
}

// A directory that takes no file is an error at once, of a class that can be told.
func TestUnusableDirectory(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	into := dump.File(filepath.Join(gone, "x.dump"))
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if path, err := dump.Capture(nil, into); !errors.Is(err, fs.ErrNotExist) || path != "" {
		t.Errorf("%q, %v, want %v", path, err, fs.ErrNotExist)
	}
}

// A symbolic link that somebody put in the dump's place is not followed.
func TestSymbolicLink(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "x.dump"), filepath.Join(dir, "target")
	into := dump.File(link)
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if path, err := dump.Capture(nil, into); !errors.Is(err, fs.ErrExist) || path != "" {
		t.Errorf("%q, %v, want %v", path, err, fs.ErrExist)
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link was followed: %v", err)
	}
}

// So many dumps of the last hour lie in a directory, or so many bytes, and no
// more; what is written elsewhere does not count.
func TestKeep(t *testing.T) {
	for name, limit := range map[string]dump.Option{"number": dump.Keep(2), "bytes": dump.KeepBytes(1)} {
		dir := t.TempDir()
		opts := []dump.Option{dump.Depth(0), dump.Source(false), dump.Dir(dir), limit}
		written := 0
		var err error
		for range 3 {
			if _, err = dump.Capture(nil, opts...); err != nil {
				break
			}
			written++
		}
		if want := map[string]int{"number": 2, "bytes": 1}[name]; written != want || !errors.Is(err, dump.ErrTooMany) {
			t.Errorf("%s: %d dumps, %v", name, written, err)
		}
		if _, err := dump.Capture(nil, append(opts, dump.File(filepath.Join(dir, "mine.dump")))...); err != nil {
			t.Errorf("%s: a file of its own: %v", name, err)
		}
		if _, err := dump.Capture(nil, append(opts, dump.Keep(-1), dump.KeepBytes(-1))...); err != nil {
			t.Errorf("%s: without a limit: %v", name, err)
		}
	}
}
