//go:build linux && amd64

package behaviour

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// B4.17: without debug information there are functions and lines, states,
// creators and labels, the panic's value with its fields, and the reason why
// there are no variables says what to do.
func TestNoDWARF(t *testing.T) {
	for _, flags := range []string{"-w", "-s -w", "-s"} {
		m := mode{name: "stripped" + strings.ReplaceAll(flags, " ", ""), flags: []string{"-ldflags=" + flags}}
		file := crash(t, m, "depth")
		d := open(t, file)
		f, ok := d.Cause().Frame()
		if !ok || !strings.HasSuffix(f.Function().Name(), "given.Fail") || f.Line() == 0 {
			t.Errorf("%s: the culprit is %s line %d", flags, f.Function().Name(), f.Line())
		}
		if stub, ok := f.NoVariables(); !ok || stub.Reason != mock.NoDWARF {
			t.Errorf("%s: there are no variables because of %v", flags, stub)
		}
		same(t, "locals", repl(t, file, there+"locals"), "(no locals: no DWARF: build without -w)")
		if bt := repl(t, file, "bt"); !strings.Contains(bt, "in main.work\n") || !strings.Contains(bt, "depth/main.go:") {
			t.Errorf("%s: bt says\n%s", flags, bt)
		}
		if text := d.Cause().Text; text != "both lead to swo" {
			t.Errorf("%s: the cause says %q", flags, text)
		}
		checkMissing(t, d, "variables: no DWARF: build without -w.")
		if method := d.Meta().Method; method != "clone" {
			t.Errorf("%s: memory was had by %s", flags, method)
		}
	}
}

// checkMissing looks for what the dump says that it lacks.
func checkMissing(t *testing.T, d *dump.Dump, want string) {
	t.Helper()
	if got := strings.Join(d.Meta().Missing, "\n"); got != want {
		t.Errorf("missing is %q, want %q", got, want)
	}
}

// B4.17: go run and go test leave the debug information out without being
// told, and the dump says so.
func TestGoRunHasNoDWARF(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.dump")
	cmd := exec.Command("go", "run", "./testdata/behaviour/depth", "-o", file)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	d, openErr := dump.Open(file)
	if openErr != nil {
		t.Fatalf("%v: %v\n%s", err, openErr, out)
	}
	defer d.Close()
	checkMissing(t, d, "variables: no DWARF: go run and go test leave it out; use go build, or go test -c.")
}

// B4.17: where there is no debug information, the words of the arguments are
// those of Go's own traceback, with its marks on those that may be stale.
func TestArgumentWords(t *testing.T) {
	for _, version := range []string{"", "go1.25.0", "go1.27.0"} {
		m := mode{"stripped-" + version, []string{"-ldflags=-s -w"}, version}
		file := filepath.Join(t.TempDir(), "args.dump")
		text := succeed(t, build(t, m, "argwords"), "-o", file).out
		asked, _ := open(t, file).Cause().Goroutine()
		for _, name := range []string{"plain", "nested", "many"} {
			_, after, ok := strings.Cut(text, "\nmain."+name+"(")
			want, _, _ := strings.Cut(after, ")\n")
			want, _, _ = strings.Cut(strings.NewReplacer("{", "", "}", "", ", ...", "", "_, ", "").Replace(want), "...")
			var got []string
			for f := range asked.Frames() {
				if f.Function().Name() == "main."+name {
					got = words(t, f)
				}
			}
			if list := strings.Join(got, ", "); !ok || list == "" || list != want {
				t.Errorf("%s: %s(%s), Go prints %s(%s)", version, name, list, name, want)
			}
		}
		if out := repl(t, file, there+"frame 2 args"); !strings.Contains(out, "arg0_0 = ") && !strings.Contains(out, "arg0 = ") {
			t.Errorf("args says %s", out)
		}
	}
}

// words writes a frame's variables as a traceback does.
func words(t *testing.T, f dump.Frame) (out []string) {
	for _, v := range f.Variables() {
		n, ok := v.Value().Uint()
		if !ok || !v.Fake() || v.Kind() != dump.VarParam {
			t.Errorf("%s: %s, of kind %v, is %d, %t", f.Function().Name(), v.Name(), v.Kind(), n, ok)
		}
		text := fmt.Sprintf("%#x", n)
		if v.Stale() {
			text += "?"
		}
		out = append(out, text)
	}
	return out
}

// B4.21: a program of a version of Go that is not known has its goroutines and
// stacks in the dump, and the header says what is lacking: without debug
// information all values, with it nothing but certainty.
func TestUnknownVersion(t *testing.T) {
	stripped := mode{name: "stripped-s-w", flags: []string{"-ldflags=-s -w"}}
	for _, c := range []struct {
		m      mode
		method string
		lacks  []string
	}{
		{release, "clone", []string{"certainty: the runtime of go1.99.8 is not known here"}},
		{stripped, "text", []string{"variables: no DWARF", "certainty: ", `values: capture: the runtime's goroutines cannot be found: the layout of the runtime of "go1.99.8" is not known.`,
			"the runtime's own goroutines: "}},
	} {
		text, err := os.ReadFile(build(t, c.m, "depth"))
		if err != nil {
			t.Fatal(err)
		}
		version := strings.Fields(runtime.Version())[0]
		other := "go1.99.8" + strings.Repeat("8", max(0, len(version)-len("go1.99.8")))
		exe, file := filepath.Join(t.TempDir(), "depth"), filepath.Join(t.TempDir(), "unknown.dump")
		if err := os.WriteFile(exe, bytes.ReplaceAll(text, []byte(version), []byte(other[:len(version)])), 0o700); err != nil {
			t.Fatal(err)
		}
		succeed(t, exe, "-o", file)
		d := open(t, file)
		if m := d.Meta(); m.Method != c.method || m.GoVersion != other || len(m.Missing) != len(c.lacks) {
			t.Errorf("%s: %s by %s, missing %q", c.m.name, m.GoVersion, m.Method, m.Missing)
		}
		_, header, _ := postmortem("open", "-c", "crash", file) // with a warning on the version
		_, info, _ := postmortem("info", file)
		for _, want := range c.lacks {
			if !strings.Contains(header, "  lacks  "+want) || !strings.Contains(info, "  lacks  "+want) {
				t.Errorf("%s: no %q in\n%s\n%s", c.m.name, want, header, info)
			}
		}
		if _, bt, _ := postmortem("open", "-c", "bt", file); !strings.Contains(bt, "in main.work\n") || !strings.Contains(bt, "in main.main\n") {
			t.Errorf("%s: bt says\n%s", c.m.name, bt)
		}
	}
}
