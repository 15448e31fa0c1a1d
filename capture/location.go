package capture

import (
	"fmt"
	"slices"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// locKey tells locations apart: generic code has one for each dictionary.
type locKey struct {
	plan.Key
	dicts string // the dictionaries' addresses, eight bytes a logical frame
	regs  bool   // the frame's registers are known
	gone  bool   // what it leads to may have been collected since it was interrupted
}

// location is a recorded Loc with what reading an instance of it needs.
type location struct {
	id      model.LocID
	plan    *plan.Plan
	logical int
	regs    bool
	vars    []instance
	claims  []claim
	tally   tallies
	inline  int64 // bytes of the frame's register copy
	files   []string
	live    *frameLiveness
}

// place tells a variable of a location by its logical frame and its number in it.
type place struct{ frame, index int }

// instance is one variable of a location whose bytes can be had.
type instance struct {
	place
	typ     *types.Type
	pieces  []plan.Piece
	escaped bool
	shallow bool         // what it refers to is not followed
	inline  int64        // offset in the frame's inline bytes; -1: in memory at pieces[0]
	size    int64        // of what lies at the place: a word for an escaped variable
	lost    []model.Span // parts that are nowhere
}

// manyLocations is after how many new ones the executable's pages are let go:
// each has read some, all over its tables, and the system maps sixteen for one.
const manyLocations = 32

// location gives the recorded location of a frame.
func (c *run) location(p *plan.Plan, dicts string, at func(frame int) uint64, regs, gone bool) *location {
	key := locKey{p.Key, dicts, regs, gone}
	if l, ok := c.locs[key]; ok {
		return l
	}
	c.lastID.loc++
	l := &location{id: c.lastID.loc, plan: p, logical: len(p.Frames), regs: regs, live: c.liveness(p, gone)}
	rec := &model.Loc{ID: l.id, PC: p.PC}
	for i := range p.Frames {
		rec.Frames = append(rec.Frames, c.logicalFrame(l, i, p, at(i)))
	}
	unshare(rec, l.claims)
	l.drop(rec)
	for i := range rec.Frames {
		c.tally(l, &rec.Frames[i], &p.Frames[i])
	}
	c.locs[key] = l
	if len(c.locs)%manyLocations == 0 {
		c.e.img.LetGo()
	}
	c.add(rec)
	return l
}

// tally counts a frame's variables.
func (c *run) tally(l *location, rec *model.LocFrame, f *plan.Frame) {
	var t tally
	for i := range rec.Vars {
		t.count(&rec.Vars[i])
	}
	l.tally.all.add(t)
	if c.class(image.PackageOf(f.Name))&model.FuncUser != 0 {
		l.tally.user.add(t)
	}
}

// drop forgets the variables that have lost their place.
func (l *location) drop(rec *model.Loc) {
	l.vars = slices.DeleteFunc(l.vars, func(in instance) bool {
		return rec.Frames[in.frame].Vars[in.index].Place == model.PlaceNone
	})
}

// logicalFrame records one function or inlined call and its variables.
func (c *run) logicalFrame(l *location, n int, p *plan.Plan, dict uint64) model.LocFrame {
	f := &p.Frames[n]
	out := model.LocFrame{File: f.File, Line: int64(f.Line), Inlined: f.Inlined, Hidden: f.FuncID == image.IDWrapper, Reason: f.Reason}
	fn := c.funcRecord(f, p)
	if fn.File == out.File {
		out.File = ""
	}
	out.Func = c.funcs.get(fn)
	l.files = append(l.files, f.File)
	if c.lim.Depth == 0 {
		out.Reason = mock.Disabled
		return out
	}
	if f.Reason != mock.Unknown {
		c.lose("variables", f.Reason, 1, fmt.Sprintf("%s: %s", f.Name, f.Detail))
	}
	shadow := map[string]int{}
	for i := range f.Vars {
		v := c.variable(l, place{n, i}, f, dict)
		if j, ok := shadow[v.Name]; ok {
			out.Vars[j].Flags |= model.VarShadowed
		}
		shadow[v.Name] = len(out.Vars)
		out.Vars = append(out.Vars, v)
	}
	return out
}

func (c *run) funcRecord(f *plan.Frame, p *plan.Plan) *model.Func {
	if !f.Inlined {
		return c.funcs.physical(p.Fn, f.FuncName)
	}
	return &model.Func{Name: f.FuncName, File: f.File, StartLine: int64(f.StartLine)}
}

// variable records one variable and, if its bytes can be had, how.
func (c *run) variable(l *location, at place, f *plan.Frame, dict uint64) model.Var {
	v := &f.Vars[at.index]
	out := model.Var{Name: v.Name, Kind: v.Kind, DeclLine: v.DeclLine, Scope: v.Scope}
	if v.Escaped {
		out.Flags |= model.VarEscaped
	}
	if v.Raw {
		out.Flags |= model.VarFake
	}
	if v.Fixed {
		out.Flags |= model.VarFixed
	}
	if v.Moved {
		out.Flags |= model.VarMoved
	}
	if v.Stale {
		out.Flags |= model.VarStale
	}
	out.Set = v.Set
	typ, err := c.variableType(l.plan.PC, v, dict)
	if err != nil {
		out.Reason = mock.Unsupported
		c.lose("variables", mock.Unsupported, 1, fmt.Sprintf("type of %s: %v", v.Name, err))
		return out
	}
	out.Type = c.typeID(typ)
	in := instance{place: at, typ: typ, pieces: v.Pieces, escaped: v.Escaped, shallow: c.isOwn(f.Name), inline: -1, size: typ.Size()}
	if v.Escaped {
		in.size = 8
	}
	if !l.put(&in, v, &out) && len(v.Spill) > 0 {
		l.putSpilled(&in, v, &out)
	}
	if out.Place != model.PlaceNone {
		l.vars = append(l.vars, in)
	}
	if out.Place != model.PlaceNone && l.live.dead(&in) {
		out.Flags |= model.VarDead
	}
	return out
}

// variableType gives the type of a variable, through the dictionary where it
// depends on type parameters.
func (c *run) variableType(pc uint64, v *plan.Var, dict uint64) (*types.Type, error) {
	if v.Raw {
		return c.e.types.Word(v.Pieces[0].Size)
	}
	if v.Dict >= 0 && dict != 0 {
		if t, err := c.dictType(pc, v, dict); err == nil {
			return t, nil
		}
	}
	return c.e.types.FromDWARFOf(c.e.img.At(pc), v.Type)
}

func (c *run) dictType(pc uint64, v *plan.Var, dict uint64) (*types.Type, error) {
	rtype, err := readWord(c.r.Mem, dict+8*uint64(v.Dict))
	if err != nil {
		return nil, err
	}
	t, err := c.e.types.FromRType(rtype)
	if err != nil || !v.Escaped {
		return t, err
	}
	if shape, err := c.e.types.FromDWARFOf(c.e.img.At(pc), v.Type); err == nil && shape.Size() == t.Size() && shape.Kind() == t.Kind() {
		return t, nil
	}
	if t.Kind() == model.KindPointer { // the dictionary describes the pointer to the variable
		if elem := t.Elem(); elem != nil {
			return elem, nil
		}
	}
	return t, nil
}

// dictionaries reads the addresses of a frame's dictionaries, one for each
// logical frame; "" where none of them has any.
func (c *run) dictionaries(p *plan.Plan, f *unwind.Frame, s unwind.Stack) (string, func(int) uint64) {
	var words []uint64
	for i := range p.Frames {
		loc := p.Frames[i].Dict
		if len(loc) != 1 || loc[0].Kind != plan.PieceCFA {
			continue
		}
		if d, ok := s.Word(f.CFA + uint64(loc[0].Off)); ok {
			if words == nil {
				words = make([]uint64, len(p.Frames))
			}
			words[i] = d
		}
	}
	if words == nil {
		return "", func(int) uint64 { return 0 }
	}
	key := make([]byte, 0, 8*len(words))
	for _, d := range words {
		key = appendWord(key, d)
	}
	return string(key), func(i int) uint64 { return words[i] }
}

// callLocation records a bare location without variables: that of a go
// statement or another return address.
func (c *run) callLocation(pc uint64) model.LocID {
	key := locKey{Key: plan.Key{PC: pc}, dicts: "call"}
	if l, ok := c.locs[key]; ok {
		return l.id
	}
	fn, ok := c.e.img.Find(pc - 1)
	if pc == 0 || !ok {
		return 0
	}
	c.lastID.loc++
	rec := &model.Loc{ID: c.lastID.loc, PC: pc}
	for _, call := range fn.Calls(pc - 1) {
		f := &plan.Frame{Call: call, FuncName: call.Name}
		p := &plan.Plan{Fn: fn}
		lf := model.LocFrame{File: call.File, Line: int64(call.Line), Inlined: call.Inlined, Func: c.funcs.get(c.funcRecord(f, p)), Reason: mock.Disabled}
		rec.Frames = append(rec.Frames, lf)
	}
	c.locs[key] = &location{id: rec.ID, plan: &plan.Plan{Fn: fn}, logical: len(rec.Frames)}
	c.add(rec)
	return rec.ID
}

// lineOf gives file and line of a return address.
func lineOf(img *image.Image, pc uint64) (string, int64) {
	fn, ok := img.Find(pc - 1)
	if pc == 0 || !ok {
		return "", 0
	}
	calls := fn.Calls(pc - 1)
	return calls[len(calls)-1].File, int64(calls[len(calls)-1].Line)
}
