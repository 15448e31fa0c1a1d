package model

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// What records have to fulfil together (SPEC §8).

// Verify reads everything and gives what is wrong: each payload, record and
// limit, and in a file without damage that all references resolve. At most
// [MaxReported] problems are told. It ends early with the context's error.
func (r *Reader) Verify(ctx context.Context) []error {
	v := &verifier{r: r, whole: len(r.damage) == 0, goroutines: map[GoID]bool{}, wanted: map[string][]bool{}, records: map[string]int{}}
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

type verifier struct {
	r     *Reader
	whole bool // nothing is missing so far
	errs  []error

	lo, hi     uint64 // range of the present section
	ranged     bool
	records    map[string]int // of the kinds that occur once
	types      defined[int64] // size, by id
	funcs      defined[struct{}]
	locs       defined[struct{}]
	stacks     defined[stackShape]
	goroutines map[GoID]bool
	wanted     map[string][]bool // ids that definitions refer to, by kind
	last       wire.Kind
}

// defined is what is known of the definitions seen, by id.
type defined[T any] []struct {
	ok   bool
	what T
}

func (d *defined[T]) add(id uint32, what T) bool {
	for int(id) >= len(*d) {
		*d = append(*d, struct {
			ok   bool
			what T
		}{})
	}
	if (*d)[id].ok {
		return false
	}
	(*d)[id].ok, (*d)[id].what = true, what
	return true
}

func (d defined[T]) has(id uint32) bool { return int(id) < len(d) && d[id].ok }

// stackShape is what a goroutine's record has to agree with.
type stackShape struct{ frames, bytes int64 }

func (v *verifier) report(err error) {
	v.whole = false
	if len(v.errs) < MaxReported {
		v.errs = append(v.errs, err)
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
	if broken != nil {
		v.report(formatError(s, broken))
		return
	}
	if err == nil && v.whole && v.r.Indexed() && (v.lo != s.Lo || v.hi != s.Hi) {
		broken = wire.Malformed("range %#x to %#x, the index says %#x to %#x", v.lo, v.hi, s.Lo, s.Hi)
	}
	if err != nil {
		v.report(err)
	}
	if broken != nil {
		v.report(formatError(s, broken))
	}
}

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
	case *Meta, *Cause, *Stats:
		return v.once(recordOf(rec).Name)
	case *Type:
		return v.defineType(r)
	case *Func:
		return unique(v.funcs.add(uint32(r.ID), struct{}{}), "func", uint64(r.ID))
	case *Loc:
		return v.defineLoc(r)
	case *Stack:
		return v.defineStack(r)
	case *Goroutine:
		return v.goroutine(r)
	case *Memory:
		for _, x := range r.Extents {
			v.span(x.Addr, x.Addr+uint64(len(x.Bytes))-1)
		}
	case *TypeWord:
		return v.refer("type", uint32(r.Type))
	case *MapObj:
		return v.refer("type", uint32(r.Type))
	case *ChanObj:
		return v.refer("type", uint32(r.Type))
	case *FuncObj:
		return errors.Join(v.refer("func", uint32(r.Func)), v.refer("type", uint32(r.Context)))
	case *StubObj:
		return v.refer("type", uint32(r.Type))
	case *Global:
		return v.refer("type", uint32(r.Type))
	case *SourceText:
		if sum := sha256.Sum256(r.Text); string(sum[:]) != string(r.Hash) {
			return wire.Malformed("text with hash %x in place of %x", sum, r.Hash)
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

func unique(ok bool, kind string, id uint64) error {
	if !ok {
		return wire.Malformed("%s %d is defined twice", kind, id)
	}
	return nil
}

func (v *verifier) defineType(t *Type) error {
	for _, id := range t.references() {
		v.later("type", uint32(id))
	}
	return unique(v.types.add(uint32(t.ID), t.Size), "type", uint64(t.ID))
}

// references lists the types that t is made of.
func (t *Type) references() []TypeID {
	out := []TypeID{t.Elem, t.Key}
	out = append(append(out, t.In...), t.Out...)
	for _, f := range t.Fields {
		out = append(out, f.Type)
	}
	return out
}

func (v *verifier) defineLoc(l *Loc) error {
	for i := range l.Frames {
		v.later("func", uint32(l.Frames[i].Func))
		for j := range l.Frames[i].Vars {
			v.later("type", uint32(l.Frames[i].Vars[j].Type))
		}
	}
	return unique(v.locs.add(uint32(l.ID), struct{}{}), "loc", uint64(l.ID))
}

func (v *verifier) defineStack(s *Stack) error {
	shape := stackShape{frames: int64(len(s.Frames))}
	for _, f := range s.Frames {
		v.later("loc", uint32(f.Loc))
	}
	for _, sp := range s.Spans {
		shape.bytes += sp.Len
	}
	return unique(v.stacks.add(uint32(s.ID), shape), "stack", uint64(s.ID))
}

func (v *verifier) goroutine(g *Goroutine) error {
	v.span(uint64(g.ID), uint64(g.ID))
	if len(v.goroutines) >= MaxGoroutines {
		return wire.Limit("more than %d goroutines", MaxGoroutines)
	}
	err := unique(!v.goroutines[g.ID], "goroutine", uint64(g.ID))
	v.goroutines[g.ID] = true
	if err != nil || !v.whole {
		return err
	}
	err = errors.Join(v.refer("loc", uint32(g.Created)), v.refer("func", uint32(g.Start)))
	for i := range g.Defers {
		err = errors.Join(err, v.refer("func", uint32(g.Defers[i].Func)))
	}
	for _, p := range g.Panics {
		err = errors.Join(err, v.refer("type", uint32(p.Type)))
	}
	for _, w := range g.Waits {
		err = errors.Join(err, v.refer("type", uint32(w.Type)))
	}
	return errors.Join(err, v.stackOf(g))
}

// stackOf holds what a goroutine keeps of its stack against the stack's shape.
func (v *verifier) stackOf(g *Goroutine) error {
	if g.Stack == 0 {
		return nil
	}
	if !v.stacks.has(uint32(g.Stack)) {
		return wire.Malformed("goroutine %d: stack %d is not defined", g.ID, g.Stack)
	}
	shape := v.stacks[g.Stack].what
	if int64(len(g.Image)) != shape.bytes {
		return wire.Malformed("goroutine %d: image of %d bytes, spans of %d", g.ID, len(g.Image), shape.bytes)
	}
	for _, in := range g.Inline {
		if in.Frame >= shape.frames {
			return wire.Malformed("goroutine %d: registers of frame %d of %d", g.ID, in.Frame, shape.frames)
		}
	}
	return nil
}

// refer checks a reference that has to go backwards; 0 refers to nothing.
func (v *verifier) refer(of string, id uint32) error {
	if id == 0 || !v.whole || v.defines(of, id) {
		return nil
	}
	return wire.Malformed("%s %d is not defined", of, id)
}

// later notes a reference that any definition of the file may resolve.
func (v *verifier) later(of string, id uint32) {
	id = min(id, MaxID+1) // beyond it nothing is defined
	list := v.wanted[of]
	for int(id) >= len(list) {
		list = append(list, false)
	}
	list[id] = true
	v.wanted[of] = list
}

func (v *verifier) defines(of string, id uint32) bool {
	switch of {
	case "type":
		return v.types.has(id)
	case "func":
		return v.funcs.has(id)
	}
	return v.locs.has(id)
}

// finish checks what only the whole file can tell.
func (v *verifier) finish() {
	for _, of := range []string{"type", "func", "loc"} {
		for id, wanted := range v.wanted[of] {
			if wanted && id != 0 && !v.defines(of, uint32(id)) {
				v.report(&wire.FormatError{Offset: -1, Err: wire.Malformed("%s %d is not defined", of, id)})
			}
		}
	}
	s := v.r.sections
	if len(s) < 2 || s[0].Kind != wire.KindMeta || s[1].Kind != wire.KindCause || v.records["meta"] == 0 || v.records["cause"] == 0 {
		v.report(&wire.FormatError{Offset: -1, Err: wire.Malformed("the first two sections are not META and CAUSE")})
	}
	if v.records["stats"] > 0 && v.last != wire.KindStats {
		v.report(&wire.FormatError{Offset: -1, Err: wire.Malformed("STATS is not the last section")})
	}
}
