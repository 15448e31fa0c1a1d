package process

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now tells the time, in nanoseconds since 1970, and what the runtime's own clock
// shows, by which goroutines wait and timers fire; 0 where that is not known.
func Now() (wall, monotonic int64) {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
		monotonic = ts.Nano()
	}
	return time.Now().UnixNano(), monotonic
}
