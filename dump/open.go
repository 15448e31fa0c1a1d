package dump

import (
	"context"
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

// MaxMemory bounds the memory that a Dump keeps of its file, in bytes. What
// does not fit is read again when it is needed, and a dump whose definitions
// alone need more is refused with [ErrLimit].
func MaxMemory(bytes int64) OpenOption {
	return openOption(func(r *reading) { r.maxMemory = bytes })
}

// Dump is an open dump. It reads what is asked for when it is asked for, and
// may be used by several goroutines at once. The handles it gives out stay
// valid until it is closed.
type Dump struct {
	file io.Closer
	opts reading

	mu sync.Mutex

	meta  Meta
	cause *model.Cause
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

// NewReader reads a dump of the given size from r, as [Open] does.
func NewReader(r io.ReaderAt, size int64, opts ...OpenOption) (*Dump, error) {
	d := &Dump{opts: reading{maxMemory: DefaultMaxMemory}, cause: &model.Cause{Frame: -1, AskFrame: -1}}
	for _, o := range opts {
		o.apply(&d.opts)
	}
	return d, nil
}

// Close closes the file that Open opened.
func (d *Dump) Close() error {
	if d.file == nil {
		return nil
	}
	return d.file.Close()
}

// Meta describes the process and the capture.
func (d *Dump) Meta() *Meta { return &d.meta }

// Stats gives the figures of the capture itself; none if the end of the file is missing.
func (d *Dump) Stats() []Stat { return nil }

// Losses lists what the capture could not keep.
func (d *Dump) Losses() iter.Seq[Loss] { return func(func(Loss) bool) {} }

// Damage lists what is missing from the file or broken in it, as far as it
// has been read; nil for a whole file. See [Dump.Verify].
func (d *Dump) Damage() []error { return nil }

// Verify reads every section, record and reference, and reports all that is wrong.
func (d *Dump) Verify(ctx context.Context) error { return ctx.Err() }

// ReadMemory reads the image at addr. When n < len(p), stub says why the next byte is not there.
func (d *Dump) ReadMemory(addr uint64, p []byte) (n int, stub mock.Stub) {
	if len(p) == 0 {
		return 0, mock.Stub{}
	}
	return 0, mock.Stub{Addr: addr, Len: -1}
}
