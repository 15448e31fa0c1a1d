// Package plan compiles code locations: everything about a frame that depends
// on its PC alone, once for each PC, so that a goroutine costs one stack walk
// and some copies however much debug information its functions have.
package plan

import (
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/pace"
	"github.com/gopostmortem/postmortem/mock"
)

// Key identifies a plan. Exact tells a PC at which a goroutine was interrupted
// from a return address, whose line and variables are those of the call before it.
type Key struct {
	PC    uint64
	Exact bool
}

// Plan is a compiled location. It is shared and read-only.
type Plan struct {
	Key
	Fn     image.Function
	Frames []Frame // innermost inlined call first; the last is Fn itself
}

// Frame is one logical frame of a plan.
type Frame struct {
	image.Call
	FuncName string // as DWARF writes it; differs from Call.Name in generic code
	Vars     []Var
	Dict     []Piece     // where the dictionary of generic code is; nil: none
	Reason   mock.Reason // why there are no variables although there may be some; Unknown otherwise
	Detail   string
}

// Var is a variable in scope.
type Var struct {
	Name     string // without the & of an escaped one
	Type     dwarf.Offset
	Dict     int // index of its type in the dictionary, -1: Type is its type
	Escaped  bool
	Kind     model.VarKind
	DeclLine int64
	Scope    int64
	Pieces   []Piece
	Listed   bool         // Pieces hold around this PC, not in the whole function
	Fixed    bool         // it has one place, where each assignment is carried out at once
	Moved    bool         // the compiler has more than one value for it in its function
	Set      []model.Span // lines whose code writes to Pieces; none: not known
	Word     bool         // somewhere in the function the whole of it is said to be in one register
	Pieced   bool         // somewhere in the function it is said to have pieces
	Reason   mock.Reason  // why Pieces is empty
	Raw      bool         // a word of the arguments, of which nothing else is known
	Stale    bool         // it may have been something else since
	Spill    []Spill      // where the words of an argument were put that is not in memory otherwise

	die dwarf.Offset
}

// Doubtful tells a location that describes only a part of a variable of that
// many bytes, although it claims to be the whole of it. When the compiler has
// split a variable and knows the place of but one part, a slice's pointer when
// length and capacity are constants, it writes down that part's place without
// saying that it is a part. What gives it away is that the place is, at one PC
// or another, a register that could not hold the whole; or that it lies among
// the arguments which came in memory, of which those that the compiler does not
// split have no list of locations.
func (v *Var) Doubtful(size int64) bool {
	const word = 8
	if len(v.Pieces) != 1 || size <= word {
		return false
	}
	argument := v.Pieces[0].Kind == PieceCFA && v.Pieces[0].Off >= 0 && v.Kind != model.VarResult
	return v.Word || argument && v.Listed && !v.Pieced
}

// Compiler makes plans and keeps them. It is safe for concurrent use.
type Compiler struct {
	img    *image.Image
	mu     sync.Mutex
	plans  map[Key]*Plan
	trees  map[dwarf.Offset]*image.Tree
	frames map[dwarf.Offset][]tenant // by function
	stores map[uint64]*image.Stores  // likewise, by its entry
	others map[*image.Image]*Compiler
}

// New makes a compiler of plans for one image.
func New(img *image.Image) *Compiler {
	return &Compiler{img: img, plans: map[Key]*Plan{}, trees: map[dwarf.Offset]*image.Tree{}, frames: map[dwarf.Offset][]tenant{}, stores: map[uint64]*image.Stores{}}
}

// At gives the plan for a location in fn. It never fails: what the debug
// information cannot say is in the frames' reasons.
func (c *Compiler) At(k Key, fn image.Function) *Plan {
	if img := c.img.At(k.PC); img != c.img {
		return c.other(img).At(k, fn)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.plans[k]; ok {
		return p
	}
	pace.Turn()
	p := c.compile(k, fn)
	c.plans[k] = p
	return p
}

// other gives the compiler for another module.
func (c *Compiler) other(img *image.Image) *Compiler {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.others[img] == nil {
		if c.others == nil {
			c.others = map[*image.Image]*Compiler{}
		}
		c.others[img] = New(img)
	}
	return c.others[img]
}

// Len is the number of plans made so far.
func (c *Compiler) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.plans)
}

func (c *Compiler) compile(k Key, fn image.Function) *Plan {
	at := k.PC
	if !k.Exact {
		at--
	}
	p := &Plan{Key: k, Fn: fn}
	for _, call := range fn.Calls(at) {
		p.Frames = append(p.Frames, Frame{Call: call, FuncName: call.Name})
	}
	if err := c.variables(p, at); err != nil {
		reason := mock.Unsupported
		if err == image.ErrNoDWARF {
			reason = mock.NoDWARF
		}
		for i := range p.Frames {
			p.Frames[i].Reason, p.Frames[i].Detail = reason, err.Error()
		}
		p.Frames[len(p.Frames)-1].Vars = argWords(fn, at)
	}
	return p
}

