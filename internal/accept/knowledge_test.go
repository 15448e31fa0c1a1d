//go:build linux && amd64

package accept

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// check holds a dump against what its fixture states.
func check(t *testing.T, d *dump.Dump, ws []want, optimised bool) {
	t.Helper()
	if confirm(t, d, ws, optimised) == 0 {
		t.Error("not one statement of the fixture is confirmed")
	}
}

// confirm counts the statements of a fixture that a dump confirms. In a release
// build the compiler may have dropped a variable: then a stub is right; a wrong
// value never is.
func confirm(t *testing.T, d *dump.Dump, ws []want, optimised bool) (verified int) {
	t.Helper()
	absent, marked, wrong := 0, 0, 0
	for _, w := range ws {
		ok, got := satisfied(d, w)
		text, stale := strings.CutSuffix(got, " "+restore.StaleMark)
		switch {
		case ok:
			verified++
		case stale && w.Kind == "" && text == w.Text[strings.Index(w.Text, "= ")+2:]:
			marked++
		case stale: // in any build a dead pointer may lead to memory that is used again
			wrong++
		case mayBeAbsent(w) && (strings.Contains(got, outgrown) || d.Meta().GOOS == "windows" && strings.HasSuffix(got, decommitted)):
			absent++
		case optimised && (w.Kind == "debug" || mayBeAbsent(w) && (got == "" || stubMark.MatchString(got))):
			absent++
		default:
			t.Errorf("main.go:%d: %s: want %s %q, got %q", w.Line, w.Func, w.Kind, w.Text, got)
		}
	}
	t.Logf("%d statements hold, %d of variables that may be stale, %d of those do not; %d are about variables that the compiler dropped", verified, marked, wrong, absent)
	return verified
}

// outgrown marks a dead variable that points into a stack that was freed when
// it grew, which can happen in any build.
const outgrown = "the variable is dead and what it led to was freed"

// decommitted marks the same where the heap's free memory has been given back:
// elsewhere it can be read for some time.
const decommitted = "[unreadable memory]"

// mayBeAbsent tells the statements about variables, which a compiler may drop.
func mayBeAbsent(w want) bool {
	switch w.Kind {
	case "", "shadow", "body", "len", "chan", "dynamic", "debug":
		return true
	}
	return false
}

// satisfied looks at every frame of the statement's function: at least one has
// to satisfy it, and what is returned of the others is the first disagreement.
func satisfied(d *dump.Dump, w want) (bool, string) {
	first := ""
	for g := range d.Goroutines() {
		if w.Func == "" {
			return agree(w, dump.Frame{}, g)
		}
		for f := range g.Frames() {
			if !isFunction(f.Function().Name(), w) {
				continue
			}
			ok, got := agree(w, f, g)
			if ok {
				return true, got
			}
			if first == "" {
				first = got
			}
		}
	}
	return false, first
}

// isFunction compares symbols without type arguments; bodies of range-over-func
// loops are named after their function.
func isFunction(symbol string, w want) bool {
	symbol = dropTypeArgs(symbol)
	if w.Kind == "body" {
		return strings.HasPrefix(symbol, w.Func+"-range")
	}
	return symbol == w.Func
}

