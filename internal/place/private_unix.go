//go:build unix

package place

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether the file belongs to this user, who alone may write to it.
func private(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(st.Uid) == int64(os.Geteuid()) && info.Mode().Perm()&0o022 == 0
}

// others reports whether the file is another user's.
func others(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(st.Uid) != int64(os.Geteuid())
}
