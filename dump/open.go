package dump

import (
	"errors"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// DefaultMaxMemory is the working set a Dump keeps to unless [MaxMemory] says otherwise.
const DefaultMaxMemory = 256 << 20

// OpenOption changes how a dump is read.
type OpenOption interface{ apply(*reading) }

// reading is how one dump is read.
type reading struct {
	maxMemory int64
}

type openOption func(*reading)

func (o openOption) apply(r *reading) { o(r) }

// MaxMemory bounds the working set of a Dump, in bytes. What is read again
// and again is kept within it; tables that do not fit are cut, and
// [Dump.Damage] then has an [ErrLimit].
func MaxMemory(bytes int64) OpenOption {
	return openOption(func(r *reading) { r.maxMemory = bytes })
}

// Dump is an open dump. It reads what is asked for when it is asked for, and
// may be used by several goroutines at once. The handles it gives out are of
// use until it is closed.
type Dump struct {
	file   io.Closer
	store  store
	budget budget

	largest int64 // bytes that one call gives

	meta  Meta
	cause *model.Cause
	stats []Stat

	causeLost bool

	// Tables, each made when it is first needed.
	defsOnce, gosOnce, wordsOnce, objsOnce, imageOnce, globalsOnce, sourcesOnce, rulesOnce, lossesOnce sync.Once

	defs    *definitions
	gos     *goTable
	words   map[uint64]model.TypeID
	objs    *objects
	img     *image
	globals []*model.Var
	srcs    *sourceTable
	rules   []FrameRules
	losses  []Loss
	texts   textIndex

	pending pendingCalls
	inline  inlineBytes

	goCache  cache[[]*model.Goroutine]
	memCache cache[[]byte]

	damageMu sync.Mutex
	damaged  []error
	warnings []string
}

// Open opens a dump file. Of a file that is cut or damaged it gives a *Dump
// with all that could be found and an error that says what is wrong; only
// when nothing can be read is the *Dump nil.
func Open(path string, opts ...OpenOption) (*Dump, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	d, err := NewReader(f, info.Size(), opts...)
	if d == nil {
		f.Close()
		return nil, err
	}
	d.file = f
	return d, err
}

// Close closes the file that Open opened.
func (d *Dump) Close() error {
	if d.file == nil {
		return nil
	}
	return d.file.Close()
}

// newDump reads what every use of a dump needs: why it exists and whether it is whole.
func newDump(s store, opts reading) *Dump {
	d := &Dump{store: s, cause: &model.Cause{Frame: -1, AskFrame: -1}}
	d.budget.init(opts.maxMemory)
	d.largest = max(opts.maxMemory/4, 1<<20)
	d.goCache.max, d.goCache.load = opts.maxMemory/16, d.loadGoroutines
	d.memCache.max, d.memCache.load = opts.maxMemory/16, d.loadMemory
	var cut *FormatError
	for _, err := range s.damage() {
		err = publicError(err)
		if e, ok := err.(*FormatError); ok && errors.Is(e, ErrTruncated) {
			cut = e // told below, with what is missing
			continue
		}
		d.noteDamage(err)
	}
	var haveMeta, haveCause bool
	d.each(groupHead, func(_ int, rec any) error {
		switch r := rec.(type) {
		case *model.Meta:
			d.meta, haveMeta = metaOf(r), true
		case *model.Cause:
			d.cause, haveCause = r, true
		}
		return nil
	})
	d.each(groupStats, func(_ int, rec any) error {
		if r, ok := rec.(*model.Stats); ok {
			d.stats = statsOf(r.Figures)
		}
		return nil
	})
	d.causeLost = !haveCause
	d.noteMissing(haveMeta, haveCause, cut)
	return d
}

// Meta describes the process and the capture.
func (d *Dump) Meta() *Meta { return &d.meta }

// Stats gives the figures of the capture itself; none if the end of the file is missing.
func (d *Dump) Stats() []Stat { return d.stats }

// Losses lists what the capture could not keep.
func (d *Dump) Losses() iter.Seq[Loss] {
	d.lossesOnce.Do(func() {
		room := d.budget.share()
		d.each(groupLosses, func(_ int, rec any) error {
			r, ok := rec.(*model.Loss)
			if !ok {
				return nil
			}
			d.losses = append(d.losses, Loss(*r))
			return room.take(int64(64 + len(r.Area) + len(r.Detail)))
		})
	})
	return func(yield func(Loss) bool) {
		for _, l := range d.losses {
			if !yield(l) {
				return
			}
		}
	}
}

// ReadMemory reads the image at addr. When n < len(p), stub says why the next byte is not there.
func (d *Dump) ReadMemory(addr uint64, p []byte) (n int, stub mock.Stub) {
	n = d.image().read(addr, p)
	if n < len(p) {
		return n, d.stubAt(addr+uint64(n), "")
	}
	return n, mock.Stub{}
}

// stubAt says why nothing is known of an address.
func (d *Dump) stubAt(addr uint64, typeName string) mock.Stub {
	out := mock.Stub{Type: typeName, Addr: addr, Len: -1}
	s := d.objects().stubs.find(addr)
	if s == nil {
		out.Reason = d.absent()
		return out
	}
	out.Reason, out.Detail = s.Reason, s.Detail
	if s.Addr == addr {
		out.Len = s.Len
	}
	if out.Type == "" {
		out.Type = Type{d, s.Type}.Name()
	}
	return out
}
