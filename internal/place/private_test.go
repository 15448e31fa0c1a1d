//go:build unix

package place

import (
	"os"
	"path/filepath"
	"testing"
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
