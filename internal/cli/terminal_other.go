//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package cli

import "os"

// isTerminal gives false where there is no way to tell.
func isTerminal(f *os.File) bool { return false }
