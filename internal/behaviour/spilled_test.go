//go:build linux && amd64

package behaviour

import (
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestSpilledArguments: arguments that the debug information has lost are found
// where the function spilled them, and marked; what it has not spilled is a stub.
// What the debug information places where the compiler has put something else
// since (words' p.B) is marked.
func TestSpilledArguments(t *testing.T) {
	want := map[string]map[string]string{
		"main.words": {
			"id": "7", "name": `"seven"`, "list": "[]int len: 3, cap: 3, [1,2,3]", "p": "main.pair {A: 4, B: 5}", "f": "2.5", "b": "true",
		},
		"main.tables": {
			"id": "7", "name": `"seven"`, "list": "[]int len: 3, cap: 3, [1,2,3]", "p": "main.pair {A: 4, B: 5}", "f": "2.5", "b": "true",
		},
		"main.moved":   {"id": "22", "one": `map[string]int ["a": 1, ]`, "text": `"text"`, "p": "main.pair {A: 8, B: 9}"},
		"main.generic": {"id": "8"},
		"main.ends":    {"n": "", "text": ""},
	}
	modes := []mode{release, release.with("go1.25.0"), release.with("go1.27.0")}
	if !thorough {
		modes = modes[:1]
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		for _, way := range []string{"call", "fault"} {
			d := open(t, crash(t, m, "spilled", way))
			right, spilled := spilledIn(t, d, want)
			if spilled < 2 || right < 5 {
				t.Errorf("%s: %d arguments are right, %d more were found in their spill places; want 5 and 2 at least", way, right, spilled)
			}
			t.Logf("%s: %d arguments are right, %d marked", way, right, spilled)
		}
	})
}

// spilledIn holds the variables of functions against what they were.
func spilledIn(t *testing.T, d *dump.Dump, want map[string]map[string]string) (right, spilled int) {
	t.Helper()
	asked, _ := d.Asked()
	for f := range asked.Frames() {
		name, _, _ := strings.Cut(f.Function().Name(), "[")
		for _, v := range f.Variables() {
			text, known := want[name][v.Name()]
			got, stale := strings.CutSuffix(restore.VariableValue(v, restore.LongConfig()), " "+restore.StaleMark)
			switch {
			case !known:
			case text == "" && !strings.Contains(got, "[optimized out]"):
				t.Errorf("%s: %s has no place, but is %s", name, v.Name(), got)
			case got == text && stale:
				spilled++
			case got == text:
				right++
			case text != "" && !stale:
				t.Errorf("%s: %s is %s, want %s", name, v.Name(), got, text)
			}
		}
	}
	return right, spilled
}
