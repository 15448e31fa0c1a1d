package dump

import (
	"context"
	"errors"
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// group says which records a section holds.
type group uint8

const (
	groupOther      group = iota // unknown to this version
	groupHead                    // Meta, Cause
	groupDefs                    // Type, Func, Loc, Stack
	groupGoroutines              // Goroutine
	groupMemory                  // Memory
	groupObjects                 // TypeWord, MapObj, ChanObj, FuncObj, StubObj
	groupRules                   // Rule
	groupGlobals                 // Global
	groupSources                 // SourceFile
	groupText                    // SourceText
	groupLosses                  // Loss
	groupStats                   // Stats
)

// section is a whole section of the file.
type section struct {
	group  group
	name   string
	offset int64 // in the file
	raw    int64 // bytes when uncompressed, with those of its data section
	count  int64 // records

	span addrRange // of a memory section: first and last address; zero when not known
}

// store is a dump as sections of records: what the tables of this package are
// read from. Its methods may be called by several goroutines at once.
type store interface {
	// count is the number of sections.
	count() int

	// section describes section i in the order of the file.
	section(i int) section

	// records decodes section i and calls fn for each record, a pointer to one
	// of model's. The record is fn's to keep. An error of fn ends it.
	records(i int, fn func(rec any) error) error

	// heads is like records but leaves the images of goroutines empty, and
	// does not read them.
	heads(i int, fn func(rec any) error) error

	// typeWords is like records for the type words of a section alone.
	typeWords(i int, fn func(rec any) error) error

	// ranges calls fn for each extent of memory section i. An error of fn ends it.
	ranges(i int, fn func(model.Range) error) error

	// data gives the bytes into which the ranges' offsets point.
	data(i int) ([]byte, error)

	// damage lists what is missing or broken, as far as is known at once.
	damage() []error

	// check compares section i with its checksum.
	check(i int) error

	// verify reads everything and lists what is wrong.
	verify(ctx context.Context) []error
}

// each decodes all sections of a group. A section that cannot be decoded is
// noted as damage, and what came before it in the section counts. It ends when
// a share of the budget is spent.
func (d *Dump) each(g group, fn func(sec int, rec any) error) {
	d.decode(g, d.store.records, fn)
}

// eachHead is like each for goroutines without their images.
func (d *Dump) eachHead(g group, fn func(sec int, rec any) error) {
	d.decode(g, d.store.heads, fn)
}

func (d *Dump) decode(g group, read func(int, func(any) error) error, fn func(int, any) error) {
	for i := range d.sectionsOf(g) {
		if err := read(i, func(rec any) error { return fn(i, rec) }); err != nil {
			d.noteDamage(sectionError(d.store.section(i), err))
			var spent *spentError
			if errors.As(err, &spent) {
				return
			}
		}
	}
}

// sectionsOf lists the sections of a group.
func (d *Dump) sectionsOf(g group) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range d.store.count() {
			if d.store.section(i).group == g && !yield(i) {
				return
			}
		}
	}
}
