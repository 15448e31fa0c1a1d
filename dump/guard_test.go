package dump_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// build builds a program of testdata and returns its path.
func build(t *testing.T, name string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), "./testdata/"+name)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return exe
}

// ran is how a program ended.
type ran struct {
	status      int
	out, errors string
	dumps       []string
}

// run runs a fixture with a directory of its own for dumps.
func run(t *testing.T, exe, guard, way string) ran {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(exe, way)
	cmd.Env = append(os.Environ(), "POSTMORTEM_DIR="+dir, "GUARD="+guard, "GOTRACEBACK=single")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	dumps, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String(), dumps}
}

// normal takes out of a traceback what a run differs in from the next.
func normal(s string) []string {
	s = regexp.MustCompile(`\{?0x[0-9a-f]+\??(, 0x[0-9a-f]+\??)*\}?`).ReplaceAllString(s, "0x")
	s = strings.ReplaceAll(s, " [recovered, repanicked]", "")
	return strings.Split(strings.TrimSpace(s), "\n")
}

// A guarded program ends as it would have: the same status, the same output,
// the same traceback, from which nothing is missing.
func TestGuard(t *testing.T) {
	exe := build(t, "crasher")
	tests := []struct {
		way    string
		dumps  int
		kind   dump.CauseKind
		text   string
		blamed string
	}{
		{"value", 1, dump.CausePanic, "boom", "main.init.func1"},
		{"custom", 1, dump.CausePanic, "custom: boom", "main.init.func2"},
		{"nil", 1, dump.CausePanic, new(runtime.PanicNilError).Error(), "main.init.func3"},
		{"pointer", 1, dump.CausePanic, "runtime error: invalid memory address or nil pointer dereference", "main.init.func4"},
		{"nested", 1, dump.CausePanic, "second", "main.init.func5.1"},
		{"return", 0, 0, "", ""},
		{"goexit", 0, 0, "", ""},
		{"recovered", 1, dump.CausePanic, "kept", ""},
	}
	for _, tt := range tests {
		t.Run(tt.way, func(t *testing.T) {
			plain, guarded := run(t, exe, "", tt.way), run(t, exe, "yes", tt.way)
			if guarded.status != plain.status || guarded.out != plain.out {
				t.Errorf("status %d, output %q, without guard %d, %q", guarded.status, guarded.out, plain.status, plain.out)
			}
			if tt.dumps > 0 && tt.way != "recovered" && guarded.status != 2 {
				t.Errorf("exit status %d, want 2", guarded.status)
			}
			if len(plain.dumps) != 0 || len(guarded.dumps) != tt.dumps {
				t.Fatalf("dumps: %q, without guard %q, want %d and none", guarded.dumps, plain.dumps, tt.dumps)
			}
			// Every line of the original traceback, in its order.
			left := normal(guarded.errors)
			for _, line := range normal(plain.errors) {
				for len(left) > 0 && line != "" && left[0] != line {
					left = left[1:]
				}
				if len(left) == 0 {
					t.Fatalf("%q is missing from the guarded traceback:\n%s\nwithout guard:\n%s", line, guarded.errors, plain.errors)
				}
			}
			if tt.dumps == 0 {
				return
			}
			if !strings.Contains(guarded.errors, "postmortem: dump written to "+guarded.dumps[0]+"\n") {
				t.Errorf("standard error does not say where the dump is:\n%s", guarded.errors)
			}
			d := open(t, guarded.dumps[0])
			c := d.Cause()
			if c.Kind != tt.kind || c.Text != tt.text {
				t.Errorf("cause %v %q, want %v %q", c.Kind, c.Text, tt.kind, tt.text)
			}
			if f, _ := c.Frame(); tt.blamed != "" && f.Function().Name() != tt.blamed {
				t.Errorf("blamed: %s, want %s", f.Function().Name(), tt.blamed)
			}
			if d.Meta().Program != "crasher" || d.Meta().BuildID == "" {
				t.Errorf("program %q, build ID %q", d.Meta().Program, d.Meta().BuildID)
			}
		})
	}
}

// B2.4: a bad option of Guard is known from the first normal return, is not
// repeated by each, and the panic goes on all the same, with a dump made without
// the option.
func TestGuardWithBadOption(t *testing.T) {
	exe := build(t, "crasher")
	for way, want := range map[string]struct{ status, reports, dumps int }{"return": {0, 1, 0}, "value": {2, 1, 1}, "returns": {0, 1, 0}, "recovered": {0, 2, 1}} {
		r := run(t, exe, "bad", way)
		n := strings.Count(r.errors, "postmortem: guard: dump: option Depth(-7): at least -1 is needed\n")
		if r.status != want.status || len(r.dumps) != want.dumps || n != want.reports {
			t.Errorf("%s: status %d, dumps %q, %d reports, want %+v; standard error:\n%s", way, r.status, r.dumps, n, want, r.errors)
		}
		for _, path := range r.dumps {
			if d := open(t, path); d.Meta().Depth != 3 || d.Cause().Kind != dump.CausePanic {
				t.Errorf("%s: a dump of depth %d and a %v", way, d.Meta().Depth, d.Cause().Kind)
			}
		}
	}
}

// Captures that are refused while a writer hangs leave nothing behind, also in a
// program with debug information, where the engine is at work.
func TestRefusedCaptures(t *testing.T) {
	r := run(t, build(t, "crasher"), "", "refused")
	if want := "10 refused, more goroutines: false\n"; r.status != 0 || r.out != want {
		t.Errorf("status %d: %q, want %q; standard error:\n%s", r.status, r.out, want, r.errors)
	}
}

// When the disk is full what fits is kept, if it says at least why there is a
// dump; else nothing is left.
func TestFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the size of files is limited on Linux only")
	}
	r := run(t, build(t, "crasher"), "", "disk")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.status != 0 || len(lines) != 10 {
		t.Fatalf("status %d:\n%s%s", r.status, r.out, r.errors)
	}
	whole, parts := 0, 0
	for i, line := range lines {
		f := strings.SplitN(line, "|", 4)
		path, part, err := f[1], f[2] == "true", f[3]
		switch {
		case i == 0 && (path == "" || err != "<nil>"):
			t.Errorf("with room enough: %s", line)
		case i == 0:
			whole++
			open(t, path)
		case path == "" && (part || err == "<nil>"), path != "" && !part:
			t.Errorf("inconsistent: %s", line)
		case path != "":
			parts++
			d, err := dump.Open(path)
			if d == nil || !errors.Is(err, dump.ErrTruncated) {
				t.Fatalf("%s: %v, want a dump that is cut", line, err)
			}
			if c := d.Cause(); c.Kind != dump.CauseValue || !strings.HasPrefix(c.Text, "0123456789abcdef") {
				t.Errorf("%s: cause %v %.20q", line, c.Kind, c.Text)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if whole != 1 || parts == 0 || parts == len(lines)-1 || len(r.dumps) != whole+parts {
		t.Errorf("%d whole dumps, %d in part, but the directory holds %q\n%s", whole, parts, r.dumps, r.out)
	}
}
