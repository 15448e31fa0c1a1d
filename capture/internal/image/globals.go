package image

import (
	"debug/dwarf"
	"sort"
)

// variable is a package variable.
type variable struct {
	name []byte // with the package's path; lies in the section
	global
}

// Variable is a package variable: its name with the package's path, its address
// in the process, and its type's DIE.
type Variable struct {
	Name string
	Addr uint64
	Type dwarf.Offset
}

// Variables lists the variables of the packages that want accepts, by their
// import paths, in the order of their names.
func (m *Image) Variables(want func(pkg string) bool) ([]Variable, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Variable
	for _, u := range d.units {
		pkg, _ := u.entry.Val(dwarf.AttrName).(string)
		if u.runtime || !want(pkg) {
			continue
		}
		if err := d.index(u); err != nil {
			return out, err
		}
		for _, v := range u.vars {
			out = append(out, Variable{string(v.name), v.addr + m.Bias, v.typ})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, nil
}
