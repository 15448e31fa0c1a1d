//go:build !(linux && amd64)

package freeze

import "time"

// Snapshot is the frozen image of the program; on this system there is none.
type Snapshot struct{}

// Take returns [ErrUnsupported].
func Take(Options) (*Snapshot, error) { return nil, ErrUnsupported }

// ReadMemory returns [ErrUnsupported].
func (*Snapshot) ReadMemory([]byte, uint64) error { return ErrUnsupported }

// ReadBatch sets [ErrUnsupported] in each request.
func (*Snapshot) ReadBatch(reqs []Request) {
	for i := range reqs {
		reqs[i].Err = ErrUnsupported
	}
}

// FreezeTime is zero.
func (*Snapshot) FreezeTime() time.Duration { return 0 }

// Method is "none".
func (*Snapshot) Method() string { return "none" }

// PID is zero.
func (*Snapshot) PID() int { return 0 }

// Close does nothing.
func (*Snapshot) Close() error { return nil }

// Self reads nothing on this system.
func Self() interface {
	ReadMemory(p []byte, addr uint64) error
} {
	return &Snapshot{}
}

// Quietly runs f.
func Quietly(f func(thread int64)) { f(0) }
