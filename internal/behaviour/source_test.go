//go:build linux && amd64

package behaviour

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// B2.14: switched off, no line of any of the program's sources is in the dump.
func TestNoSource(t *testing.T) {
	with, without := payloads(t, crash(t, release, "dynamic")), payloads(t, crash(t, release, "dynamic", "-source=false"))
	lines, found := 0, 0
	for _, name := range []string{"behaviour/dynamic/main.go", "internal/given/given.go"} {
		text, err := os.ReadFile(filepath.Join(programs, "..", name))
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(text)) {
			l = strings.TrimRight(l, "\n")
			if len(strings.TrimSpace(l)) < 12 || strings.HasPrefix(strings.TrimSpace(l), `"`) {
				continue // too common, or the path of a package
			}
			lines++
			if bytes.Contains(with, []byte(l)) {
				found++
			}
			if bytes.Contains(without, []byte(l)) {
				t.Errorf("the dump without source has the line %q", l)
			}
		}
	}
	if lines < 50 || found != lines {
		t.Errorf("of %d lines %d are in the dump with source", lines, found)
	}
	file := crash(t, release, "dynamic", "-source=false")
	if out := repl(t, file, there+"list"); !strings.Contains(out, "was left out of the dump") {
		t.Errorf("list says\n%s", out)
	}
}

// B2.14: a -trimpath binary shows the source that it carries itself; one that
// carries none names the file.
func TestEmbeddedSource(t *testing.T) {
	const path = "github.com/gopostmortem/postmortem/testdata/behaviour/embedded/main.go"
	trimmed := mode{name: "trimmed", flags: []string{"-trimpath"}}
	mark := "=>  " + itoa(line(t, "embedded", "mark: fail")) + ":"
	for _, m := range []mode{trimmed, release} {
		file := crash(t, m, "embedded", "register")
		if out := repl(t, file, "list"); !strings.Contains(out, mark) || !strings.Contains(out, "// mark: fail") {
			t.Errorf("%s: list shows\n%s", m.name, out)
		}
		for s := range open(t, file).Sources() {
			if strings.HasSuffix(s.Path, "embedded/main.go") && (s.State != dump.SourceEmbedded || s.Found != "registered: main.go") {
				t.Errorf("%s: %s is %v, found at %s", m.name, s.Path, s.State, s.Found)
			}
		}
	}
	file := crash(t, trimmed, "embedded")
	if out := repl(t, file, "list"); !strings.HasSuffix(out, "Couldn't locate \""+path+"\" during dump: not found.\n") {
		t.Errorf("without a source: %s", out)
	}
	if _, out, _ := postmortem("info", file); !strings.Contains(out, ".go: not found; package source says") {
		t.Errorf("info does not say that the source is not found:\n%s", out)
	}
	if f, ok := open(t, file).Cause().Frame(); !ok || f.File() != path || f.Function().Name() != "main.fail" {
		t.Errorf("the culprit is %s in %s", f.Function().Name(), f.File())
	}
}
