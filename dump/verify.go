package dump

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/gopostmortem/postmortem/internal/model"
)

// maxProblems is how many faults Verify tells of.
const maxProblems = 100

// Verify reads the whole file: every section with its checksum, every record,
// limit and reference. It gives all that is wrong, joined, up to a hundred faults; nil for a
// sound dump; and the context's error if that ends first.
func (d *Dump) Verify(ctx context.Context) error {
	p := &problems{seen: make(map[string]bool)}
	for _, err := range d.store.verify(ctx) {
		p.add(publicError(err))
	}
	for _, check := range []func(*problems){d.checkTables, d.checkTypes, d.checkObjects, d.checkImage, d.checkCause, d.checkSources} {
		if err := ctx.Err(); err != nil {
			return err
		}
		check(p)
	}
	return p.join()
}

// problems collects faults, each once.
type problems struct {
	errs []error
	seen map[string]bool
	more int
}

func (p *problems) add(err error) {
	switch text := err.Error(); {
	case p.seen[text]:
	case len(p.errs) >= maxProblems:
		p.more++
	default:
		p.seen[text] = true
		p.errs = append(p.errs, err)
	}
}

// malformed adds a fault in the records of a kind of section.
func (p *problems) malformed(name, format string, args ...any) {
	p.add(&FormatError{Section: name, Offset: -1, Err: fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))})
}

func (p *problems) join() error {
	if p.more > 0 {
		p.errs = append(p.errs, fmt.Errorf("%w: and %d more faults", ErrMalformed, p.more))
	}
	return errors.Join(p.errs...)
}

// checkTables makes every table, which finds what its sections lack.
func (d *Dump) checkTables(p *problems) {
	d.definitions()
	d.goTable()
	d.objects()
	d.globalVars()
	d.sources()
	d.Losses()
	d.image()
	for _, err := range d.Damage() {
		p.add(err)
	}
}

// checkTypes holds the sizes of types against those of their parts.
func (d *Dump) checkTypes(p *problems) {
	for t := range d.Types() {
		if _, detail := t.unreadable(); detail != "" && !t.Incomplete() {
			p.malformed("DEFS", "type %d (%.100q): %s", t.ID(), t.Name(), detail)
		}
		if t.Incomplete() {
			continue
		}
		for _, f := range t.rec().Fields {
			part := Type{d, f.Type}
			if part.Size() < 0 || f.Offset < 0 || f.Offset > t.Size()-part.Size() {
				p.malformed("DEFS", "type %d (%.100q): field %.100q does not fit", t.ID(), t.Name(), f.Name)
			}
		}
		if t.Kind() == KindArray {
			hi, size := bits.Mul64(uint64(max(t.Len(), 0)), uint64(max(t.Elem().Size(), 0)))
			if hi != 0 || size != uint64(t.Size()) {
				p.malformed("DEFS", "type %d (%.100q): %d elements do not make its size", t.ID(), t.Name(), t.Len())
			}
		}
	}
}

// checkObjects holds the side tables against their types.
func (d *Dump) checkObjects(p *problems) {
	o := d.objects()
	for addr, m := range o.maps {
		if m.Count > m.Len || (Type{d, m.Type}).Kind() != KindMap {
			p.malformed("OBJECTS", "map at %#x: %d entries of %d, of type %d", addr, m.Count, m.Len, m.Type)
		}
	}
	for addr, c := range o.chans {
		if c.Count > c.Len || c.Len > c.Cap || (Type{d, c.Type}).Kind() != KindChan {
			p.malformed("OBJECTS", "channel at %#x: %d elements of %d of %d, of type %d", addr, c.Count, c.Len, c.Cap, c.Type)
		}
	}
	for addr, f := range o.funcs {
		if f.Context != 0 && (Type{d, f.Context}).Kind() != KindStruct {
			p.malformed("OBJECTS", "closure at %#x: its context is not a struct", addr)
		}
	}
	for addr, t := range o.words {
		if (Type{d, t}).Kind() == KindInterface {
			p.malformed("OBJECTS", "type word %#x: an interface as dynamic type", addr)
		}
	}
}

// checkImage looks for addresses that the image has twice, and at the data of
// every memory section.
func (d *Dump) checkImage(p *problems) {
	m := d.image()
	end := uint64(0)
	for _, e := range m.extents {
		if e.addr < end {
			p.malformed("MEMORY", "the image has address %#x twice", e.addr)
		}
		end = max(end, e.addr+uint64(e.n))
	}
	for i := 1; i < len(m.stacks); i++ {
		if m.stacks[i].lo < m.stacks[i-1].reach {
			p.malformed("GOROUTINES", "two stacks have address %#x", m.stacks[i].lo)
		}
	}
}

// checkCause looks for the goroutine and the frames that the cause names.
func (d *Dump) checkCause(p *problems) {
	c := d.cause
	if c.Goroutine == 0 {
		return
	}
	g, ok := d.Asked()
	if !ok {
		p.malformed("CAUSE", "goroutine %d is not in the dump", c.Goroutine)
		return
	}
	for _, i := range []int64{c.Frame, c.AskFrame} {
		if _, ok := g.frameAt(i); !ok && i != -1 {
			p.malformed("CAUSE", "goroutine %d has no frame %d", c.Goroutine, i)
		}
	}
}

// checkSources looks for the text of every file that should have one.
func (d *Dump) checkSources(p *problems) {
	have := make(map[string]bool)
	d.each(groupText, func(_ int, rec any) error {
		if r, ok := rec.(*model.SourceText); ok {
			have[string(r.Hash)] = true
		}
		return nil
	})
	for _, f := range d.sources().files {
		if (f.State == SourceEmbedded || f.State == SourceStale) && !have[string(f.Hash)] {
			p.malformed("SOURCEDIR", "the text of %.200q is missing", f.Path)
		}
	}
}
