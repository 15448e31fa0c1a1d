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
	d := newDump(fileStore{f}, how)
	d.warnings = warningsOf(f, d.meta.GoVersion)
	return d, errors.Join(d.Damage()...)
}

// fileStore is a dump in a file.
type fileStore struct{ *model.Reader }

var groupOfKind = map[wire.Kind]group{
	wire.KindMeta: groupHead, wire.KindCause: groupHead, wire.KindDefs: groupDefs,
	wire.KindGoroutines: groupGoroutines, wire.KindMemory: groupMemory, wire.KindObjects: groupObjects,
	wire.KindGlobals: groupGlobals, wire.KindSourceDir: groupSources, wire.KindSource: groupText,
	wire.KindRules: groupRules, wire.KindLosses: groupLosses, wire.KindStats: groupStats,
}

func (s fileStore) count() int { return len(s.Sections()) }

func (s fileStore) section(i int) section {
	all := s.Sections()
	e := &all[i]
	raw := int64(e.Raw)
	if e.Data >= 0 {
		raw += int64(all[e.Data].Raw)
	}
	return section{groupOfKind[e.Kind], e.Kind.String(), e.Offset, raw, int64(e.Count), addrRange{e.Lo, e.Hi}}
}

func (s fileStore) records(i int, fn func(any) error) error        { return s.Records(i, fn) }
func (s fileStore) heads(i int, fn func(any) error) error          { return s.Heads(i, fn) }
func (s fileStore) typeWords(i int, fn func(any) error) error      { return s.TypeWords(i, fn) }
func (s fileStore) ranges(i int, fn func(model.Range) error) error { return s.EachRange(i, fn) }
func (s fileStore) data(i int) ([]byte, error)                     { return s.MemoryData(i) }
func (s fileStore) damage() []error                                { return s.Damage() }
func (s fileStore) check(i int) error                              { return s.Check(i) }
func (s fileStore) verify(ctx context.Context) []error             { return s.Verify(ctx) }

// publicError turns an error of the layers below into one of this package's.
func publicError(err error) error {
	var e *wire.FormatError
	if errors.As(err, &e) {
		return &FormatError{Section: e.Section, Offset: e.Offset, Err: e.Err}
	}
	return err
}
