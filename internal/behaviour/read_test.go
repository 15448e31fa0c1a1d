//go:build linux && amd64

package behaviour

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// open opens a dump that has to be whole.
func open(t testing.TB, file string) *dump.Dump {
	t.Helper()
	d, err := dump.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Verify(context.Background()); err != nil {
		t.Errorf("%s: verify: %v", filepath.Base(file), err)
	}
	return d
}

// postmortem runs the command in an empty environment.
func postmortem(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	std := cli.IO{In: strings.NewReader(""), Out: &o, Err: &e, Getenv: func(string) string { return "" }}
	status = cli.Run(context.Background(), args, std)
	return status, o.String(), e.String()
}

// there is the frame whose variables the programs are about: it called the
// function that panicked.
const there = "up 1 "

// repl runs one command of the debugger, which has to work, and gives what it says.
func repl(t testing.TB, file, command string) string {
	t.Helper()
	status, out, errs := postmortem("open", "-c", command, file)
	if status != 0 || errs != "" {
		t.Errorf("%q: exit status %d\n%s", command, status, errs)
	}
	return out
}

// refused runs a command of the debugger, which has to fail, and gives the reason.
func refused(t testing.TB, file, command string) string {
	t.Helper()
	status, out, errs := postmortem("open", "-c", command, file)
	if status != 1 || out != "" || !strings.HasPrefix(errs, "postmortem: ") {
		t.Errorf("%q: exit status %d, output %q, errors %q; want it refused", command, status, out, errs)
	}
	return errs
}

// same compares what a command says, addresses apart.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got = addresses.ReplaceAllString(strings.TrimSpace(got), "0xX"); got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", what, got, want)
	}
}

var addresses = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// prints compares what print says of expressions.
func prints(t testing.TB, file string, wants [][2]string) {
	t.Helper()
	for _, w := range wants {
		same(t, "print "+w[0], repl(t, file, there+"print "+w[0]), w[1])
	}
}

// variable finds a variable of the frame that the program is about.
func variable(t testing.TB, d *dump.Dump, name string) dump.Value {
	t.Helper()
	f, ok := d.Cause().Frame()
	if !ok {
		t.Fatal("the dump does not know the culprit's frame")
	}
	f, _ = f.Goroutine().Frame(f.Index() + 1)
	for _, v := range f.Variables() {
		if v.Name() == name {
			return v.Value()
		}
	}
	t.Fatalf("%s has no variable %s", f.Function().Name(), name)
	return dump.Value{}
}

// field selects a field, through pointers.
func field(t testing.TB, v dump.Value, path ...string) dump.Value {
	t.Helper()
	for _, name := range path {
		if v.Kind() == dump.KindPointer {
			v = v.Elem()
		}
		f, ok := v.FieldByName(name)
		if !ok {
			stub, _ := v.Stub()
			t.Fatalf("%s has no field %s: %v", v.Type().Name(), name, stub)
		}
		v = f
	}
	return v
}

// payloads gives all that a dump's sections hold, uncompressed.
func payloads(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.Open(bytes.NewReader(data), int64(len(data)), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for i := range r.Entries() {
		b, err := r.Payload(i)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(&all, bytes.NewReader(b))
	}
	if all.Len() == 0 {
		t.Fatal("the dump is empty")
	}
	return all.Bytes()
}

// line finds the number of the line of a program's main.go that ends with a mark.
func line(t testing.TB, name, mark string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(programs, name, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(string(text), "\n") {
		if strings.HasSuffix(l, "// "+mark) {
			return i + 1
		}
	}
	t.Fatalf("%s: no line is marked %q", name, mark)
	return 0
}
