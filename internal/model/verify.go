package model

import (
	"context"
	"crypto/sha256"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// What records have to fulfil together (SPEC §8).

// Verify reads everything and gives what is wrong: each payload, record and
// limit, and in a file without damage that its records agree with each other.
// At most [MaxReported] problems are told, one of each section. It ends early
// with the context's error.
func (r *Reader) Verify(ctx context.Context) []error {
	v := newVerifier(r)
	for _, err := range r.damage {
		v.report(err)
	}
	for i := range r.sections {
		if err := ctx.Err(); err != nil {
			return append(v.errs, err)
		}
		v.section(i)
	}
	if v.whole {
		v.finish()
	}
	return v.errs
}

// MaxReported is how many problems [Reader.Verify] tells.
const MaxReported = 100

// verifier is the state of one reading of the whole file. Its memory grows with
// the number of distinct ids and extents, which the limits bound (SPEC §9).
type verifier struct {
	r     *Reader
	whole bool // nothing is missing so far
	errs  []error

	lo, hi  uint64 // range of the present section
	ranged  bool
	records map[string]int // of the kinds that occur once
	last    wire.Kind

	definitions
	image image
	word  int64 // bytes of a word
	cause Cause
	texts map[string]bool // hashes of the source texts
	files map[string]bool // hashes of the source files that should have one
}

func newVerifier(r *Reader) *verifier {
	return &verifier{
		r: r, whole: len(r.damage) == 0, records: map[string]int{}, definitions: newDefinitions(),
		texts: map[string]bool{}, files: map[string]bool{},
	}
}

func (v *verifier) report(err error) {
	v.whole = false
	if len(v.errs) < MaxReported {
		v.errs = append(v.errs, err)
	}
}

// file reports what is wrong with no section in particular.
func (v *verifier) file(err error) {
	if err != nil {
		v.report(&wire.FormatError{Offset: -1, Err: err})
	}
}

func (v *verifier) section(i int) {
	s := &v.r.sections[i]
	v.last = s.Kind
	if s.Kind.IsData() || !s.Kind.Known() {
		if _, err := v.r.wire.Payload(i); err != nil {
			v.report(err)
		}
		return
	}
	v.lo, v.hi, v.ranged = 0, 0, false
	var broken error // ends the section: what follows can refer to what was not taken in
	err := v.r.Records(i, func(rec any) error {
		broken = v.record(rec)
		return broken
	})
	switch {
	case broken != nil:
		v.report(formatError(s, broken))
	case err != nil:
		v.report(err)
	case v.r.Indexed() && (v.lo != s.Lo || v.hi != s.Hi):
		v.report(formatError(s, wire.Malformed("range %#x to %#x, the index says %#x to %#x", v.lo, v.hi, s.Lo, s.Hi)))
	}
}

// span widens the range of the present section.
func (v *verifier) span(lo, hi uint64) {
	if !v.ranged {
		v.lo, v.hi, v.ranged = lo, hi, true
		return
	}
	v.lo, v.hi = min(v.lo, lo), max(v.hi, hi)
}

// record checks one record against those before it.
func (v *verifier) record(rec any) error {
	switch r := rec.(type) {
	case *Meta:
		v.word = wordSize(r.GOARCH)
		return v.once("meta")
	case *Cause:
		v.cause = *r
		return v.once("cause")
	case *Stats:
		return v.once("stats")
	case *Type, *Func, *Loc, *Stack:
		return v.definition(rec)
	case *Goroutine:
		v.span(uint64(r.ID), uint64(r.ID))
		return v.goroutine(r)
	case *Memory:
		for _, x := range r.Extents {
			v.span(x.Addr, x.Addr+uint64(len(x.Bytes))-1)
		}
		return v.image.memory(r)
	case *SourceFile:
		if r.State == SourceEmbedded || r.State == SourceStale {
			v.files[string(r.Hash)] = true
		}
	case *SourceText:
		v.texts[string(r.Hash)] = true
		if sum := sha256.Sum256(r.Text); string(sum[:]) != string(r.Hash) {
			return wire.Malformed("text with hash %x in place of %x", sum, r.Hash)
		}
	default:
		if v.whole {
			return v.object(rec)
		}
	}
	return nil
}

func (v *verifier) once(name string) error {
	if v.records[name]++; v.records[name] > 1 {
		return wire.Malformed("a second %s record", name)
	}
	return nil
}

// finish checks what only the whole file can tell.
func (v *verifier) finish() {
	s := v.r.sections
	if len(s) < 2 || s[0].Kind != wire.KindMeta || s[1].Kind != wire.KindCause || v.records["meta"] == 0 || v.records["cause"] == 0 {
		v.file(wire.Malformed("the first two sections are not META and CAUSE"))
		return
	}
	if v.records["stats"] > 0 && v.last != wire.KindStats {
		v.file(wire.Malformed("STATS is not the last section"))
	}
	for hash := range v.files {
		if !v.texts[hash] {
			v.file(wire.Malformed("the text of a source file is missing: %x", hash))
			break
		}
	}
	v.file(v.repeated())
	v.file(v.unresolved())
	v.file(v.image.overlap())
	if v.whole {
		v.again()
	}
}

// again reads the definitions a second time, now that all are known.
func (v *verifier) again() {
	frames := int64(-1) // logical ones of the goroutine that asked
	for i := range v.r.sections {
		s := &v.r.sections[i]
		if s.Kind != wire.KindDefs {
			continue
		}
		err := v.r.Records(i, func(rec any) error {
			switch r := rec.(type) {
			case *Type:
				return v.parts(r)
			case *Stack:
				if r.ID == v.asked.stack {
					frames = 0
					for _, f := range r.Frames {
						frames += int64(v.locs[uint32(f.Loc)])
					}
				}
			}
			return nil
		})
		if err != nil {
			v.report(formatError(s, err))
			return
		}
	}
	v.file(v.checkCause(max(frames, 0)))
}

// checkCause holds the cause against the goroutine that it names.
func (v *verifier) checkCause(frames int64) error {
	c := &v.cause
	switch {
	case c.Type != 0 && !v.defines("type", uint32(c.Type)):
		return wire.Malformed("the cause's type %d is not defined", c.Type)
	case c.Goroutine == 0:
		return nil
	case !v.asked.there:
		return wire.Malformed("goroutine %d, of the cause, is not there", c.Goroutine)
	case c.Frame < -1 || c.Frame >= frames, c.AskFrame < -1 || c.AskFrame >= frames:
		return wire.Malformed("frames %d and %d, of the cause, where there are %d", c.Frame, c.AskFrame, frames)
	}
	return nil
}
