package place

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// EnvDir names the environment variable that overrides the default directories.
const EnvDir = "POSTMORTEM_DIR"

// Defaults lists the directories to try, best first, where the program has
// named none: $POSTMORTEM_DIR alone if that is set, else the user's state
// directory, the user's cache, and one of the user's own below the temporary directory.
func Defaults() []string {
	if dir := os.Getenv(EnvDir); dir != "" {
		return []string{dir}
	}
	var dirs []string
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		dirs = append(dirs, filepath.Join(dir, "postmortem"))
	} else if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) && unixHome() {
		dirs = append(dirs, filepath.Join(home, ".local", "state", "postmortem"))
	}
	if dir, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(dir, "postmortem"))
	}
	return append(dirs, temporary())
}

// unixHome reports whether the system's home directories have a .local/state.
func unixHome() bool {
	switch runtime.GOOS {
	case "windows", "darwin", "ios", "plan9", "js", "wasip1":
		return false
	}
	return true
}

// temporary is the directory of the last resort.
func temporary() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("postmortem-%d", os.Getuid()))
}

// Prepare makes a directory, for the user only, unless it is there. One in the
// place that others may write to must be the user's own.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if dir != temporary() {
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !private(info) {
		return &fs.PathError{Op: "use", Path: dir, Err: errForeign}
	}
	return nil
}

var errForeign = errors.New("it is not this user's alone")
