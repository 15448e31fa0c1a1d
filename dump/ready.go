package dump

import (
	"runtime"
	"time"
)

// What a capture needs of the runtime is asked for when the program starts. The
// runtime gets it once, when it is first asked, and ends the program if it
// cannot have it, so in a capture it might be too late: a program that is out of
// descriptors would not get a poller for its timers, and one that may have no
// more threads not the one that the runtime needs beside locked ones.
func init() {
	time.AfterFunc(time.Hour, func() {}).Stop()
	runtime.LockOSThread()
	runtime.UnlockOSThread()
}
