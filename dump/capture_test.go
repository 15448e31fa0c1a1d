package dump_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// open opens a dump that has to be whole.
func open(t *testing.T, path string) *dump.Dump {
	t.Helper()
	d, err := dump.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// read opens a dump in memory.
func read(t *testing.T, b []byte) *dump.Dump {
	t.Helper()
	d, err := dump.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// take captures to memory.
func take(t *testing.T, cause any, opts ...dump.Option) *dump.Dump {
	t.Helper()
	var b bytes.Buffer
	if err := dump.Write(&b, cause, opts...); err != nil {
		t.Fatal(err)
	}
	return read(t, b.Bytes())
}

//go:noinline
func explode(m map[string]int) { m["key"] = 1 }

// panicked captures a recovered panic in the deferred function.
func panicked(t *testing.T, opts ...dump.Option) (path string) {
	t.Helper()
	defer func() {
		r := recover()
		var err error
		if path, err = dump.Capture(r, opts...); err != nil {
			t.Error(err)
		}
	}()
	explode(nil)
	return ""
}

func TestCaptureOfAPanic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	path := panicked(t, dump.Dir(dir), dump.Label("release", "r1"), dump.Label("release", "r2"))
	if filepath.Dir(path) != dir {
		t.Errorf("the dump is %s, want it in %s", path, dir)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want -rw-------", info.Mode(), err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory made for it: %v, %v, want 0700", info.Mode(), err)
	}
	d := open(t, path)
	c := d.Cause()
	if c.Kind != dump.CausePanic || c.Text != "assignment to entry in nil map" || c.TextError != "" {
		t.Errorf("cause %v %q %q", c.Kind, c.Text, c.TextError)
	}
	g, ok := c.Goroutine()
	if asked, _ := d.Asked(); !ok || asked != g {
		t.Errorf("the goroutine of the cause is %v, the one that asked %v", g.ID(), asked.ID())
	}
	if f, ok := c.Frame(); !ok || !strings.HasSuffix(f.Function().Name(), "dump_test.explode") {
		t.Errorf("blamed: %q, want explode", f.Function().Name())
	}
	m := d.Meta()
	if got := fmt.Sprint(m.Labels); got != "[{release r1} {release r2}]" {
		t.Errorf("labels %v", got)
	}
	if m.Depth != dump.DefaultDepth || len(m.Options) == 0 || m.PID != int64(os.Getpid()) || m.NumGoroutine < 2 {
		t.Errorf("depth %d, options %v, pid %d, goroutines %d", m.Depth, m.Options, m.PID, m.NumGoroutine)
	}
}

// The causes that are no panic.
func TestKindOfCause(t *testing.T) {
	typed := (*nilErr)(nil)
	tests := []struct {
		cause    any
		kind     dump.CauseKind
		text     string
		typeName string
	}{
		{nil, dump.CauseNone, "", ""},
		{errors.Join(errors.New("a"), fs.ErrExist), dump.CauseError, "a\nfile already exists", "*errors.joinError"},
		{"text", dump.CauseValue, "text", "string"},
		{42, dump.CauseValue, "42", "int"},
		{-1.5, dump.CauseValue, "-1.5", "float64"},
		{complex64(1 + 2i), dump.CauseValue, "(1+2i)", "complex64"},
		{true, dump.CauseValue, "true", "bool"},
		{uintptr(7), dump.CauseValue, "7", "uintptr"},
		{plain{1}, dump.CauseValue, "(github.com/gopostmortem/postmortem/dump_test.plain)", "github.com/gopostmortem/postmortem/dump_test.plain"},
		{&plain{1}, dump.CauseValue, "(*github.com/gopostmortem/postmortem/dump_test.plain)", "*github.com/gopostmortem/postmortem/dump_test.plain"},
		{func() {}, dump.CauseValue, "(func())", "func()"},
		{[]plain{}, dump.CauseValue, "([]github.com/gopostmortem/postmortem/dump_test.plain)", "[]github.com/gopostmortem/postmortem/dump_test.plain"},
		{time.Second, dump.CauseValue, "1s", "time.Duration"},
		{typed, dump.CauseError, "nil receiver", "*github.com/gopostmortem/postmortem/dump_test.nilErr"},
	}
	for _, tt := range tests {
		c := take(t, tt.cause, dump.Depth(0), dump.Source(false)).Cause()
		if c.Kind != tt.kind || c.Text != tt.text || c.TypeName != tt.typeName || c.TextError != "" {
			t.Errorf("%T: %v %q %q %q, want %v %q %q", tt.cause, c.Kind, c.Text, c.TypeName, c.TextError, tt.kind, tt.text, tt.typeName)
		}
	}
}

type plain struct{ N int }

type nilErr struct{ text string }

func (e *nilErr) Error() string {
	if e == nil {
		return "nil receiver"
	}
	return e.text
}

func TestCaptureFromManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	const n = 4
	var wg sync.WaitGroup
	paths := make([]string, n)
	errs := make([]error, n)
	ids := make([]dump.GoID, n)
	for i := range n {
		wg.Go(func() {
			ids[i] = goroutineID()
			paths[i], errs[i] = dump.Capture(fmt.Sprint("cause ", i), dump.Dir(dir), dump.Depth(1))
		})
	}
	wg.Wait()
	for i := range n {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		d := open(t, paths[i])
		if g, ok := d.Asked(); !ok || g.ID() != ids[i] || d.Cause().Text != fmt.Sprint("cause ", i) {
			t.Errorf("dump %d was asked for by goroutine %d because of %q, want %d", i, g.ID(), d.Cause().Text, ids[i])
		}
	}
}

// goroutineID reads the id as the runtime prints it.
func goroutineID() dump.GoID {
	var id dump.GoID
	b := make([]byte, 64)
	_, _ = fmt.Sscanf(string(b[:runtime.Stack(b, false)]), "goroutine %d ", &id)
	return id
}

// B1.7: three in one second are three files, ordered; a snapshot's name stays
// in the directory, and exact in the dump.
func TestSnapshots(t *testing.T) {
	dir := t.TempDir()
	const name = "../x/☃"
	var paths []string
	for range 3 {
		path, err := dump.Snapshot(name, dump.Dir(dir), dump.Depth(0))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if !sort.StringsAreSorted(paths) || paths[0] == paths[1] || paths[1] == paths[2] {
		t.Errorf("paths %q, want three in order", paths)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d files in the directory, %v, want 3", len(entries), err)
	}
	c := open(t, paths[0]).Cause()
	if c.Kind != dump.CauseSnapshot || c.Name != name {
		t.Errorf("cause %v, name %q, want a snapshot named %q", c.Kind, c.Name, name)
	}
}

func TestFileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.dump")
	into := dump.File(path)
	if got, err := dump.Capture(nil, into, dump.Depth(0)); err != nil || got != path {
		t.Fatalf("Capture = %q, %v, want %q", got, err, path)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := dump.Capture(nil, into, dump.Depth(0)); !errors.Is(err, fs.ErrExist) || got != "" {
		t.Errorf("second capture into the same file: %q, %v, want %v", got, err, fs.ErrExist)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the first dump was changed: %v", err)
	}
}

func TestEnvironmentAndArguments(t *testing.T) {
	t.Setenv("POSTMORTEM_TEST_SECRET", "s3cret")
	t.Setenv("POSTMORTEM_TEST_WANTED", "wanted")
	t.Setenv("GODEBUG", "postmortem=1")
	var b bytes.Buffer
	if err := dump.Write(&b, nil, dump.Depth(0), dump.Source(false), dump.Env("POSTMORTEM_TEST_WANTED"), dump.Args(false)); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	m := read(t, b.Bytes()).Meta()
	for _, kv := range m.Env {
		env[kv.Key] = kv.Value
	}
	if env["POSTMORTEM_TEST_WANTED"] != "wanted" || env["GODEBUG"] != "postmortem=1" {
		t.Errorf("environment %v lacks what was asked for", env)
	}
	for key, value := range env {
		if strings.Contains(value, "s3cret") || key == "PATH" {
			t.Errorf("environment holds %s=%s, which nobody asked for", key, value)
		}
	}
	if len(m.Args) != 1 {
		t.Errorf("arguments %q, want the program's name alone", m.Args)
	}
}

// B2.5: with depth 0 there are functions and lines, and no values.
func TestDepthZero(t *testing.T) {
	d := open(t, panicked(t, dump.Dir(t.TempDir()), dump.Depth(0)))
	f, ok := d.Cause().Frame()
	if !ok || !strings.HasSuffix(f.Function().Name(), ".explode") || f.Line() == 0 || !strings.HasSuffix(f.File(), "capture_test.go") {
		t.Errorf("blamed: %s at %s:%d", f.Function().Name(), f.File(), f.Line())
	}
	if n := len(f.Variables()); n != 0 {
		t.Errorf("%d variables at depth 0", n)
	}
	if stub, ok := f.NoVariables(); !ok {
		t.Error("nothing says why there are no variables")
	} else if got := stub.Reason.String(); got != "not captured" && got != "depth limit" && d.Meta().Method != "text" {
		t.Errorf("there are no variables because of %q", got)
	}
}

// B2.14: the source of the user's frames is in the dump, or not a byte of it.
func TestSource(t *testing.T) {
	_, self, _, _ := runtime.Caller(0)
	want, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	var with, without bytes.Buffer
	if err := dump.Write(&with, nil); err != nil {
		t.Fatal(err)
	}
	if err := dump.Write(&without, nil, dump.Source(false)); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, with.Bytes()).Source(self); err != nil || !bytes.Equal(got, want) {
		t.Errorf("source: %d bytes, %v, want the %d of this file", len(got), err, len(want))
	}
	d := read(t, without.Bytes())
	if got, err := d.Source(self); !errors.Is(err, dump.ErrNoSource) || len(got) != 0 {
		t.Errorf("source switched off: %d bytes, %v", len(got), err)
	}
	for s := range d.Sources() {
		if s.Size != 0 || len(s.Hash) != 0 {
			t.Errorf("source switched off, but of %s size %d and hash %x are kept", s.Path, s.Size, s.Hash)
		}
	}
}
