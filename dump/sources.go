package dump

import "iter"

// SourceFile lists one source file of the program.
type SourceFile struct {
	Path   string // as the compiler recorded it
	Found  string // where the capture read it
	Size   int64
	Hash   []byte // SHA-256 of the text; empty when absent
	State  SourceState
	Reason string // why it is absent
}

// Sources lists the source files that the capture looked for.
func (d *Dump) Sources() iter.Seq[SourceFile] { return func(func(SourceFile) bool) {} }

// Source gives the text of a source file, by the path that the compiler
// recorded. The error is a [*SourceError] where the dump has no text.
func (d *Dump) Source(path string) ([]byte, error) { return nil, &SourceError{Path: path} }
