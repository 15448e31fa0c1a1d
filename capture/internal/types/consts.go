package types

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Constants is implemented by an [Image] that knows what constants of integer
// type packages declare.
type Constants interface {
	// Constants gives those of one package, by its import path.
	Constants(pkg string, give func(name string, value int64, typ dwarf.Offset))
}

// maxConsts bounds the constants that are recorded for one type.
const maxConsts = 4096

// constants lists the constants that the type's own package declares of it, in
// the order of their declaration in DWARF. Those that other packages declare
// would name values that have nothing to do with them.
func (t *Type) constants() []model.Const {
	if t.die == 0 || t.rec.Kind < model.KindInt || t.rec.Kind > model.KindUintptr {
		return nil
	}
	pkg := packagePath(t.rec.Name)
	known, ok := t.source.image.(Constants)
	if pkg == "" || !ok {
		return nil
	}
	all, ok := t.source.consts[pkg]
	if !ok {
		all = make(map[dwarf.Offset][]model.Const)
		known.Constants(pkg, func(name string, value int64, typ dwarf.Offset) {
			if len(all[typ]) < maxConsts {
				all[typ] = append(all[typ], model.Const{Name: name, Value: value})
			}
		})
		t.source.consts[pkg] = all
	}
	return all[t.die]
}

// packagePath takes the import path from the name of a defined type, "" if it has none.
func packagePath(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot < 0 {
		return ""
	}
	return unescapePath(name[:slash+1+dot])
}

// unescapePath undoes escapePath.
func unescapePath(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
