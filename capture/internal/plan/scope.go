package plan

import (
	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// Attributes that Go adds to DWARF.
const (
	attrGoClosureOffset dwarf.Attr = 0x2907
	attrGoDictIndex     dwarf.Attr = 0x2906
)

// inlined lists the inlined calls that are under way at a PC, the innermost
// first.
func inlined(t *image.Tree, at uint64) (out []*image.Tree) {
	for _, kid := range t.Children {
		switch kid.Tag {
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock:
			if kid.ContainsPC(at) {
				out = append(out, inlined(kid, at)...)
				if kid.Tag == dwarf.TagInlinedSubroutine {
					out = append(out, kid)
				}
			}
		}
	}
	return out
}

// scoped is a variable and how deep in blocks it is declared.
type scoped struct {
	*image.Tree
	depth int
}

// visible lists the variables of a function or an inlined call that can be
// named at a PC, which is in that line: those of the blocks that cover the PC,
// from the line after their declaration on, what a closure captured in that line
// too, and arguments everywhere. Those of calls inlined into it are not its own.
func visible(t *image.Tree, at uint64, line int) []scoped {
	return visibleIn(nil, t, 0, at, int64(line))
}

func visibleIn(out []scoped, t *image.Tree, depth int, at uint64, line int64) []scoped {
	switch t.Tag {
	case dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock, dwarf.TagSubprogram:
		if t.Tag == dwarf.TagInlinedSubroutine && depth > 0 || !t.ContainsPC(at) {
			return out
		}
		for _, kid := range t.Children {
			out = visibleIn(out, kid, depth+1, at, line)
		}
		return out
	}
	declared, has := t.Val(dwarf.AttrDeclLine).(int64)
	if t.Val(attrGoClosureOffset) == nil {
		declared++
	}
	if has && t.Tag != dwarf.TagFormalParameter && line < declared {
		return out
	}
	return append(out, scoped{t, depth})
}
