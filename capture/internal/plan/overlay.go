package plan

import (
	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// Since Go 1.23 the compiler lets variables that it keeps in memory share a
// place in the frame if they are never alive together (cmd/compile's
// mergelocals). Each has the place to the end of the function, says DWARF, from
// the instruction that sets it on. What such a variable shows after another
// one was set there is the other's bytes.

// tenant is a variable in memory with a place in the frame from a PC on.
type tenant struct {
	die    dwarf.Offset
	lo, hi int64 // distances from the CFA
	from   uint64
}

// tenants lists the variables of a function, in whatever block or inlined call,
// that the compiler keeps whole in the frame. Variables of one word are not
// among them: the compiler's copies of one value share places rightly.
func (c *Compiler) tenants(u *image.Unit, root *image.Tree) []tenant {
	if list, ok := c.frames[root.Offset]; ok {
		return list
	}
	var out []tenant
	var visit func(t *image.Tree)
	visit = func(t *image.Tree) {
		if t.Tag == dwarf.TagVariable {
			out = append(out, c.tenant(u, t)...)
		}
		for _, kid := range t.Children {
			visit(kid)
		}
	}
	visit(root)
	c.frames[root.Offset] = out
	return out
}

func (c *Compiler) tenant(u *image.Unit, t *image.Tree) []tenant {
	list, ok := t.Val(dwarf.AttrLocation).(int64)
	typ, has := t.Val(dwarf.AttrType).(dwarf.Offset)
	if !ok || !has {
		return nil
	}
	size := c.size(typ)
	if size <= 8 {
		return nil
	}
	var out []tenant
	for e := range c.img.Entries(u, list) {
		if p, err := decode(e.Prog, c.img.Bias); err == nil && len(p) == 1 && p[0].Kind == PieceCFA && !p[0].Deref && p[0].Off < 0 {
			out = append(out, tenant{t.Offset, p[0].Off, p[0].Off + size, e.Low})
		}
	}
	return out
}

// overwritten reports whether the bytes of the variable t at a PC are those of
// one that was set later in the same place.
func (c *Compiler) overwritten(u *image.Unit, root, t *image.Tree, at uint64) bool {
	list := c.tenants(u, root)
	for i := range list {
		own := &list[i]
		if own.die != t.Offset || own.from > at {
			continue
		}
		for j := range list {
			w := &list[j]
			if w.die != t.Offset && w.lo < own.hi && own.lo < w.hi && w.from > own.from && w.from <= at {
				return true
			}
		}
	}
	return false
}

// size is the size of the type at a DIE, 0 where it does not say.
func (c *Compiler) size(off dwarf.Offset) int64 {
	r, err := c.img.DIEs()
	if err != nil {
		return 0
	}
	for range 8 {
		r.Seek(off)
		e, err := r.Next()
		if err != nil || e == nil {
			return 0
		}
		if n, ok := e.Val(dwarf.AttrByteSize).(int64); ok {
			return n
		}
		if off, _ = e.Val(dwarf.AttrType).(dwarf.Offset); e.Tag != dwarf.TagTypedef {
			return 0
		}
	}
	return 0
}
