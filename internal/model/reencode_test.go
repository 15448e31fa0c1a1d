package model

import (
	"bytes"
	"testing"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// reencode writes what r holds again, section by section, without compression:
// the records as they decode, sections of unknown kinds as they are.
func reencode(t testing.TB, r *Reader) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := wire.NewWriter(&buf, wire.WriterOptions{Salt: r.wire.Salt(), Store: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.sections {
		s := &r.sections[i]
		if s.Kind.IsData() && i > 0 && r.sections[i-1].Data == i {
			continue // went out with the section before it
		}
		p, err := reencodeSection(r, i)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Section(s.Kind, p.count, p.lo, p.hi, p.b); err != nil {
			t.Fatal(err)
		}
		if s.Data >= 0 {
			if err := w.Section(s.Kind.Data(), 0, 0, 0, p.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func reencodeSection(r *Reader, i int) (pending, error) {
	s := r.sections[i]
	if !s.Kind.Known() || s.Kind.IsData() {
		b, err := r.wire.Payload(i)
		return pending{encoder: encoder{b: b}, count: int(s.Count), lo: s.Lo, hi: s.Hi}, err
	}
	v := verifier{}
	var p pending
	err := r.Records(i, func(rec any) error {
		recordOf(rec).append(&p.encoder, rec)
		p.count++
		switch rec := rec.(type) {
		case *Goroutine:
			v.span(uint64(rec.ID), uint64(rec.ID))
		case *Memory:
			for _, x := range rec.Extents {
				v.span(x.Addr, x.Addr+uint64(len(x.Bytes))-1)
			}
		}
		return nil
	})
	p.lo, p.hi = v.lo, v.hi
	return p, err
}

// stored rewrites a file so that no section is compressed, without decoding records.
func stored(t testing.TB, r *Reader) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := wire.NewWriter(&buf, wire.WriterOptions{Salt: r.wire.Salt(), Store: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.sections {
		b, err := r.wire.Payload(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Section(s.Kind, int(s.Count), s.Lo, s.Hi, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
