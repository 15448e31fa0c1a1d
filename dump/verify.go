package dump

import (
	"context"
	"errors"
	"fmt"
)

// maxProblems is how many faults Verify tells of.
const maxProblems = 100

// Verify reads the whole file: every section with its checksum, every record,
// limit and reference. It gives all that is wrong, joined, up to a hundred faults; nil for a
// sound dump; and the context's error if that ends first.
func (d *Dump) Verify(ctx context.Context) error {
	p := &problems{seen: make(map[string]bool)}
	p.addAll(d.Damage())
	p.addAll(d.store.verify(ctx))
	for _, table := range []func(){
		func() { d.definitions() }, func() { d.goTable() }, func() { d.typeWords() }, func() { d.objects() }, func() { d.globalVars() },
		func() { d.sources() }, func() { d.Losses() }, func() { d.image().readAll() },
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		table()
	}
	p.addAll(d.Damage()) // what the tables found besides
	return p.join()
}

// Check compares all sections with their checksums, without decompressing them:
// little more than to read the file. What is broken is in [Dump.Damage] then,
// before anything asks for what it held. The error is the context's.
func (d *Dump) Check(ctx context.Context) error {
	for i := range d.store.count() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.store.check(i); err != nil {
			d.noteDamage(sectionError(d.store.section(i), err))
		}
	}
	return nil
}

// problems collects faults, each once: of two errors of one class in one
// section, the first tells it.
type problems struct {
	errs []error
	seen map[string]bool
	more int
}

func (p *problems) addAll(errs []error) {
	for _, err := range errs {
		p.add(publicError(err))
	}
}

func (p *problems) add(err error) {
	fault := err.Error()
	var at *FormatError
	if errors.As(err, &at) && at.Offset >= 0 {
		fault = fmt.Sprint(at.Offset, " ", className(err))
	}
	switch {
	case p.seen[fault]:
	case len(p.errs) >= maxProblems:
		p.more++
	default:
		p.seen[fault] = true
		p.errs = append(p.errs, err)
	}
}

// className names the class of an error; "" for one that has none.
func className(err error) string {
	for _, class := range []error{ErrNotDump, ErrVersion, ErrTruncated, ErrChecksum, ErrLimit, ErrMalformed} {
		if errors.Is(err, class) {
			return class.Error()
		}
	}
	return ""
}

func (p *problems) join() error {
	if p.more > 0 {
		p.errs = append(p.errs, fmt.Errorf("%w: and %d more faults", ErrMalformed, p.more))
	}
	return errors.Join(p.errs...)
}
