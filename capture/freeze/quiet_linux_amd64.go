package freeze

import "runtime"

// Quietly runs f on this thread with all signals held back, so that what an
// earlier signal left on the thread's signal stack stays there.
func Quietly(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, old := ^uint64(0), uint64(0)
	sigmask(&all, &old)
	defer sigmask(&old, nil)
	f()
}
