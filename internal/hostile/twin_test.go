//go:build linux && amd64

package hostile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// twin compares a damaged dump with the whole one that it was: what it still
// gives has to be the same, and what it does not give has to have a reason.
type twin struct {
	faults []string
	seen   map[[2]uint64]bool // address and type
	values int                // that were compared
}

// How much of two dumps is compared.
const (
	twinGoroutines = 12
	twinFrames     = 40
	twinElements   = 6
	twinDepth      = 6
)

func (w *twin) fault(path, format string, args ...any) {
	if len(w.faults) < 10 {
		w.faults = append(w.faults, path+": "+fmt.Sprintf(format, args...))
	}
}

// dumps compares everything in two dumps.
func (w *twin) dumps(whole, damaged *dump.Dump) {
	w.seen = map[[2]uint64]bool{}
	w.value("cause", whole.Cause().Value(), damaged.Cause().Value(), 0)
	before, after := restore.NewSession(whole), restore.NewSession(damaged)
	n := 0
	for g := range whole.Goroutines() {
		if n++; n > twinGoroutines {
			break
		}
		h, ok := damaged.Goroutine(g.ID())
		if !ok || h.NumFrames() == 0 && g.NumFrames() > 0 {
			if damaged.Damage() == nil {
				w.fault(fmt.Sprint("goroutine ", g.ID()), "gone without a word")
			}
			continue
		}
		for f := range g.Frames() {
			if e, ok := h.Frame(f.Index()); ok && f.Index() < twinFrames {
				w.frame(fmt.Sprintf("goroutine %d frame %d", g.ID(), f.Index()), f, e, before, after)
			}
		}
	}
	w.globals(whole, damaged)
}

func (w *twin) globals(whole, damaged *dump.Dump) {
	left := map[string]dump.Variable{}
	for v := range damaged.Globals() {
		left[v.Name()] = v
	}
	for v := range whole.Globals() {
		if x, ok := left[v.Name()]; ok {
			w.value(v.Name(), v.Value(), x.Value(), 0)
		}
	}
}

func (w *twin) frame(path string, f, e dump.Frame, before, after *restore.Session) {
	if name := e.Function().Name(); name != "" && name != f.Function().Name() {
		w.fault(path, "function %s is now %s", f.Function(), name)
	}
	vars, left := f.Variables(), e.Variables()
	if len(vars) != len(left) {
		if s, ok := e.NoVariables(); !ok || s.Reason == mock.Unknown || len(left) > 0 {
			w.fault(path, "%d variables of %d, %v", len(left), len(vars), s)
		}
		return
	}
	for i := range vars {
		if vars[i].Name() != left[i].Name() {
			w.fault(path, "variable %s is now %s", vars[i].Name(), left[i].Name())
			continue
		}
		w.value(path+" "+vars[i].Name(), vars[i].Value(), left[i].Value(), 0)
	}
	if f.Function().IsUser() {
		w.expressions(path, f, before, after)
	}
}

// value compares two values, and what they lead to.
func (w *twin) value(path string, a, b dump.Value, depth int) {
	at := [2]uint64{a.Addr(), uint64(a.Type().ID())}
	if !a.Valid() || depth > twinDepth || a.Addr() != 0 && w.seen[at] {
		return
	}
	w.seen[at] = true
	w.values++
	if _, gone := a.Stub(); gone {
		if _, gone := b.Stub(); !gone {
			w.fault(path, "is there, and was not: %s", restore.FormatValue(b, restore.ShortConfig()))
		}
		return
	}
	if s, gone := b.Stub(); gone {
		w.reason(path, s)
		return
	}
	if a.Kind() != b.Kind() || a.Type().Name() != b.Type().Name() || a.Addr() != b.Addr() {
		w.fault(path, "%s %v at %#x is now %s %v at %#x", a.Type(), a.Kind(), a.Addr(), b.Type(), b.Kind(), b.Addr())
		return
	}
	if x, y := scalarsOf(a), scalarsOf(b); x != y {
		w.fault(path, "%s is now %s", x, y)
	}
	w.parts(path, a, b, depth+1)
}

func (w *twin) reason(path string, s mock.Stub) {
	if s.Reason != mock.Damaged {
		w.fault(path, "is absent for no good reason: %v", s)
	}
}

// scalarsOf tells all that a value gives by itself.
func scalarsOf(v dump.Value) string {
	flag, ok0 := v.Bool()
	i, ok1 := v.Int()
	u, ok2 := v.Uint()
	f, ok3 := v.Float()
	c, ok4 := v.Complex()
	return fmt.Sprint(flag, i, u, f, c, ok0, ok1, ok2, ok3, ok4, fmt.Sprintf(" %#x ", v.Pointer()), v.IsNil())
}

