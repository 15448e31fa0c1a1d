package model

import (
	"io"
	"slices"
	"sync"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Reader reads the records of a dump, section by section, each when it is asked
// for. It may be used by several goroutines at once when the underlying reader may.
type Reader struct {
	wire     *wire.Reader
	sections []Section
	damage   []error

	mu    sync.Mutex
	names *names // strings met so far; nil while a decoder has them
}

// Limits are those of package wire; the zero value means the defaults.
type Limits = wire.Limits

// Section describes a section of a dump.
type Section struct {
	wire.Entry
	// Data is the index of the section with the bytes of the data fields of
	// this one's records, -1 when there is none.
	Data int
}

// NewReader opens a dump of size bytes. The error is not nil only when nothing can
// be read: [wire.ErrNotDump], [wire.ErrVersion], a broken or cut header, a reading
// error. What else is missing or broken is in [Reader.Damage].
func NewReader(r io.ReaderAt, size int64, limits Limits) (*Reader, error) {
	w, err := wire.Open(r, size, limits)
	if err != nil {
		return nil, err
	}
	out := &Reader{wire: w, names: newNames()}
	for _, e := range w.Entries() {
		out.sections = append(out.sections, Section{e, -1})
	}
	out.damage = slices.Clone(w.Damage())
	out.pair()
	return out, nil
}

func newNames() *names { return &names{seen: map[string]string{}} }

// pair finds for each section its data section: the one that follows it.
func (r *Reader) pair() {
	for i := range r.sections {
		s := &r.sections[i]
		if !s.Kind.IsData() {
			continue
		}
		if s.Count != 0 {
			r.damage = append(r.damage, formatError(s, wire.Malformed("%d records in a data section", s.Count)))
		}
		if i > 0 && r.sections[i-1].Kind.Data() == s.Kind && r.sections[i-1].Seq+1 == s.Seq {
			r.sections[i-1].Data = i
		} else if len(r.wire.Damage()) == 0 {
			r.damage = append(r.damage, formatError(s, wire.Malformed("no section before it that it belongs to")))
		}
	}
}

func formatError(s *Section, err error) error {
	return &wire.FormatError{Section: s.Kind.String(), Offset: s.Offset, Err: err}
}

// Sections lists the sections in the order of the file, the index left out.
func (r *Reader) Sections() []Section { return r.sections }

// Damage tells what is missing or broken as far as it is known without reading
// the payloads: each a *[wire.FormatError]. It is empty for a whole file.
func (r *Reader) Damage() []error { return r.damage }

// Check compares section i with its checksum, and does not decompress it.
// Sections that this version does not know pass.
func (r *Reader) Check(i int) error {
	if !r.sections[i].Kind.Known() {
		return nil
	}
	return r.wire.Check(i)
}

// Indexed reports whether the list of sections came from the file's index.
func (r *Reader) Indexed() bool { return r.wire.Indexed() }

// Version gives the version of the file.
func (r *Reader) Version() (major, minor int) { return r.wire.Version() }

// Records calls fn for each record of section i, in order, with a pointer to a
// struct of this package that is fn's to keep. Byte slices in it share memory
// with each other, and nobody writes to them. Sections and records that this
// version does not know give nothing. When a record is broken, fn has been
// called for those before it. Where a damaged file has lost the data section,
// the error is of class [wire.ErrTruncated], and [Reader.Heads] gives the rest.
func (r *Reader) Records(i int, fn func(rec any) error) error {
	return r.records(i, decoder{}, fn)
}

// Heads is like [Reader.Records], but does not read the data section: the Image
// of goroutines and the Bytes of extents stay empty.
func (r *Reader) Heads(i int, fn func(rec any) error) error {
	return r.records(i, decoder{noData: true}, fn)
}

// TypeWords is like [Reader.Records] for the type words of an OBJECTS section
// alone. Other records there are passed over, broken ones too.
func (r *Reader) TypeWords(i int, fn func(rec any) error) error {
	return r.records(i, decoder{noData: true, only: recTypeWord}, fn)
}

func (r *Reader) records(i int, d decoder, fn func(rec any) error) error {
	s := &r.sections[i]
	if !s.Kind.Known() || s.Kind.IsData() {
		return nil
	}
	payload, err := r.wire.Payload(i)
	if err != nil {
		return err
	}
	d.names, d.lost = r.takeNames(), s.Data < 0 && len(r.wire.Damage()) > 0
	defer r.putNames(d.names)
	if !d.noData && s.Data >= 0 {
		if d.data, err = r.wire.Payload(s.Data); err != nil {
			return err
		}
	}
	n, err := d.section(s, payload, fn)
	if err == nil && n != s.Count {
		err = formatError(s, wire.Malformed("%d records where the header says %d", n, s.Count))
	}
	if err == nil && len(d.data) > 0 {
		err = formatError(s, wire.Malformed("%d bytes of data belong to no record", len(d.data)))
	}
	return err
}

// section decodes the payload of s. Errors of fn are passed on as they are.
func (d *decoder) section(s *Section, payload []byte, fn func(rec any) error) (n uint32, err error) {
	for len(payload) > 0 {
		if n == s.Count {
			return n, formatError(s, wire.Malformed("more records than the %d of the header", n))
		}
		rec, rest, err := d.record(s.Kind, payload)
		if err != nil {
			return n, formatError(s, err)
		}
		n++
		payload = rest
		if rec == nil {
			continue
		}
		if err := fn(rec); err != nil {
			return n, err
		}
	}
	return n, nil
}

// record takes a record off the front of b; nil for one of a later version.
func (d *decoder) record(section wire.Kind, b []byte) (rec any, rest []byte, err error) {
	kind, b, err := wire.Uvarint(b)
	if err != nil {
		return nil, nil, err
	}
	body, rest, err := wire.LengthBytes(b)
	if err != nil {
		return nil, nil, err
	}
	if kind == 0 {
		return nil, nil, wire.Malformed("record of kind 0")
	}
	if kind > uint64(len(Records)) {
		return nil, rest, nil
	}
	spec := Records[kind-1]
	if spec.Section != section {
		return nil, nil, wire.Malformed("%s record in section %v", spec.Name, section)
	}
	if d.only != nil && spec != d.only {
		return nil, rest, nil
	}
	d.elements = 0
	rec, err = spec.decode(d, body)
	return rec, rest, err
}

// takeNames lends the table of strings to a decoder.
func (r *Reader) takeNames() *names {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names
	r.names = nil
	if n == nil {
		n = newNames()
	}
	return n
}

func (r *Reader) putNames(n *names) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = n
}
