package dump

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"sync"

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
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	if text == nil {
		return nil, &SourceError{Path: path, State: f.State, Reason: "its text is missing from the file"}
	}
	return text, nil
}

// textIndex finds the section with a text. Sections are read in order until
// the wanted text has come by, and what else they have is remembered.
type textIndex struct {
	mu     sync.Mutex
	byHash map[[sha256.Size]byte]int
	next   int   // section that has not been looked at
	read   int64 // bytes of the sections that were decompressed
}

// sourceText finds the text with a hash; nil if no section has it.
func (d *Dump) sourceText(hash []byte) ([]byte, error) {
	if len(hash) != sha256.Size {
		return nil, nil
	}
	x := &d.texts
	x.mu.Lock()
	defer x.mu.Unlock()
	want := [sha256.Size]byte(hash)
	sec, known := x.byHash[want]
	if known {
		return d.readText(sec, want)
	}
	for ; x.next < d.store.count(); x.next++ {
		if d.store.section(x.next).group != groupText {
			continue
		}
		if text, err := d.readText(x.next, want); text != nil || err != nil {
			x.next++
			return text, err
		}
	}
	return nil, nil
}

// readText reads the text with a hash from a section, and remembers its other texts.
func (d *Dump) readText(sec int, want [sha256.Size]byte) ([]byte, error) {
	var text []byte
	d.texts.read += d.store.section(sec).raw
	err := d.store.records(sec, func(rec any) error {
		r, ok := rec.(*model.SourceText)
		if !ok || len(r.Hash) != sha256.Size {
			return nil
		}
		hash := [sha256.Size]byte(r.Hash)
		if hash == want && text == nil {
			text = append([]byte{}, r.Text...)
		}
		return d.texts.add(hash, sec)
	})
	if err != nil {
		d.noteDamage(sectionError(d.store.section(sec), err))
	}
	if text != nil && sha256.Sum256(text) != want {
		return nil, sectionError(d.store.section(sec), fmt.Errorf("%w: a source text is not what its hash says", ErrChecksum))
	}
	return text, nil
}

// maxTexts bounds the index.
const maxTexts = 1 << 18

func (x *textIndex) total() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.read
}

func (x *textIndex) add(hash [sha256.Size]byte, sec int) error {
	if x.byHash == nil {
		x.byHash = make(map[[sha256.Size]byte]int)
	}
	if _, dup := x.byHash[hash]; !dup {
		if len(x.byHash) >= maxTexts {
			return fmt.Errorf("%w: more than %d source texts", ErrLimit, maxTexts)
		}
		x.byHash[hash] = sec
	}
	return nil
}
