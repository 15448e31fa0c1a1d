//go:build amd64 || arm64

package freeze

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Quietly runs f on this thread, whose id it is given, with all signals held
// back, so that what an earlier signal left on the thread's signal stack stays there.
func Quietly(f func(thread int64)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, old := ^uint64(0), uint64(0)
	sigmask(&all, &old)
	defer sigmask(&old, nil)
	f(int64(unix.Gettid()))
}
