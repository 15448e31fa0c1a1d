package values

import (
	"errors"
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// reader reads many small ranges as few large ones: sorted by address, those
// that lie close together in one window, many windows in one call.
type reader struct {
	mem     Memory
	batch   BatchReader
	figures *Figures
	buf     []byte // of the windows, off the heap
	keys    []uint64
	single  []byte // of a window that failed
	windows []window
	addrs   []uint64
	bufs    [][]byte
	errs    []error
}

// Sizes of what is read together. Reading a gap of that many bytes is cheaper
// than another range.
const (
	maxGap     = 512
	maxWindow  = 64 << 10
	batchBytes = 1 << 20
	maxBatch   = 1024
	fewWindows = 4 // so many are read one by one
)

// span is a range to be read on behalf of item i.
type span struct {
	addr uint64
	size int64
	i    int
}

// window is a range that covers spans[from:to].
type window struct {
	lo, hi   uint64
	from, to int
	buf      []byte // nil: it could not be read, for err
	err      error
}

func (r *reader) init(mem Memory, f *Figures) {
	r.mem, r.figures = mem, f
	r.batch, _ = mem.(BatchReader)
}

// read reads one range.
func (r *reader) read(p []byte, addr uint64) error {
	r.figures.Reads++
	return r.mem.ReadMemory(p, addr)
}

// each reads all spans, in order of address, whole words of them: use gets the
// bytes of [addr rounded down, end rounded up), which hold until it returns, or
// why they can't be read.
func (r *reader) each(spans []span, use func(s span, b []byte, err error)) {
	for ; len(spans) > 0; spans = spans[min(maxSorted, len(spans)):] {
		part := spans[:min(maxSorted, len(spans))]
		for order := r.order(part, use); len(order) > 0; {
			n := r.plan(part, order)
			r.fill()
			for i := range r.windows {
				r.deliver(&r.windows[i], part, order, use)
			}
			order = order[n:]
		}
	}
}

// Addresses have at most 48 bits, so that address and place in the list make
// one number: sorting those is several times as fast as sorting the spans.
const (
	placeBits = 16
	maxSorted = 1 << placeBits
	maxAddr   = 1 << (64 - placeBits)
)

// order gives the places of the spans by address. Those that lie beyond all
// addresses are used up at once.
func (r *reader) order(spans []span, use func(s span, b []byte, err error)) []uint64 {
	r.keys = r.keys[:0]
	for i := range spans {
		if spans[i].addr >= maxAddr {
			use(spans[i], nil, errAddress)
			continue
		}
		r.keys = append(r.keys, spans[i].addr<<placeBits|uint64(i))
	}
	slices.Sort(r.keys)
	return r.keys
}

var errAddress = errors.New("address that cannot be")

// bounds are the whole words of a span.
func (s *span) bounds() (lo, hi uint64) {
	return s.addr &^ (granule - 1), (s.addr + uint64(s.size) + granule - 1) &^ (granule - 1)
}

// plan cuts the next windows and gives the number of spans they cover.
func (r *reader) plan(spans []span, order []uint64) int {
	r.windows = r.windows[:0]
	total := uint64(0)
	i := 0
	for i < len(order) && total < batchBytes && len(r.windows) < maxBatch {
		lo, hi := spans[order[i]%maxSorted].bounds()
		win := window{lo: lo, hi: hi, from: i}
		for i++; i < len(order); i++ {
			lo, hi := spans[order[i]%maxSorted].bounds()
			if lo > win.hi+maxGap || max(hi, win.hi)-win.lo > maxWindow {
				break
			}
			win.hi = max(hi, win.hi)
		}
		win.to = i
		total += win.hi - win.lo
		r.windows = append(r.windows, win)
	}
	return i
}

// place gives the windows room in the buffer, or fails them all.
func (r *reader) place() bool {
	total := uint64(0)
	for i := range r.windows {
		total += r.windows[i].hi - r.windows[i].lo
	}
	var err error
	if uint64(len(r.buf)) < total {
		offheap.Free(r.buf)
		r.buf, err = offheap.Make(int(max(total, batchBytes+maxWindow)))
	}
	for i, off := 0, uint64(0); i < len(r.windows); i++ {
		w := &r.windows[i]
		if w.err = err; err == nil {
			size := w.hi - w.lo
			w.buf = r.buf[off : off+size : off+size]
			off += size
		}
	}
	return err == nil
}

// close gives back the memory of the buffers.
func (r *reader) close() {
	offheap.Free(r.buf)
	r.buf = nil
}

// fill reads the windows. One that fails has no buffer any more.
func (r *reader) fill() {
	if !r.place() {
		return
	}
	if r.batch == nil || len(r.windows) <= fewWindows {
		for i := range r.windows {
			win := &r.windows[i]
			if win.err = r.read(win.buf, win.lo); win.err != nil {
				win.buf = nil
			}
		}
		return
	}
	r.addrs, r.bufs = r.addrs[:0], r.bufs[:0]
	for i := range r.windows {
		r.addrs, r.bufs = append(r.addrs, r.windows[i].lo), append(r.bufs, r.windows[i].buf)
	}
	r.errs = append(r.errs[:0], make([]error, len(r.addrs))...)
	r.figures.Reads++
	r.batch.ReadBatch(r.addrs, r.bufs, r.errs)
	for i, err := range r.errs {
		if err != nil {
			r.windows[i].buf, r.windows[i].err = nil, err
		}
	}
}

// deliver hands out a window's spans. Those of a window that failed are read
// one by one, unless it has but one.
func (r *reader) deliver(win *window, spans []span, order []uint64, use func(span, []byte, error)) {
	for _, key := range order[win.from:win.to] {
		s := spans[key%maxSorted]
		lo, hi := s.bounds()
		switch {
		case win.buf != nil:
			use(s, win.buf[lo-win.lo:hi-win.lo], nil)
		case win.to-win.from == 1:
			use(s, nil, win.err)
		default:
			if uint64(len(r.single)) < hi-lo {
				r.single = make([]byte, hi-lo)
			}
			b := r.single[: hi-lo : hi-lo]
			use(s, b, r.read(b, lo))
		}
	}
}
