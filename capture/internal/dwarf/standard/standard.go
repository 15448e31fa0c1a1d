// Package standard turns what the standard library reads of DWARF into this
// module's types: tests compare with it.
package standard

import (
	std "debug/dwarf"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// A Reader reads entries with the standard library.
type Reader struct{ *std.Reader }

// Seek goes to the entry at off.
func (r Reader) Seek(off dwarf.Offset) { r.Reader.Seek(std.Offset(off)) }

// Next gives the next entry, nil at the end.
func (r Reader) Next() (*dwarf.Entry, error) {
	e, err := r.Reader.Next()
	return Entry(e), err
}

// Entry turns an entry.
func Entry(e *std.Entry) *dwarf.Entry {
	if e == nil {
		return nil
	}
	out := &dwarf.Entry{Offset: dwarf.Offset(e.Offset), Tag: dwarf.Tag(e.Tag), Children: e.Children}
	for _, f := range e.Field {
		out.Field = append(out.Field, dwarf.Field{Attr: dwarf.Attr(f.Attr), Val: Value(f.Val)})
	}
	return out
}

// Value turns the value of an attribute.
func Value(v any) any {
	if off, ok := v.(std.Offset); ok {
		return dwarf.Offset(off)
	}
	return v
}
