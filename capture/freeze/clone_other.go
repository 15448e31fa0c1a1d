//go:build !linux || !(amd64 || arm64)

package freeze

// takeClone is for Linux alone: elsewhere a process that shares the program's
// memory cannot be made without what the program runs at a fork.
func takeClone(*Options) (*Snapshot, error) { return nil, ErrUnsupported }
