//go:build unix

package place

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// In a directory where everybody may write, one that is open to others, or a
// link to elsewhere, is a trap.
func TestTemporaryDirectory(t *testing.T) {
	tests := map[string]struct {
		put func(dir string) error
		ok  bool
	}{
		"not there":   {func(string) error { return nil }, true},
		"own":         {func(dir string) error { return os.Mkdir(dir, 0o700) }, true},
		"open to all": {func(dir string) error { return os.Mkdir(dir, 0o700) }, false},
		"a link":      {func(dir string) error { return os.Symlink(filepath.Dir(dir), dir) }, false},
		"a file":      {func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			dir := temporary()
			if err := tt.put(dir); err != nil {
				t.Fatal(err)
			}
			if name == "open to all" {
				if err := os.Chmod(dir, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if err := Prepare(dir); (err == nil) != tt.ok {
				t.Errorf("Prepare: %v, want success: %v", err, tt.ok)
			}
			if info, err := os.Lstat(dir); tt.ok && (err != nil || info.Mode().Perm() != 0o700) {
				t.Errorf("mode %v, %v, want 0700", info.Mode(), err)
			}
		})
	}
}

// In a directory like /tmp nobody's dumps keep another user from writing his.
func TestRoomInSharedDirectory(t *testing.T) {
	const theirs, own = "shop-20260102T030405.000000006Z-1.dump", "shop-20260102T030405.000000007Z-1.dump"
	for name, tt := range map[string]struct {
		mode os.FileMode
		left []string
	}{
		"shared":    {0o777 | os.ModeSticky, []string{theirs}},
		"of a team": {0o770, nil}, // who may write there may remove
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, theirs, 1<<20, 2*time.Hour)
			put(t, dir, own, 100, 2*time.Hour)
			if err := os.Chown(filepath.Join(dir, theirs), 12345, -1); err != nil {
				t.Skip("files cannot be given to another user here: ", err)
			}
			if err := os.Chmod(dir, tt.mode); err != nil {
				t.Fatal(err)
			}
			if err := (Room{Dumps: 1, Bytes: 1000}).Make(dir, "shop", noon); err != nil {
				t.Error(err)
			}
			if got := left(t, dir); !slices.Equal(got, tt.left) {
				t.Errorf("left are %q, want %q", got, tt.left)
			}
		})
	}
}
