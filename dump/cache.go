package dump

import (
	"container/list"
	"sync"
)

// cache keeps the sections used last, by number, within a bound in bytes. One
// is always kept, however large.
type cache[T any] struct {
	max  int64
	load func(sec int) (T, int64) // gives the weight in bytes too

	mu    sync.Mutex
	size  int64
	read  int64     // weight of all that was loaded, what was dropped since included
	byAge list.List // of *cached[T], last used first
	bySec map[int]*list.Element
}

type cached[T any] struct {
	sec    int
	weight int64
	value  T
}

func (c *cache[T]) get(sec int) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.bySec[sec]; e != nil {
		c.byAge.MoveToFront(e)
		return e.Value.(*cached[T]).value
	}
	value, weight := c.load(sec)
	if c.bySec == nil {
		c.bySec = make(map[int]*list.Element)
	}
	c.size += weight
	c.read += weight
	c.bySec[sec] = c.byAge.PushFront(&cached[T]{sec, weight, value})
	for c.size > c.max && c.byAge.Len() > 1 {
		old := c.byAge.Remove(c.byAge.Back()).(*cached[T])
		delete(c.bySec, old.sec)
		c.size -= old.weight
	}
	return value
}

func (c *cache[T]) total() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read
}

// BytesRead counts the bytes of goroutines, values and sources that were
// decompressed so far. Those that are kept for the next use are not read again; a
// reader that shows a dump of somebody else's can hold what one command reads
// against a bound.
func (d *Dump) BytesRead() int64 { return d.goCache.total() + d.memCache.total() + d.texts.total() }
