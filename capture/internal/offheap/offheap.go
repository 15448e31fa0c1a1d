// Package offheap gives memory that the garbage collector neither sees nor
// counts: a capture's large buffers would make it run more often, in a program
// whose stacks and heap take it long. The memory is given back at once when it
// is freed. It must not hold pointers into the heap.
package offheap

import (
	"errors"
	"fmt"
)

// ErrMemory says that the system has no more memory for this program.
var ErrMemory = errors.New("out of memory")

// Make gives n zeroed bytes, at least one. Pages that are never written cost nothing.
func Make(n int) ([]byte, error) {
	if n <= 0 {
		return nil, fmt.Errorf("offheap: %d bytes", n)
	}
	b, err := allocate(n)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes: %w", ErrMemory, n, err)
	}
	return b, nil
}

// Free gives back what [Make] gave.
func Free(b []byte) {
	if b != nil {
		release(b)
	}
}
