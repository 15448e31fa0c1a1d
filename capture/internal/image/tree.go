package image

import (
	"fmt"
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// Tree is a DIE with those below it.
type Tree struct {
	Tag      dwarf.Tag
	Offset   dwarf.Offset
	Ranges   [][2]uint64 // in the process, with those of its children; ascending
	Children []*Tree

	entries []*dwarf.Entry // its own, and those that it is an instance of
}

// Val is the value of an attribute, also of one that only the DIE has which
// this is an instance of.
func (t *Tree) Val(attr dwarf.Attr) any {
	for _, e := range t.entries {
		if v := e.Val(attr); v != nil {
			return v
		}
	}
	return nil
}

// ContainsPC reports whether the tree covers an address of the process.
func (t *Tree) ContainsPC(pc uint64) bool {
	for _, rg := range t.Ranges {
		if pc >= rg[0] && pc < rg[1] {
			return true
		}
	}
	return false
}

// Limits on damaged trees.
const (
	maxTreeDepth = 1 << 10
	maxOrigins   = 8
)

// Tree reads the DIE of a function with all below it.
func (m *Image) Tree(off dwarf.Offset) (*Tree, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, err
	}
	r := d.reader()
	r.Seek(off)
	u := r.unit
	e, err := r.Next()
	if err != nil || e == nil || e.Tag == 0 {
		return nil, fmt.Errorf("DWARF: no DIE at %#x: %w", off, err)
	}
	t, err := d.tree(r, u, e, maxTreeDepth)
	if err != nil {
		return nil, err
	}
	d.origins(r, t)
	return t, nil
}

// tree reads what follows e up to the end of its children.
func (d *debugInfo) tree(r *dies, u *Unit, e *dwarf.Entry, depth int) (*Tree, error) {
	t := &Tree{Tag: e.Tag, Offset: e.Offset, entries: []*dwarf.Entry{e}}
	for _, rg := range d.rangesOf(u, e) {
		t.Ranges = append(t.Ranges, [2]uint64{rg[0] + d.m.Bias, rg[1] + d.m.Bias})
	}
	for e.Children {
		kid, err := r.Next()
		if err != nil {
			return nil, err
		}
		if kid == nil || depth == 0 {
			return nil, fmt.Errorf("%w: tree at %#x", errDIE, e.Offset)
		}
		if kid.Tag == 0 {
			break
		}
		child, err := d.tree(r, u, kid, depth-1)
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, child)
		t.Ranges = append(t.Ranges, child.Ranges...)
	}
	t.Ranges = fused(t.Ranges)
	return t, nil
}

// fused sorts ranges and joins those that overlap or touch.
func fused(list [][2]uint64) [][2]uint64 {
	sort.Slice(list, func(i, j int) bool { return list[i][0] < list[j][0] }) // not slices.SortFunc: a copy of it for pairs is 9 KB
	out := list[:0]
	for _, rg := range list {
		switch n := len(out); {
		case rg[0] >= rg[1]:
		case n > 0 && rg[0] <= out[n-1][1]:
			out[n-1][1] = max(out[n-1][1], rg[1])
		default:
			out = append(out, rg)
		}
	}
	return out
}

// origins adds the DIEs that those of a tree are instances of.
func (d *debugInfo) origins(r *dies, t *Tree) {
	for e := t.entries[0]; len(t.entries) < maxOrigins; {
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset)
		}
		if !ok || off == t.Offset {
			break
		}
		r.Seek(off)
		next, err := r.Next()
		if err != nil || next == nil {
			break
		}
		t.entries, e = append(t.entries, next), next
	}
	for _, kid := range t.Children {
		d.origins(r, kid)
	}
}
