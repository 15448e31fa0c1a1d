package dump

import (
	"fmt"
	"sync/atomic"
)

// budget bounds what the tables of a dump keep in memory. The tables may take
// a quarter of the working set: the collector lets the heap grow to twice what is
// live, and the caches and the work itself need the rest.
type budget struct {
	left atomic.Int64
	max  int64
}

func (b *budget) init(workingSet int64) {
	b.max = max(workingSet/4, 1<<20)
	b.left.Store(b.max)
}

// take reserves n bytes.
func (b *budget) take(n int64) error {
	if n < 0 || b.left.Add(-n) < 0 {
		return fmt.Errorf("%w: the tables need more than %d bytes, see MaxMemory", ErrLimit, b.max)
	}
	return nil
}
