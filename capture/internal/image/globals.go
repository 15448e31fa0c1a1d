package image

import (
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// variable is a package variable.
type variable struct {
	name []byte // with the package's path; lies in the section
	global
}

// Variable is a package variable: its name with the package's path, its address
// in the process, and its type's DIE in an image.
type Variable struct {
	Name  string
	Addr  uint64
	Image *Image
	Type  dwarf.Offset
}

// Variables lists the variables of the packages that want accepts, by their
// import paths, in the order of their names, module by module. Of a package
// that several modules have, the first has the variables that are used.
func (m *Image) Variables(want func(pkg string) bool) ([]Variable, error) {
	list, err := m.variables(want)
	for i, o := range m.others {
		if err != nil {
			break // which packages m has is not known
		}
		var more []Variable
		more, err = o.variables(func(pkg string) bool {
			before := m.hasPackage(pkg)
			for _, earlier := range m.others[:i] {
				before = before || earlier.hasPackage(pkg)
			}
			return !before && want(pkg)
		})
		list = append(list, more...)
	}
	return list, err
}

// hasPackage reports whether the module has code or data of a package.
func (m *Image) hasPackage(pkg string) bool {
	d, err := m.debugInfo()
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.unitsOf(pkg)) > 0
}

func (m *Image) variables(want func(pkg string) bool) ([]Variable, error) {
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
			out = append(out, Variable{string(v.name), v.addr + m.Bias, m, v.typ})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, nil
}
