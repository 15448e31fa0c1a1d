package dump

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// SourceFile lists one source file of the program.
type SourceFile struct {
	Path   string // as the compiler recorded it
	Found  string // where the capture read it
	Size   int64
	Hash   []byte // SHA-256 of the text; empty when absent
	State  SourceState
	Reason string // why it is absent
}

// sourceTable lists the source files. Their text stays in the file.
type sourceTable struct {
	files  []SourceFile
	byPath map[string]int
}

func (d *Dump) sources() *sourceTable {
	d.sourcesOnce.Do(func() {
		t := &sourceTable{byPath: make(map[string]int)}
		room := d.budget.share()
		d.each(groupSources, func(_ int, rec any) error {
			r, ok := rec.(*model.SourceFile)
			if !ok {
				return nil
			}
			if _, dup := t.byPath[r.Path]; !dup {
				t.byPath[r.Path] = len(t.files)
			}
			t.files = append(t.files, SourceFile{
				Path: r.Path, Found: r.Found, Size: r.Size, Hash: bytes.Clone(r.Hash), State: SourceState(r.State), Reason: r.Reason,
			})
			return room.take(int64(200 + len(r.Path) + len(r.Found) + len(r.Hash) + len(r.Reason)))
		})
		d.srcs = t
	})
	return d.srcs
}

// Sources lists the source files that the capture looked for.
func (d *Dump) Sources() iter.Seq[SourceFile] {
	return func(yield func(SourceFile) bool) {
		for _, f := range d.sources().files {
			if !yield(f) {
				return
			}
		}
	}
}

// Source gives the text of a source file, by the path that the compiler
// recorded. The error is a [*SourceError] where the dump has no text.
func (d *Dump) Source(path string) ([]byte, error) {
	t := d.sources()
	i, ok := t.byPath[path]
	if !ok {
		return nil, &SourceError{Path: path, Reason: "the dump does not list it"}
	}
	f := &t.files[i]
	if f.State != SourceEmbedded && f.State != SourceStale {
		return nil, &SourceError{Path: path, State: f.State, Reason: f.Reason}
	}
	text, err := d.sourceText(f.Hash)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if text == nil {
		return nil, &SourceError{Path: path, State: f.State, Reason: "its text is missing from the file"}
	}
	return text, nil
}

var errFound = errors.New("found")

// sourceText finds the text with a hash; nil if no section has it.
func (d *Dump) sourceText(hash []byte) ([]byte, error) {
	var text []byte
	for i := range d.sectionsOf(groupText) {
		err := d.store.records(i, func(rec any) error {
			if r, ok := rec.(*model.SourceText); ok && bytes.Equal(r.Hash, hash) {
				text = r.Text
				return errFound
			}
			return nil
		})
		if err != nil && !errors.Is(err, errFound) {
			d.noteDamage(sectionError(d.store.section(i), err))
			continue
		}
		if err == nil {
			continue
		}
		if sum := sha256.Sum256(text); !bytes.Equal(sum[:], hash) {
			return nil, sectionError(d.store.section(i), fmt.Errorf("%w: a source text is not what its hash says", ErrChecksum))
		}
		return bytes.Clone(text), nil
	}
	return nil, nil
}
