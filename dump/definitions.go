package dump

import (
	"bytes"
	"fmt"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
)

// definitions are the types, functions, locations and stacks of a dump, kept
// in memory from the first use on.
type definitions struct {
	types  map[model.TypeID]*model.Type
	funcs  map[model.FuncID]*model.Func
	locs   map[model.LocID]*model.Loc
	stacks map[model.StackID]*stackTable

	typeIDs []model.TypeID // in the order of the file
	funcIDs []model.FuncID
	byName  map[string]model.TypeID
}

func (d *Dump) definitions() *definitions {
	d.defsOnce.Do(func() {
		defs := &definitions{
			types:  make(map[model.TypeID]*model.Type),
			funcs:  make(map[model.FuncID]*model.Func),
			locs:   make(map[model.LocID]*model.Loc),
			stacks: make(map[model.StackID]*stackTable),
			byName: make(map[string]model.TypeID),
		}
		room := d.budget.share()
		d.each(groupDefs, func(_ int, rec any) error {
			if err := room.take(defWeight(rec)); err != nil {
				return err
			}
			return defs.add(rec)
		})
		for _, t := range cyclicTypes(defs) {
			t.Fields, t.Elem = nil, 0
			t.Flags |= model.TypeIncomplete
			d.noteDamage(&FormatError{Section: "DEFS", Offset: -1,
				Err: fmt.Errorf("%w: type %d (%.100q) contains itself", ErrMalformed, t.ID, t.Name)})
		}
		for _, s := range defs.stacks {
			s.count(defs)
		}
		d.defs = defs
	})
	return d.defs
}

// add enters a record; of two with the same number the first counts.
func (defs *definitions) add(rec any) error {
	fresh := false
	switch r := rec.(type) {
	case *model.Type:
		if fresh = r.ID != 0 && enter(defs.types, r.ID, r); fresh {
			defs.typeIDs = append(defs.typeIDs, r.ID)
			if r.Name != "" {
				enter(defs.byName, r.Name, r.ID)
			}
		}
	case *model.Func:
		if fresh = r.ID != 0 && enter(defs.funcs, r.ID, r); fresh {
			defs.funcIDs = append(defs.funcIDs, r.ID)
		}
	case *model.Loc:
		if fresh = r.ID != 0 && enter(defs.locs, r.ID, r); fresh {
			ownConsts(r)
		}
	case *model.Stack:
		fresh = r.ID != 0 && enter(defs.stacks, r.ID, &stackTable{rec: r})
	}
	if !fresh {
		return fmt.Errorf("%w: a definition's number is zero or used twice", ErrMalformed)
	}
	return nil
}

// ownConsts copies the constants of a location, so that they do not keep their
// whole section in memory.
func ownConsts(l *model.Loc) {
	for i := range l.Frames {
		for j := range l.Frames[i].Vars {
			v := &l.Frames[i].Vars[j]
			v.Const = bytes.Clone(v.Const)
		}
	}
}

// defWeight estimates what a definition takes in memory.
func defWeight(rec any) int64 {
	const entry = 64 // of the map and the slice that find it
	switch r := rec.(type) {
	case *model.Type:
		n := int64(unsafe.Sizeof(*r)) + entry + 2*int64(len(r.Name)) + 4*int64(len(r.In)+len(r.Out))
		for i := range r.Fields {
			n += int64(unsafe.Sizeof(r.Fields[i])) + int64(len(r.Fields[i].Name))
		}
		for _, m := range r.Methods {
			n += 16 + int64(len(m))
		}
		for i := range r.Consts {
			n += int64(unsafe.Sizeof(r.Consts[i])) + int64(len(r.Consts[i].Name))
		}
		return n
	case *model.Func:
		return int64(unsafe.Sizeof(*r)) + entry + int64(len(r.Name)+len(r.Package)+len(r.File))
	case *model.Loc:
		n := int64(unsafe.Sizeof(*r)) + entry
		for i := range r.Frames {
			f := &r.Frames[i]
			n += int64(unsafe.Sizeof(*f)) + int64(len(f.File))
			for j := range f.Vars {
				n += int64(unsafe.Sizeof(f.Vars[j])) + int64(len(f.Vars[j].Name)+len(f.Vars[j].Const))
			}
		}
		return n
	case *model.Stack:
		frame := int64(unsafe.Sizeof(model.StackFrame{})) + 4
		span := int64(unsafe.Sizeof(model.Span{})) + 8
		return int64(unsafe.Sizeof(*r)) + entry + frame*int64(len(r.Frames)) + span*int64(len(r.Spans))
	}
	return 0
}

func (d *Dump) typeRecord(id model.TypeID) *model.Type  { return d.definitions().types[id] }
func (d *Dump) funcRecord(id model.FuncID) *model.Func  { return d.definitions().funcs[id] }
func (d *Dump) locRecord(id model.LocID) *model.Loc     { return d.definitions().locs[id] }
func (d *Dump) stackTable(id model.StackID) *stackTable { return d.definitions().stacks[id] }
