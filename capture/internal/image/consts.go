package image

import "github.com/gopostmortem/postmortem/capture/internal/dwarf"

// constant is a constant of integer type that a package declares.
type constant struct {
	name  []byte // with the package's path; lies in the section
	value int64
	typ   dwarf.Offset
}

// Constants gives the constants of integer type that the units of a package
// declare, in their order; pkg is the import path.
func (m *Image) Constants(pkg string, give func(name string, value int64, typ dwarf.Offset)) {
	d, err := m.debugInfo()
	if err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.unitsOf(pkg) {
		if d.index(u) != nil {
			continue // what cannot be read names no constants
		}
		for _, c := range u.consts {
			give(string(c.name), c.value, c.typ)
		}
	}
}

// unitsOf finds the units of a package: the compiler's and the assembler's.
func (d *debugInfo) unitsOf(pkg string) []*Unit {
	if d.byName == nil {
		d.byName = make(map[string][]*Unit, len(d.units))
		for _, u := range d.units {
			if name, _ := u.entry.Val(dwarf.AttrName).(string); name != "" {
				d.byName[name] = append(d.byName[name], u)
			}
		}
	}
	return d.byName[pkg]
}