func (w *twin) parts(path string, a, b dump.Value, depth int) {
	switch a.Kind() {
	case dump.KindPointer:
		if s, t := restore.FormatValue(a, restore.ShortConfig()), restore.FormatValue(b, restore.ShortConfig()); a.IsNil() && s != t {
			w.fault(path, "%s is now %s", s, t)
		}
		w.value("*"+path, a.Elem(), b.Elem(), depth)
	case dump.KindStruct:
		for i := range a.NumField() {
			w.value(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i), depth)
		}
	case dump.KindInterface:
		w.dynamic(path, a, b, depth)
	case dump.KindFunc:
		f, ok := a.Function()
		if g, still := b.Function(); ok && still && g.Name() != "" && f.Name() != g.Name() {
			w.fault(path, "%s is now %s", f, g)
		} else if ok && !still {
			_, s := b.Kept()
			w.reason(path, s)
		}
	case dump.KindString, dump.KindSlice, dump.KindArray, dump.KindMap, dump.KindChan:
		w.elements(path, a, b, depth)
	}
}

func (w *twin) dynamic(path string, a, b dump.Value, depth int) {
	if a.IsNil() {
		return
	}
	if t, ok := a.Dynamic(); ok {
		if u, ok := b.Dynamic(); ok && t.Name() != u.Name() {
			w.fault(path, "holds %s, held %s", u, t)
		} else if !ok {
			s, gone := b.Elem().Stub()
			if w.reason(path, s); !gone {
				w.fault(path, "its type is lost, but not its value")
			}
			return
		}
	}
	w.value(path+".(data)", a.Elem(), b.Elem(), depth)
}

func (w *twin) elements(path string, a, b dump.Value, depth int) {
	n, ok := a.Len()
	m, still := b.Len()
	kept, _ := a.Kept()
	left, why := b.Kept()
	switch {
	case still && (n != m || !ok):
		w.fault(path, "length %d, %v is now %d", n, ok, m)
	case left > kept:
		w.fault(path, "%d elements, there were %d", left, kept)
	case left < kept:
		w.reason(path, why)
	}
	s, _, _ := a.Text(-1)
	if t, _, _ := b.Text(-1); !strings.HasPrefix(s, t) || int64(len(t)) < min(left, int64(len(s))) {
		w.fault(path, "%.40q is now %.40q", s, t)
	}
	if a.Kind() == dump.KindMap {
		w.entries(path, a, b, depth)
		return
	}
	if a.Kind() == dump.KindString || ok && !still {
		return
	}
	for i := range min(n, twinElements) {
		w.value(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i), depth)
	}
}

func (w *twin) entries(path string, a, b dump.Value, depth int) {
	var keys, elems []dump.Value
	for k, e := range b.Entries() {
		if keys, elems = append(keys, k), append(elems, e); len(keys) == twinElements {
			break
		}
	}
	i := 0
	for k, e := range a.Entries() {
		if i == len(keys) {
			return
		}
		w.value(fmt.Sprintf("%s key %d", path, i), k, keys[i], depth)
		w.value(fmt.Sprintf("%s element %d", path, i), e, elems[i], depth)
		i++
	}
}

// questions ask about a variable what a user might.
var questions = []string{"%s", "%s == nil", "nil != %s", "len(%s)", "cap(%s)", "%s + 1", "%s == 0", `%s == ""`, `%s == "a"`, "%s == %[1]s", "%s[0]", "%s[1:2]",
	`%s["a"]`, "*%s", "%s.(data)", "!%s", "-%s", "uint8(%s)", "string(%s)", "[]byte(%s)", "uintptr(%s)"}

// expressions compares what expressions over the variables of a frame give.
func (w *twin) expressions(path string, f dump.Frame, before, after *restore.Session) {
	x, err := before.ScopeAt(f.Goroutine().ID(), f.Index())
	y, err2 := after.ScopeAt(f.Goroutine().ID(), f.Index())
	if err != nil || err2 != nil {
		if err == nil {
			w.fault(path, "no scope: %v", err2)
		}
		return
	}
	names := map[string]bool{}
	for _, v := range f.Variables() {
		names[v.Name()] = true
		value := v.Value()
		if value.Kind() == dump.KindPointer {
			value = value.Elem()
		}
		for i := range min(value.NumField(), twinElements) {
			names[v.Name()+"."+value.Type().Field(i).Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, q := range questions {
			w.expression(path, fmt.Sprintf(q, name), x, y)
		}
	}
}

func (w *twin) expression(path, expr string, x, y restore.Scope) {
	was, err := x.Eval(expr)
	is, err2 := y.Eval(expr)
	switch {
	case err2 != nil:
		if err == nil && !errors.Is(err2, restore.ErrAbsent) {
			w.fault(path, "%s: %s is now: %v", expr, was.Format(restore.ShortConfig()), err2)
		}
		return
	case err != nil:
		if v, ok := is.Value(); ok {
			if _, gone := v.Stub(); gone {
				return
			}
		}
		w.fault(path, "%s: %v is now %s", expr, err, is.Format(restore.ShortConfig()))
		return
	}
	a, ok := was.Value()
	b, ok2 := is.Value()
	if ok && ok2 {
		w.value(path+" "+expr, a, b, twinDepth-1)
		return
	}
	if s, t := was.Format(restore.ShortConfig()), is.Format(restore.ShortConfig()); s != t && !strings.Contains(t, mock.Damaged.String()) {
		w.fault(path, "%s: %s is now %s", expr, s, t)
	}
}
