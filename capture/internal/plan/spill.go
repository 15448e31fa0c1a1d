package plan

import (
	"debug/dwarf"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Arguments come in registers, and each has a place in the caller's frame where
// the function may spill it. Where the debug information says no more of an
// argument, that place may still hold it. The compiler notes the places for the
// runtime's tracebacks, by the number of the argument, and from which
// instruction on each holds it.

// Spill is a word, or a smaller part, of an argument in its spill place.
type Spill struct {
	Off  int64 // from the CFA
	Size int64
	Set  bool // the function has stored the argument there
}

// spills gives the spill places of a function's arguments, by the offset of
// their DIE; nil where the compiler's two lists do not agree on the arguments.
func (c *Compiler) spills(fn image.Function, root *image.Tree, at uint64) map[dwarf.Offset][]Spill {
	words := fn.ArgWords(at)
	var args []dwarf.Offset
	for _, kid := range root.Children {
		result, _ := kid.Val(dwarf.AttrVarParam).(bool)
		if name, _ := kid.Val(dwarf.AttrName).(string); kid.Tag == dwarf.TagFormalParameter && !result && name != dictName {
			args = append(args, kid.Offset)
		}
	}
	noted, whole := fn.ArgCount()
	if len(words) == 0 || noted > len(args) || whole && noted != len(args) || fn.Generic() {
		return nil
	}
	out := map[dwarf.Offset][]Spill{}
	for _, w := range words {
		if w.Path[0] >= len(args) {
			return nil
		}
		off := args[w.Path[0]]
		out[off] = append(out[off], Spill{w.Off, w.Size, !w.Stale})
	}
	return out
}

// spill adds the spill places to the arguments of a function that was called,
// not inlined.
func (c *Compiler) spill(f *Frame, fn image.Function, root *image.Tree, at uint64) {
	var places map[dwarf.Offset][]Spill
	for i := range f.Vars {
		v := &f.Vars[i]
		if v.Kind != model.VarParam || v.Escaped || v.Scope != 0 || inMemory(v.Pieces) {
			continue
		}
		if places == nil {
			if places = c.spills(fn, root, at); places == nil {
				return
			}
		}
		v.Spill = places[v.die]
	}
}

// reused reports whether a variable's place in the frame may hold something else
// by now. The compiler gives the places of values that it spilled and needs no
// longer to other values, without a word in the debug information: there the
// variable stays. What gives it away is another store to the place while the
// variable is said to be there.
func (c *Compiler) reused(plan *Plan, u *image.Unit, list int64, v *Var, at uint64) bool {
	if len(v.Pieces) == 0 || len(v.Pieces) == 1 && !v.Escaped && c.size(v.Type) > 8 { // not split, not spilled
		return false
	}
	low, high, ok := c.img.LocationRange(u, list, at)
	if p, _ := c.decodeAt(u, list, at); !plan.Exact && !inMemory(p) { // as pieces does
		if l, h, second := c.img.LocationRange(u, list, plan.PC); second {
			low, high, ok = l, h, true
		}
	}
	if !ok {
		return false
	}
	stores, ok := c.stores[plan.Fn.Entry]
	if !ok {
		stores, _ = c.img.Stores(plan.Fn)
		c.stores[plan.Fn.Entry] = stores
	}
	for _, p := range v.Pieces {
		if p.Kind != PieceCFA {
			continue
		}
		size := p.Size
		if size == 0 {
			size = 8
		}
		for _, s := range stores {
			if s.PC >= low && s.PC < high && s.Off < p.Off+size && p.Off < s.Off+s.Size {
				return true
			}
		}
	}
	return false
}
