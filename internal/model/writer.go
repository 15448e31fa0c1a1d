package model

import (
	"io"
	"slices"
	"sync"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// WriterOptions tell how a dump is written. The zero value compresses.
type WriterOptions struct {
	Salt  uint32 // any number; a different one in each file
	Store bool   // do not compress
}

// Writer writes a dump record by record and cuts it into sections. A section
// refers only to earlier ones: pending definitions go out before anything that
// may use them. It is not for concurrent use.
type Writer struct {
	w       *wire.Writer
	pending map[wire.Kind]*pending
	memory  pendingMemory
	records int64 // given so far
	bytes   int64 // of them
	stage   stage
	err     error
}

// spare has the buffers of sections for a program that writes a second dump soon
// after the first.
var spare = sync.Pool{New: func() any { return new(pending) }}

// pending is a section being filled.
type pending struct {
	encoder
	count  int
	lo, hi uint64
}

// stage is how far a dump has come: which records may follow.
type stage uint8

const (
	stageMeta  stage = iota // nothing written
	stageCause              // meta is there
	stageBody               // cause is there
	stageEnd                // stats are there
)

// maxMemoryRecords is set aside for memory records, one a section.
const maxMemoryRecords = wire.MaxSections

// order is the order in which open sections go out.
var order = []wire.Kind{
	wire.KindMeta, wire.KindCause, wire.KindDefs, wire.KindGoroutines, wire.KindMemory, wire.KindObjects,
	wire.KindGlobals, wire.KindSourceDir, wire.KindSource, wire.KindRules, wire.KindLosses, wire.KindStats,
}

// NewWriter begins a dump on w.
func NewWriter(w io.Writer, opts WriterOptions) (*Writer, error) {
	out, err := wire.NewWriter(w, wire.WriterOptions{Salt: opts.Salt, Store: opts.Store})
	if err != nil {
		return nil, err
	}
	return &Writer{w: out, pending: map[wire.Kind]*pending{}}, nil
}

// Add writes a record, given by pointer: *Meta first, then *Cause, then any
// others, and *Stats last. The record is not kept. An error of class
// [wire.ErrMalformed] or [wire.ErrLimit] concerns this record alone, which is
// then left out; any other is one of the underlying writer and final.
func (w *Writer) Add(rec any) error {
	if w.err != nil {
		return w.err
	}
	spec := recordOf(rec)
	if spec == nil {
		return wire.Malformed("%T is no record", rec)
	}
	if m, ok := rec.(*Memory); ok {
		if w.stage != stageBody {
			return wire.Malformed("a memory record has its place between cause and stats")
		}
		return w.addMemory(m)
	}
	if err := Check(rec); err != nil {
		return err
	}
	next, err := w.stage.next(spec)
	if err != nil {
		return err
	}
	if err := w.add(spec, rec); err != nil {
		return err
	}
	w.stage = next
	return w.err
}

// next gives the stage after a record of the kind spec.
func (s stage) next(spec *Record) (stage, error) {
	want := stageBody
	switch spec {
	case recMeta:
		want = stageMeta
	case recCause:
		want = stageCause
	}
	if s != want {
		return s, wire.Malformed("a %s record is out of place", spec.Name)
	}
	if spec == recStats {
		return stageEnd, nil
	}
	return max(s, min(want+1, stageBody)), nil
}

// add encodes a record into its section, and ends the section when it is long enough.
func (w *Writer) add(spec *Record, rec any) error {
	p := w.pending[spec.Section]
	if p == nil {
		p = spare.Get().(*pending)
		w.pending[spec.Section] = p
	}
	p.b, p.data = roomy(p.b), roomy(p.data)
	b, d := len(p.b), len(p.data)
	spec.append(&p.encoder, rec)
	if err := w.refuse(spec, p, len(p.b)-b, len(p.data)-d); err != nil {
		p.b, p.data = p.b[:b], p.data[:d]
		return err
	}
	w.records++
	w.bytes += int64(len(p.b) - b)
	if len(p.b) > wire.MaxSection || len(p.data) > wire.MaxSection {
		w.split(spec.Section, b, d)
	}
	if g, ok := rec.(*Goroutine); ok {
		p.span(uint64(g.ID), uint64(g.ID))
	}
	p.count++
	if len(p.b)+len(p.data) >= SectionTarget || spec.Section == wire.KindMeta || spec.Section == wire.KindCause {
		w.flush(spec.Section)
	}
	return w.err
}

// roomy gives a buffer that is nearly full twice its room: where it grows by
// appending, it grows by a quarter, and is copied as often as that.
func roomy(b []byte) []byte {
	if cap(b)-len(b) < cap(b)/8 {
		return slices.Grow(b, len(b))
	}
	return b
}

// refuse says why readers would not take the record of n bytes, and m of data,
// at the end of p.
func (w *Writer) refuse(spec *Record, p *pending, n, m int) error {
	if n > wire.MaxSection || m > wire.MaxSection || p.elements > MaxElements {
		return wire.Limit("a %s record of %d bytes, %d of data and %d list elements", spec.Name, n, m, p.elements)
	}
	if !w.w.Room(w.records+1+maxMemoryRecords, w.bytes+int64(n)) {
		return wire.Limit("%d records of %d bytes in a file of %d", w.records+1, w.bytes+int64(n), w.w.Size())
	}
	return nil
}

// split sends out a section without its last record, which begins at b and d.
func (w *Writer) split(kind wire.Kind, b, d int) {
	p := w.pending[kind]
	lastB, lastD := p.b[b:], p.data[d:]
	p.b, p.data = p.b[:b], p.data[:d]
	w.flush(kind)
	p.b, p.data = append(p.b, lastB...), append(p.data, lastD...)
}

// span widens the range of the section.
func (p *pending) span(lo, hi uint64) {
	if p.count == 0 {
		p.lo, p.hi = lo, hi
		return
	}
	p.lo, p.hi = min(p.lo, lo), max(p.hi, hi)
}

// flush ends the section of the kind, and before it those that it may refer to.
func (w *Writer) flush(kind wire.Kind) {
	if kind == wire.KindMemory {
		w.flushMemory()
		return
	}
	p := w.pending[kind]
	if p == nil || p.count == 0 {
		return
	}
	if kind != wire.KindDefs {
		w.flush(wire.KindDefs)
	}
	w.section(kind, p.count, p.lo, p.hi, p.b)
	if len(p.data) > 0 {
		w.section(kind.Data(), 0, 0, 0, p.data)
	}
	*p = pending{encoder: encoder{b: p.b[:0], data: p.data[:0]}}
}

func (w *Writer) section(kind wire.Kind, count int, lo, hi uint64, payload []byte) {
	if w.err == nil {
		w.err = w.w.Section(kind, count, lo, hi, payload)
	}
}

// Flush ends all open sections: what was added so far can be read even when nothing follows.
func (w *Writer) Flush() error {
	for _, kind := range order {
		w.flush(kind)
	}
	return w.err
}

// Size is the number of bytes written so far, without open sections.
func (w *Writer) Size() int64 { return w.w.Size() }

// Close ends the dump with its index. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.Flush(); err != nil {
		return err
	}
	for kind, p := range w.pending {
		spare.Put(p) // empty, as it has been flushed
		delete(w.pending, kind)
	}
	return w.w.Close()
}
