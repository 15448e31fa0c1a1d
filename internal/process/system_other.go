//go:build !linux

package process

import (
	"errors"
	"time"
)

// loaded stands in for the start of the process.
var loaded = time.Now()

// uptime is the time since the program's packages were initialised.
func uptime() (int64, error) { return int64(time.Since(loaded)), nil }

// limits has no way here that needs no further dependency.
func (d describer) limits() {
	d.missing("resource limits", errors.New("not read on this system"))
}