// dropTypeArgs removes what stands in brackets, however deep.
func dropTypeArgs(symbol string) string {
	var out strings.Builder
	depth := 0
	for _, r := range symbol {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// agree compares one statement with one frame of its function.
func agree(w want, f dump.Frame, g dump.Goroutine) (bool, string) {
	switch w.Kind {
	case "wait":
		return same(g.WaitReason(), w.Text)
	case "status":
		return same(g.Status().String(), w.Text)
	case "locked":
		return same(fmt.Sprint(g.Locked()), "true")
	case "labels":
		return agreeLabels(w, g)
	case "panics":
		return agreePanics(w, g)
	case "defers", "ndefers":
		return agreeDefers(w, f)
	}
	return agreeVariable(w, f)
}

func same(got, want string) (bool, string) { return got == want, got }

func agreeLabels(w want, g dump.Goroutine) (bool, string) {
	var got []string
	for _, kv := range g.Labels() {
		got = append(got, kv.Key+"="+kv.Value)
	}
	slices.Sort(got)
	return same(strings.Join(got, " "), w.Text)
}

// agreePanics takes the value of each panic from its interface: TYPE VALUE.
// What is stated may be shorter than what is there.
func agreePanics(w want, g dump.Goroutine) (bool, string) {
	var got []string
	for _, p := range g.Panics() {
		if p.Goexit {
			got = append(got, "Goexit")
			continue
		}
		typ, _ := p.Value().Dynamic()
		text := restore.FormatValue(p.Value(), loadConfig(recurse))
		_, text, _ = strings.Cut(text, "("+typ.Name()+") ")
		got = append(got, typ.Name()+" "+strings.TrimPrefix(text, "*"))
	}
	wanted := strings.Split(w.Text, " | ")
	ok := slices.EqualFunc(got, wanted, func(g, w string) bool { return strings.HasPrefix(g, w) })
	return ok, strings.Join(got, " | ")
}

func agreeDefers(w want, f dump.Frame) (bool, string) {
	var got []string
	for _, d := range f.Defers() {
		got = append(got, d.Function().Name())
	}
	if w.Kind == "ndefers" {
		return same(fmt.Sprint(len(got)), w.Text)
	}
	return same(strings.Join(got, " "), w.Text)
}

var address = regexp.MustCompile(`0x[0-9a-f]+`)

func agreeVariable(w want, f dump.Frame) (bool, string) {
	name, text, _ := strings.Cut(w.Text, " =")
	text = strings.TrimPrefix(text, " ")
	var found []dump.Variable
	for _, v := range f.Variables() {
		if v.Name() == name {
			found = append(found, v)
		}
	}
	if w.Kind == "shadow" {
		if w.Of > len(found) { // the compiler dropped one, who knows which
			return false, ""
		}
		found = found[w.N : w.N+1]
	}
	if len(found) == 0 {
		return false, ""
	}
	v := found[len(found)-1] // the innermost
	if s, absent := v.Value().Stub(); absent || !v.Value().Valid() {
		return false, "[" + s.Reason.String() + "]"
	}
	cfg := loadConfig(recurse)
	switch w.Kind {
	case "len":
		n, ok := v.Value().Len()
		if !ok {
			return false, restore.VariableValue(v, cfg)
		}
		return same(fmt.Sprint(n), text)
	case "chan":
		return agreeChan(v.Value(), text, cfg)
	case "dynamic":
		return agreeDynamic(v.Value(), text)
	}
	if strings.Contains(text, "0xX") {
		cfg.MaxVariableRecurse = 1
		return same(address.ReplaceAllString(restore.VariableValue(v, cfg), "0xX"), text)
	}
	return same(restore.VariableValue(v, cfg), text)
}

func agreeChan(v dump.Value, text string, cfg restore.LoadConfig) (bool, string) {
	info, ok := v.ChanInfo()
	if !ok {
		return false, "no channel"
	}
	var got []string
	for i := range info.Len {
		elem := restore.FormatValue(v.Index(i), cfg)
		if j := strings.IndexByte(elem, '{'); j > 0 {
			elem = elem[j:]
		}
		got = append(got, elem)
	}
	return same(strings.Join(got, " "), text)
}

func agreeDynamic(v dump.Value, text string) (bool, string) {
	var got []string
	n, isList := v.Len()
	if !isList {
		got = append(got, dynamicName(v))
	}
	for i := range n {
		got = append(got, dynamicName(v.Index(i)))
	}
	return same(strings.Join(got, " "), text)
}

func dynamicName(v dump.Value) string {
	if s, absent := v.Stub(); absent {
		return "[" + s.Reason.String() + "]"
	}
	if v.IsNil() {
		return "nil"
	}
	typ, ok := v.Dynamic()
	if !ok {
		return "?"
	}
	return typ.Name()
}
