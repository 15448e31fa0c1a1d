package goroutine

import "testing"

// lacking is the table without some members.
type lacking struct {
	inTable
	gone map[string]bool
}

func (l lacking) offset(name, path string) (uint64, bool) {
	if l.gone[name+":"+path] {
		return 0, false
	}
	return l.inTable.offset(name, path)
}

// B4.21: what a runtime does not have, captures say that they lack; without
// what all else depends on there is no layout.
func TestMissing(t *testing.T) {
	found := func(gone ...string) (*Layout, error) {
		in := lacking{inTable{1}, map[string]bool{}}
		for _, g := range gone {
			in.gone[g] = true
		}
		l := &Layout{allm: 1, reason: waitReasons{1, 40}}
		return l, l.find(in)
	}
	for _, c := range []struct {
		gone []string
		want string
	}{
		{nil, ""},
		{[]string{"runtime.g:labels"}, "labels"},
		{[]string{"runtime.g:waiting", "runtime.g:_defer"}, "deferred calls, the channels they wait for"},
		{[]string{"runtime.m:procid"}, "threads"},
	} {
		l, err := found(c.gone...)
		if err != nil || l.Missing() != c.want {
			t.Errorf("without %v: %q, %v, want %q", c.gone, l.Missing(), err, c.want)
		}
	}
	if _, err := found("runtime.g:goid"); err == nil {
		t.Error("there is a layout without goid")
	}
	if l := (&Layout{}); l.Missing() == "" {
		t.Error("nothing is missing of an empty layout")
	}
	for version, want := range map[string]bool{"go1.25": true, "go1.26.8": true, "go1.27rc1": true, "go1.26.8 X:foo": true, "go1.24.1": false, "go1.271": false, "devel": false} {
		if KnownVersion(version) != want {
			t.Errorf("%q is known: %t", version, !want)
		}
	}
}
