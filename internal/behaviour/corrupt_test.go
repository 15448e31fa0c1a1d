//go:build linux && amd64

package behaviour

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// corrupt runs the program, which lives to its end, and gives its dumps.
func corrupt(t *testing.T, exe, damage string) []*dump.Dump {
	t.Helper()
	r := run(t, exe, t.TempDir(), damage)
	if r.status != 0 || r.errors != "" {
		t.Fatalf("%s: status %d\n%s%.2000s", damage, r.status, r.out, r.errors)
	}
	var out []*dump.Dump
	for line := range strings.Lines(r.out) {
		path, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "again "), "dump ")
		if !ok {
			t.Fatalf("%s: %s", damage, r.out)
		}
		out = append(out, open(t, path))
	}
	return out
}

// A cause whose memory is damaged costs its words, neither the dump nor the program.
func TestDamagedCause(t *testing.T) {
	t.Parallel()
	exe := build(t, release, "corrupt")
	for damage, problem := range map[string]string{
		"string": "its memory cannot be read", "long": "its memory cannot be read", "interface": "its memory cannot be read",
		"error": "its method panicked", "text": "its method panicked",
	} {
		list := corrupt(t, exe, damage)
		if c := list[0].Cause(); c.Text != "" || !strings.HasPrefix(c.TextError, problem) {
			t.Errorf("%s: %q, %q", damage, c.Text, c.TextError)
		}
		for _, d := range list {
			if f, _ := d.Cause().AskFrame(); f.Function().Name() != "main.capture" || d.Meta().Method != "clone" {
				t.Errorf("%s: asked in %s, method %s", damage, f.Function().Name(), d.Meta().Method)
			}
		}
	}
}

// A file of debug information that becomes shorter while it is mapped costs one
// dump its values, and the later ones what was in the file.
func TestDebugInformationTakenAway(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), "corrupt")
	if err := goBuild(programs, mode{flags: []string{"-ldflags=-compressdwarf=false"}}, exe, "./corrupt"); err != nil {
		t.Fatal(err)
	}
	file := exe + ".debug"
	for _, args := range [][]string{{"--only-keep-debug", exe, file}, {"--strip-all", "--add-gnu-debuglink=" + file, exe}} {
		if out, err := exec.Command("objcopy", args...).CombinedOutput(); err != nil {
			if os.Getenv("CI") == "" && errors.Is(err, exec.ErrNotFound) {
				t.Skip(err)
			}
			t.Fatalf("objcopy %q: %v\n%s", args, err, out)
		}
	}
	list := corrupt(t, exe, "truncate="+file)
	if len(list) != 3 {
		t.Fatalf("%d dumps", len(list))
	}
	for i, method := range []string{"clone", "text", "clone"} {
		if got := list[i].Meta().Method; got != method {
			t.Errorf("dump %d: method %s, want %s", i, got, method)
		}
	}
	if !list[0].Meta().HasDWARF || list[2].Meta().HasDWARF {
		t.Error("the debug information is there when it is gone, or was not before")
	}
}
