package model

import (
	"bufio"
	"fmt"
	"io"
)

// The text twin of a dump (SPEC §10): one line for the file, one for each
// section and one for each record, so that dumps can be compared with diff.

// WriteText writes the text twin of r. Lines of what can be read are written in
// any case; the error is the first of those that the lines `damage` tell.
func WriteText(w io.Writer, r *Reader) error {
	t := &textWriter{w: bufio.NewWriter(w), r: r}
	major, minor := r.Version()
	t.line("dump", fmt.Appendf(nil, " version=%d.%d sections=%d", major, minor, len(r.sections)))
	for i := range r.sections {
		t.section(i)
	}
	for _, err := range r.damage {
		t.damage(err)
	}
	if err := t.w.Flush(); err != nil {
		return err
	}
	return t.first
}

type textWriter struct {
	w     *bufio.Writer
	r     *Reader
	first error
}

// line writes a word, the fields behind it and a line feed. The writer keeps its own error.
func (t *textWriter) line(word string, fields []byte) {
	_, _ = t.w.WriteString(word)
	_, _ = t.w.Write(fields)
	_ = t.w.WriteByte('\n')
}

func (t *textWriter) damage(err error) {
	if t.first == nil {
		t.first = err
	}
	t.line("damage", appendQuoted([]byte(" "), err.Error()))
}

func (t *textWriter) section(i int) {
	s := &t.r.sections[i]
	b := append([]byte(nil), " kind="...)
	b = appendQuoted(b, s.Kind.String())
	b = fmt.Appendf(b, " seq=%d records=%d length=%d", s.Seq, s.Count, s.Raw)
	if s.Lo != 0 || s.Hi != 0 {
		b = append(b, " lo="...)
		b = appendAddress(b, s.Lo)
		b = append(b, " hi="...)
		b = appendAddress(b, s.Hi)
	}
	t.line("section", b)
	var fields []byte
	err := t.r.Records(i, func(rec any) error {
		spec := recordOf(rec)
		fields = spec.text(fields[:0], rec)
		t.line(spec.Name, fields)
		return nil
	})
	if err != nil {
		t.damage(err)
	}
}