// variables fills in what DWARF knows. Functions in assembly, and those that the
// program has generated, have no variables.
func (c *Compiler) variables(p *Plan, at uint64) (err error) {
	const flagAsm = 4
	if p.Fn.Flag()&flagAsm != 0 || c.img.Generated() {
		return nil
	}
	defer func() { // readers of DIEs are not all proof against damage
		if r := recover(); r != nil {
			err = fmt.Errorf("DWARF: damaged: %v", r)
		}
	}()
	u, off, err := c.img.Subprogram(at)
	if err != nil {
		return err
	}
	root, err := c.tree(off)
	if err != nil {
		return err
	}
	// Innermost first, with the function itself at the end; calls that the two
	// tables do not agree on stay without variables.
	trees := append(inlined(root, at), root)
	next := 0
	for i := range p.Frames {
		f := &p.Frames[i]
		for j := next; j < len(trees); j++ {
			name, _ := trees[j].Val(dwarf.AttrName).(string)
			if shortName(name) == shortName(f.Name) {
				f.FuncName = name
				c.scope(p, i, u, root, trees[j], at)
				if trees[j] == root {
					c.spill(f, p.Fn, root, at)
				}
				next = j + 1
				break
			}
		}
	}
	return nil
}

// shortName drops the type arguments, which pclntab abbreviates to [...].
func shortName(name string) string {
	open := strings.IndexByte(name, '[')
	end := strings.LastIndexByte(name, ']')
	if open < 0 || end < open {
		return name
	}
	return name[:open] + name[end+1:]
}

func (c *Compiler) tree(off dwarf.Offset) (*image.Tree, error) {
	if t, ok := c.trees[off]; ok {
		return t, nil
	}
	t, err := c.img.Tree(off)
	if err != nil {
		return nil, err
	}
	c.trees[off] = t
	return t, nil
}

// Names that the compiler gives to what no source line declares.
const (
	dictName    = ".dict"
	closureName = ".closureptr"
)

// scope lists a frame's variables as Delve does: those whose block covers the
// PC and whose declaration lies above the line, arguments always; by depth of
// block, then by line.
func (c *Compiler) scope(p *Plan, n int, u *image.Unit, root, tree *image.Tree, at uint64) {
	f := &p.Frames[n]
	for _, child := range tree.Children {
		if name, _ := child.Val(dwarf.AttrName).(string); name == dictName {
			f.Dict, _ = c.pieces(u, child, p.Key, at)
		}
	}
	for _, e := range visible(tree, at, f.Line) {
		if e.Tag != dwarf.TagFormalParameter && e.Tag != dwarf.TagVariable {
			continue // the typedefs of type parameters lie among the variables
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		bare := strings.TrimPrefix(name, "&")
		if bare == "" || bare == dictName || bare == closureName || strings.HasPrefix(bare, "#yield") {
			continue
		}
		typ, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
		if !ok {
			continue
		}
		v := Var{Name: bare, Escaped: name != bare, Kind: kindOf(e), Scope: int64(e.depth), die: e.Offset}
		v.DeclLine, _ = e.Val(dwarf.AttrDeclLine).(int64)
		v.Type, v.Dict = c.variableType(typ, v.Escaped)
		v.Pieces, v.Reason = c.pieces(u, e.Tree, p.Key, at)
		if len(v.Pieces) == 1 && v.Pieces[0].Deref { // a result that escaped
			if v.Escaped {
				v.Pieces, v.Reason = nil, mock.Unsupported
			}
			v.Escaped = true
		}
		if list, ok := e.Val(dwarf.AttrLocation).(int64); ok {
			v.Listed = true
			if len(v.Pieces) == 1 {
				v.Word, v.Pieced = c.ever(u, list)
			}
		}
		v.Fixed = !v.Listed && len(v.Pieces) == 1 || u.Unoptimised()
		if v.Listed && !v.Fixed {
			list := e.Val(dwarf.AttrLocation).(int64)
			v.Moved = c.moved(u, list)
			v.Set, v.Stale = (&spilledVar{c: c, p: p, i: n, u: u, list: list, v: &v}).setOn(at)
		}
		if len(v.Pieces) == 1 && c.overwritten(u, root, e.Tree, at) {
			v.Pieces, v.Reason = nil, mock.OptimizedOut
		}
		if v.Kind != model.VarLocal && v.Kind != model.VarCaptured && v.Scope <= 1 {
			v.Scope = 0
		}
		f.Vars = append(f.Vars, v)
	}
	sharedPlaces(f.Vars)
	sort.SliceStable(f.Vars, func(i, j int) bool {
		a, b := &f.Vars[i], &f.Vars[j]
		if a.Scope != b.Scope {
			return a.Scope < b.Scope
		}
		return a.DeclLine < b.DeclLine
	})
}

func kindOf(e scoped) model.VarKind {
	if e.Tag == dwarf.TagFormalParameter {
		if result, _ := e.Val(dwarf.AttrVarParam).(bool); result {
			return model.VarResult
		}
		return model.VarParam
	}
	if e.Val(attrGoClosureOffset) != nil {
		return model.VarCaptured
	}
	return model.VarLocal
}

// variableType gives the DIE of a variable's own type: behind the pointer of an
// escaped one; and for a type that depends on type parameters the index of its
// run-time type in the dictionary.
func (c *Compiler) variableType(off dwarf.Offset, escaped bool) (dwarf.Offset, int) {
	r, err := c.img.DIEs()
	if err != nil {
		return off, -1
	}
	dict := -1
	for range 3 { // at most: a parameter's typedef, a pointer, a typedef again
		r.Seek(off)
		e, err := r.Next()
		if err != nil || e == nil {
			return off, dict
		}
		if i, ok := e.Val(attrGoDictIndex).(int64); ok {
			dict = int(i)
			if escaped && e.Tag == dwarf.TagTypedef {
				// The dictionary describes the variable or the pointer to it: the caller looks.
				off, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
				continue
			}
			return off, dict
		}
		target, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
		if !escaped || e.Tag != dwarf.TagPointerType || !ok {
			return off, dict
		}
		off, escaped = target, false
	}
	return off, dict
}
