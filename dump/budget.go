package dump

import (
	"fmt"
	"sync"
)

// budget bounds what the tables of a dump keep in memory. Together they may
// take a quarter of the working set: the caches take another eighth, and the
// collector lets the heap grow to twice what is live.
type budget struct {
	mu   sync.Mutex
	left int64
}

func (b *budget) init(workingSet int64) { b.left = max(workingSet/4, 1<<20) }

// share is what one table may take, so that one that is too large leaves
// something for the others: three quarters of what is left when it begins.
type share struct {
	b    *budget
	size int64
	left int64
}

func (b *budget) share() *share {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.left / 4 * 3
	return &share{b: b, size: n, left: n}
}

// spentError says that a table did not fit its share.
type spentError struct{ size int64 }

func (e *spentError) Error() string {
	return fmt.Sprintf("%v: a table needs more than %d bytes, see MaxMemory", ErrLimit, e.size)
}

func (e *spentError) Unwrap() error { return ErrLimit }

// take reserves n bytes. After the first failure nothing more fits.
func (s *share) take(n int64) error {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if n < 0 || n > s.left || n > s.b.left {
		s.left = 0
		return &spentError{s.size}
	}
	s.left -= n
	s.b.left -= n
	return nil
}

// spent reports whether something did not fit.
func (s *share) spent() bool { return s.left == 0 }
