package restore

import (
	"cmp"
	"go/constant"
	"math/bits"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// How many constants of a type are looked through for each value of it, and how
// many of all types can be named.
const (
	maxConsts     = 1000
	maxConstNames = 1 << 17
)

// constant finds a constant by its package and name: one that was declared with
// a type of which the dump has values.
func (sc Scope) constant(name string) (constant.Value, bool) {
	if sc.s == nil {
		return nil, false
	}
	c, ok := sc.s.constants()[name]
	return c, ok
}

// constants makes the table of constants, once. Where two packages share the
// last element of their paths, neither's can be named by that alone.
func (s *Session) constants() map[string]constant.Value {
	if s.consts != nil {
		return s.consts
	}
	s.consts = map[string]constant.Value{}
	short := map[string]string{} // to the full name
	for t := range s.d.Types() {
		for i := range min(t.NumConst(), maxConsts, maxConstNames-len(s.consts)) {
			c := t.Const(i)
			s.consts[c.Name] = constant.MakeInt64(c.Value)
			if isUnsigned(t.Kind()) {
				s.consts[c.Name] = constant.MakeUint64(uint64(c.Value))
			}
			name := shortName(c.Name)
			if full, taken := short[name]; taken && full != c.Name {
				short[name] = ""
				continue
			}
			short[name] = c.Name
		}
	}
	for name, full := range short {
		if n, ok := s.consts[full]; ok {
			s.consts[name] = n
		}
	}
	return s.consts
}

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
