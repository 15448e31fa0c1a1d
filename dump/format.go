package dump

import (
	"context"
	"errors"
	"io"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// NewReader reads a dump of the given size from r, as [Open] does. Several
// goroutines may use the Dump if r bears it.
func NewReader(r io.ReaderAt, size int64, opts ...OpenOption) (*Dump, error) {
	how := reading{maxMemory: DefaultMaxMemory}
	for _, o := range opts {
		o.apply(&how)
	}
	f, err := model.NewReader(r, size, model.Limits{})
	if err != nil {
		return nil, publicError(err)
	}
	d := newDump(newFileStore(f), how)
	return d, errors.Join(d.Damage()...)
}

// fileStore is a dump in a file.
type fileStore struct {
	*model.Reader
	secs []section
}

var groupOfKind = map[wire.Kind]group{
	wire.KindMeta: groupHead, wire.KindCause: groupHead, wire.KindDefs: groupDefs,
	wire.KindGoroutines: groupGoroutines, wire.KindMemory: groupMemory, wire.KindObjects: groupObjects,
	wire.KindGlobals: groupGlobals, wire.KindSourceDir: groupSources, wire.KindSource: groupText,
	wire.KindLosses: groupLosses, wire.KindStats: groupStats,
}

func newFileStore(r *model.Reader) *fileStore {
	s := &fileStore{Reader: r}
	all := r.Sections()
	for _, e := range all {
		raw := int64(e.Raw)
		if e.Data >= 0 {
			raw += int64(all[e.Data].Raw)
		}
		s.secs = append(s.secs, section{groupOfKind[e.Kind], e.Kind.String(), e.Offset, raw})
	}
	return s
}

func (s *fileStore) sections() []section                     { return s.secs }
func (s *fileStore) records(i int, fn func(any) error) error { return s.Records(i, fn) }
func (s *fileStore) heads(i int, fn func(any) error) error   { return s.Heads(i, fn) }
func (s *fileStore) data(i int) ([]byte, error)              { return s.MemoryData(i) }
func (s *fileStore) damage() []error                         { return s.Damage() }
func (s *fileStore) verify(ctx context.Context) []error      { return s.Verify(ctx) }

func (s *fileStore) directory(i int) ([]extent, error) {
	list, err := s.MemoryDirectory(i)
	out := make([]extent, len(list))
	for k, x := range list {
		out[k] = extent{x.Addr, x.Off, int64(x.Len)}
	}
	return out, err
}

// publicError turns an error of the layers below into one of this package's.
func publicError(err error) error {
	var e *wire.FormatError
	if errors.As(err, &e) {
		return &FormatError{Section: e.Section, Offset: e.Offset, Err: e.Err}
	}
	return err
}
