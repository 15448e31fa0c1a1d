package model

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Identifiers and references between records.

// definitions is what is known of the definitions seen, by id.
type definitions struct {
	types      map[uint32]typeShape
	funcs      map[uint32]bool
	locs       map[uint32]int32           // logical frames
	stacks     map[uint32]uint32          // place in shapes
	shapes     []byte                     // each stackShape as varints: there may be millions of them
	goroutines []GoID                     // in the order of the file
	wanted     map[string]map[uint32]bool // what definitions refer to, by kind

	asked struct { // the goroutine that the cause names
		there bool
		stack StackID
	}
}

// stackShape is what a goroutine's record has to agree with.
type stackShape struct {
	frames, bytes int64
	lo, hi        int64 // from the first to the last span
}

func newDefinitions() definitions {
	return definitions{
		types: map[uint32]typeShape{}, funcs: map[uint32]bool{}, locs: map[uint32]int32{}, stacks: map[uint32]uint32{},
		wanted: map[string]map[uint32]bool{"type": {}, "func": {}, "loc": {}},
	}
}

// define takes a definition into its table, once.
func define[T any](table map[uint32]T, kind string, id uint32, what T) error {
	if _, ok := table[id]; ok {
		return wire.Malformed("%s %d is defined twice", kind, id)
	}
	table[id] = what
	return nil
}

// definition takes in a record of a DEFS section.
func (d *definitions) definition(rec any) error {
	switch r := rec.(type) {
	case *Type:
		for _, id := range r.references() {
			d.later("type", uint32(id))
		}
		return define(d.types, "type", uint32(r.ID), shapeOf(r))
	case *Func:
		return define(d.funcs, "func", uint32(r.ID), true)
	case *Loc:
		for i := range r.Frames {
			d.later("func", uint32(r.Frames[i].Func))
			for j := range r.Frames[i].Vars {
				d.later("type", uint32(r.Frames[i].Vars[j].Type))
			}
		}
		return define(d.locs, "loc", uint32(r.ID), int32(len(r.Frames)))
	case *Stack:
		return d.stack(r)
	}
	return nil
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

func (d *definitions) stack(s *Stack) error {
	shape := stackShape{frames: int64(len(s.Frames))}
	for _, f := range s.Frames {
		d.later("loc", uint32(f.Loc))
	}
	for _, sp := range s.Spans {
		shape.bytes += sp.Len
	}
	if n := len(s.Spans); n > 0 {
		shape.lo, shape.hi = s.Spans[0].Off, s.Spans[n-1].Off+s.Spans[n-1].Len
	}
	at := uint32(len(d.shapes)) // limits bound the stacks, and a shape takes 40 bytes at the most
	for _, n := range []uint64{uint64(shape.frames), uint64(shape.bytes), wire.Zigzag(shape.lo), wire.Zigzag(shape.hi)} {
		d.shapes = wire.AppendUvarint(d.shapes, n)
	}
	return define(d.stacks, "stack", uint32(s.ID), at)
}

// shape gives what is known of a stack.
func (d *definitions) shape(id StackID) (stackShape, bool) {
	at, ok := d.stacks[uint32(id)]
	if !ok {
		return stackShape{}, false
	}
	var n [4]uint64
	b := d.shapes[at:]
	for i := range n {
		n[i], b, _ = wire.Uvarint(b)
	}
	return stackShape{int64(n[0]), int64(n[1]), wire.Unzigzag(n[2]), wire.Unzigzag(n[3])}, true
}

func (v *verifier) goroutine(g *Goroutine) error {
	if len(v.goroutines) >= MaxGoroutines {
		return wire.Limit("more than %d goroutines", MaxGoroutines)
	}
	v.goroutines = append(v.goroutines, g.ID)
	if g.ID == v.cause.Goroutine {
		v.asked.there, v.asked.stack = true, g.Stack
	}
	if !v.whole {
		return nil
	}
	if err := v.references(g); err != nil {
		return err
	}
	return v.stackOf(g)
}

// references gives the first of a goroutine's references that leads nowhere.
func (v *verifier) references(g *Goroutine) error {
	err := cmp.Or(v.refer("loc", uint32(g.Created)), v.refer("func", uint32(g.Start)))
	for i := 0; i < len(g.Defers) && err == nil; i++ {
		err = cmp.Or(v.refer("func", uint32(g.Defers[i].Func)), v.refer("func", uint32(g.Defers[i].Target)))
	}
	for i := 0; i < len(g.Panics) && err == nil; i++ {
		err = v.refer("type", uint32(g.Panics[i].Type))
	}
	for i := 0; i < len(g.Waits) && err == nil; i++ {
		err = v.refer("type", uint32(g.Waits[i].Type))
	}
	return err
}

// repeated gives an error when two goroutines have one number.
func (d *definitions) repeated() error {
	slices.Sort(d.goroutines)
	for i := 1; i < len(d.goroutines); i++ {
		if d.goroutines[i] == d.goroutines[i-1] {
			return wire.Malformed("goroutine %d is there twice", d.goroutines[i])
		}
	}
	return nil
}

// stackOf holds what a goroutine keeps of its stack against the stack's shape.
func (v *verifier) stackOf(g *Goroutine) error {
	if g.Stack == 0 {
		return nil
	}
	shape, ok := v.shape(g.Stack)
	if !ok {
		return wire.Malformed("goroutine %d: stack %d is not defined", g.ID, g.Stack)
	}
	if int64(len(g.Image)) != shape.bytes {
		return wire.Malformed("goroutine %d: image of %d bytes, spans of %d", g.ID, len(g.Image), shape.bytes)
	}
	for _, in := range g.Inline {
		if in.Frame >= shape.frames {
			return wire.Malformed("goroutine %d: registers of frame %d of %d", g.ID, in.Frame, shape.frames)
		}
	}
	return v.image.stack(g, shape)
}

// refer checks a reference that has to go backwards; 0 refers to nothing.
func (d *definitions) refer(of string, id uint32) error {
	if id == 0 || d.defines(of, id) {
		return nil
	}
	return wire.Malformed("%s %d is not defined", of, id)
}

// later notes a reference that any definition of the file may resolve.
func (d *definitions) later(of string, id uint32) {
	if id != 0 && !d.defines(of, id) {
		d.wanted[of][id] = true
	}
}

func (d *definitions) defines(of string, id uint32) bool {
	ok := false
	switch of {
	case "type":
		_, ok = d.types[id]
	case "func":
		ok = d.funcs[id]
	case "loc":
		_, ok = d.locs[id]
	}
	return ok
}

// unresolved gives the first reference that no definition resolved.
func (d *definitions) unresolved() error {
	for _, of := range []string{"type", "func", "loc"} {
		for _, id := range slices.Sorted(maps.Keys(d.wanted[of])) {
			if !d.defines(of, id) {
				return wire.Malformed("%s %d is not defined", of, id)
			}
		}
	}
	return nil
}
