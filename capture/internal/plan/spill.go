package plan

import (
	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
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
