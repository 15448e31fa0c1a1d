package dump_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// trimmed is a program with frames of its own and of a dependency, which may
// carry its own source.
const trimmed = `package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
)

func main() {
	cmd := &cobra.Command{Run: func(*cobra.Command, []string) {
		fmt.Println(dump.Capture(nil, dump.File(os.Args[1])))
	}, Args: cobra.ArbitraryArgs}
	_ = cmd.Execute()
}
`

const carried = `package main

import (
	"embed"

	"github.com/gopostmortem/postmortem/source"
)

//go:embed main.go
var files embed.FS

func init() { _ = source.Register(files) }
`

// trimmedModule makes a module that uses this one, and builds it with -trimpath.
func trimmedModule(t *testing.T, files map[string]string) (dir, exe string) {
	t.Helper()
	_, self, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(self))
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	dir = t.TempDir()
	_, requires, _ := strings.Cut(read("go.mod"), "\n")
	files["go.mod"] = "module example.com/trim\n" + requires +
		"\nrequire github.com/gopostmortem/postmortem v0.0.0\nreplace github.com/gopostmortem/postmortem => " + root + "\n"
	files["go.sum"] = read("go.sum")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exe = filepath.Join(t.TempDir(), "trim")
	cmd := exec.Command("go", "build", "-mod=mod", "-trimpath", "-o", exe, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return dir, exe
}

// sourcesOf runs the program in a directory and gives what its dump says of its files.
func sourcesOf(t *testing.T, exe, dir string) map[string]dump.SourceFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.dump")
	cmd := exec.Command(exe, path)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), path) {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	d := open(t, path)
	found := map[string]dump.SourceFile{}
	for s := range d.Sources() {
		name, _, _ := strings.Cut(s.Path, "@")
		found[name] = s
		if text, err := d.Source(s.Path); (err == nil) != (s.State == dump.SourceEmbedded || s.State == dump.SourceStale) || int64(len(text)) != s.Size {
			t.Errorf("%s: %d bytes of text, %v, but %v with %d", s.Path, len(text), err, s.State, s.Size)
		}
	}
	return found
}

// B2.14: a program built with -trimpath names no directory. Its dependencies'
// source is in the module cache, its own where its module is, or in itself.
func TestTrimmedPaths(t *testing.T) {
	const own, dep = "example.com/trim/main.go", "github.com/spf13/cobra"
	dir, exe := trimmedModule(t, map[string]string{"main.go": trimmed})
	far := t.TempDir()

	at := sourcesOf(t, exe, dir)
	if s := at[own]; s.State != dump.SourceEmbedded || s.Size != int64(len(trimmed)) {
		t.Errorf("run in its module, its own source is %v, %q, %d bytes, want all %d", s.State, s.Reason, s.Size, len(trimmed))
	}
	if s := at[dep]; s.State != dump.SourceEmbedded {
		t.Errorf("the dependency's source is %v, %q, want it from the module cache", s.State, s.Reason)
	}
	if s := sourcesOf(t, exe, far)[own]; s.State != dump.SourceAbsent || s.Reason == "" || s.Size != 0 {
		t.Errorf("run elsewhere, its own source is %v, %q, %d bytes, want it absent with a reason", s.State, s.Reason, s.Size)
	}

	_, exe = trimmedModule(t, map[string]string{"main.go": trimmed, "source.go": carried})
	if s := sourcesOf(t, exe, far)[own]; s.State != dump.SourceEmbedded || s.Size != int64(len(trimmed)) {
		t.Errorf("carried along, its own source is %v, %q, %d bytes, want all %d", s.State, s.Reason, s.Size, len(trimmed))
	}
}
