//go:build linux && amd64

package behaviour

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// builds are the modes and Go versions in which each panic is looked at.
func builds(t *testing.T) []mode {
	modes := []mode{release, debug}
	if !thorough {
		return modes
	}
	modes = append(modes, race)
	for _, version := range []string{"go1.25.0", "go1.27.0"} {
		for _, m := range []mode{release, debug, race} {
			modes = append(modes, m.with(version))
		}
	}
	return modes
}

// blamed is the place that a program's own comment blames for a panic.
type blamed struct {
	function string
	line     int
}

// blames reads those comments of the program culprit.
func blames(t *testing.T) map[string]blamed {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(programs, "culprit", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]blamed{}
	mark := regexp.MustCompile(`// culprit: (\w+)(?: (\S+))?$`)
	for i, l := range strings.Split(string(text), "\n") {
		if m := mark.FindStringSubmatch(l); m != nil {
			if m[2] == "" {
				m[2] = "main." + m[1]
			}
			out[m[1]] = blamed{m[2], i + 1}
		}
	}
	if len(out) < 30 {
		t.Fatalf("only %d panics are described", len(out))
	}
	return out
}

var typeArguments = regexp.MustCompile(`\[.*\]`)

// B1.4: whatever way a panic came about, the culprit is the function that
// brought it about, at its line: not the runtime, nor the standard library that
// was called with what it cannot work with.
func TestCulprit(t *testing.T) {
	wants := blames(t)
	inModes(t, builds(t), func(t *testing.T, m mode) {
		dir := t.TempDir()
		succeed(t, build(t, m, "culprit"), dir)
		for name, want := range wants {
			d := open(t, filepath.Join(dir, name+".dump"))
			f, ok := d.Cause().Frame()
			got := blamed{typeArguments.ReplaceAllString(f.Function().Name(), "[...]"), f.Line()}
			if !ok || got != want || filepath.Base(f.File()) != "main.go" {
				t.Errorf("%s: blamed is %s:%d %s, want line %d %s", name, f.File(), got.line, got.function, want.line, want.function)
			}
			if k := d.Cause().Kind; k != dump.CausePanic {
				t.Errorf("%s: the cause is a %v", name, k)
			}
		}
	})
}
