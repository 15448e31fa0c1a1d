package dump

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/gopostmortem/postmortem/internal/process"
)

// Where a limit on the address space is near, the runtime ends the program when
// it cannot get more. A capture must not be what takes the last of it.
const (
	roomForValues = 160 << 20 // two more arenas of the heap, and the executable's debug information
	roomForStacks = 32 << 20
)

var errNoRoom = errors.New("too little address space is left for more than stacks (see ulimit -v)")

// enough reports whether the address space allows a dump: with values, or the
// error why not. If not even stacks are possible that wraps [ErrMemory].
func enough() error {
	if process.CanMap(roomForValues) {
		return nil
	}
	if process.CanMap(roomForStacks + 4*perGoroutine*runtime.NumGoroutine()) {
		return errNoRoom
	}
	return fmt.Errorf("%w: the limit on the address space is near", ErrMemory)
}
