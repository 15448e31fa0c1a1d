package freeze

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"runtime/debug"
	"runtime/metrics"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// The defaults for a copy.
const (
	defaultMaxCopy = 256 << 20
	defaultMaxStop = 100 * time.Millisecond
	leastCopy      = 4 << 20  // with less, nothing worth having fits
	wholeCopy      = 64 << 20 // as much is copied without looking at what is needed of it
)

// perReference is how many pointers, of the runtime's own structures mostly, may
// lie between a reference and what it refers to: those of a map are a header, a
// directory, a table, groups, and the values in them.
const perReference = 6

// leastPointers is how many pointers out of one object are followed at least.
const leastPointers = 4096

// takeStopped copies what matters of the memory while the world stands still.
func takeStopped(o *Options) (*Snapshot, error) {
	if err := refused("stopped"); err != nil {
		return nil, err
	}
	if o.Runtime == nil || unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, ErrUnsupported
	}
	rt, err := o.Runtime()
	if err != nil {
		return nil, err
	}
	need, heap := rt.need()
	c, whole, err := newCopier(o, rt, need)
	if err != nil {
		return nil, err
	}
	frozen, err := stopWorld(o, func() {
		c.start = time.Now()
		c.run(whole)
	})
	if err != nil {
		c.free()
		return nil, err
	}
	m := newCopied(c)
	s := &Snapshot{reader: m, method: "stopped", frozen: frozen, release: m.close}
	if !whole || c.stop != goOn {
		s.lacks = append(s.lacks, fmt.Sprintf("all of the heap: of a program with %d MB of objects %d MB were copied while it stood still, %s",
			heap>>20, c.used>>20, c.stop))
	}
	if c.counted > 0 {
		s.lacks = append(s.lacks, fmt.Sprintf("the stacks of %d goroutines", c.counted))
	}
	return s, nil
}

// String says why a copy is not complete.
func (r stopReason) String() string {
	switch r {
	case noRoom:
		return "which is all that was allowed"
	case noTime:
		return "for as long as was allowed"
	}
	return "those that the goroutines and variables lead to"
}

// need estimates the size of a whole copy, and gives that of the heap.
func (r *Runtime) need() (all, heap int64) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/metadata/mspan/inuse:bytes"},
	}
	metrics.Read(samples)
	for i := range samples {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			all += int64(samples[i].Value.Uint64())
		}
	}
	if samples[0].Value.Kind() == metrics.KindUint64 {
		heap = int64(samples[0].Value.Uint64())
	}
	for _, d := range r.Data {
		all += int64(d.Hi - d.Lo)
	}
	return all + all/4 + leastCopy, heap
}

// newCopier makes room for a copy: whole says that all of the program fits.
func newCopier(o *Options, rt *Runtime, need int64) (c *copier, whole bool, err error) {
	most, stop := o.MaxCopy, o.MaxStop
	if most <= 0 {
		most = defaultMaxCopy
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		most = min(most, limit/4)
	}
	if stop <= 0 {
		stop = defaultMaxStop
	}
	most = max(most, leastCopy)
	whole = need <= min(most, wholeCopy)
	for size := min(most, need); size >= leastCopy; size, whole = size/2, false {
		c = &copier{rt: rt, first: o.First, most: stop, share: 2}
		if err = c.reserve(uint64(size)); err == nil {
			break
		}
	}
	if c == nil || err != nil {
		return nil, false, fmt.Errorf("no memory for a copy of the program: %w", err)
	}
	if whole {
		c.share = 16
	}
	if c.levels = math.MaxInt; o.Depth >= 0 {
		c.levels = 2 + o.Depth*perReference
	}
	c.pointers = int(max(o.Elements, leastPointers))
	// A page that is touched for the first time takes longer: not in the pause.
	const page, likely = 4096, 32 << 20
	for i := 0; i < len(c.buf) && (whole || i < likely); i += page {
		c.buf[i] = 0
	}
	for i := 0; i < len(c.seen); i += page / 8 {
		c.seen[i] = 0
	}
	return c, whole, nil
}

// reserve gets the memory, outside the heap where that is possible: nothing is
// allocated while the copy is made.
func (c *copier) reserve(size uint64) (err error) {
	const perExtent, least = 192, 1 << 16 // bytes of a copy; what a large number of small objects needs
	n := size/perExtent + least
	table := uint64(1) << bits.Len64(n*4/3)
	if c.buf, err = offheap.Make(int(size)); err != nil {
		return err
	}
	b, err := offheap.Make(int(n * uint64(unsafe.Sizeof(extent{}))))
	if err == nil {
		c.extents = unsafe.Slice((*extent)(unsafe.Pointer(&b[0])), n)
		b, err = offheap.Make(int(table * 8))
	}
	if err != nil {
		c.free()
		return err
	}
	c.seen = unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), table)
	return nil
}

// free gives the memory back.
func (c *copier) free() {
	offheap.Free(c.buf)
	if len(c.extents) > 0 {
		offheap.Free(unsafe.Slice((*byte)(unsafe.Pointer(&c.extents[0])), uintptr(len(c.extents))*unsafe.Sizeof(extent{})))
	}
	if len(c.seen) > 0 {
		offheap.Free(unsafe.Slice((*byte)(unsafe.Pointer(&c.seen[0])), len(c.seen)*8))
	}
	c.buf, c.extents, c.seen = nil, nil, nil
}

var errNotCopied = errors.New("this memory was not copied")
