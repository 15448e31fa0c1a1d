package restore

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// maxConsts is how many constants of a type are looked through for each value of it.
const maxConsts = 1000

// constDescription names an integer of a defined type by the constants
// declared with the type: Red, or for bit sets A|C. It is "" for none.
func constDescription(t dump.Type, scalar any) string {
	if t.NumConst() == 0 || t.NumConst() > maxConsts || !strings.Contains(t.Name(), ".") {
		return ""
	}
	var n int64
	switch x := scalar.(type) {
	case int64:
		n = x
	case uint64:
		n = int64(x)
	}
	prefix := packageOf(t.Name()) + "."
	var flags []dump.Const // constants of one bit each
	for i := range t.NumConst() {
		c := t.Const(i)
		if c.Value == n {
			return strings.TrimPrefix(c.Name, prefix)
		}
		if bits.OnesCount64(uint64(c.Value)) == 1 && n&c.Value != 0 {
			flags = append(flags, c)
		}
	}
	slices.SortStableFunc(flags, func(a, b dump.Const) int { return cmp.Compare(a.Value, b.Value) })
	return bitNames(flags, n, prefix)
}

// bitNames writes n as constants of one bit each.
func bitNames(flags []dump.Const, n int64, prefix string) string {
	var names []string
	for _, c := range flags {
		if n&c.Value != 0 {
			names = append(names, strings.TrimPrefix(c.Name, prefix))
			n &^= c.Value
		}
	}
	if n != 0 {
		return ""
	}
	return strings.Join(names, "|")
}

// packageOf gives the import path in front of a qualified name.
func packageOf(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] // type arguments have paths of their own
	}
	slash := strings.LastIndexByte(name, '/')
	if dot := strings.IndexByte(name[slash+1:], '.'); dot >= 0 {
		return name[:slash+1+dot]
	}
	return ""
}
