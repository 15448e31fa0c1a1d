//go:build linux && amd64

package hostile

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/wire"
	"github.com/gopostmortem/postmortem/restore"
)

// FuzzDebugger opens a file in the debugger and looks around, with an
// expression of the input's. With a payload, the file is a sound dump in which
// one section holds the payload.
func FuzzDebugger(f *testing.F) {
	service, err := os.ReadFile(module + "/dump/testdata/service.dump")
	if err != nil {
		f.Fatal(err)
	}
	parts := unseal(f, service)
	for i, s := range parts {
		f.Add([]byte(nil), byte(i), s.payload, "req")
	}
	expressions := []string{
		"x", "*req", "s.jobs", "&n", "numbers[1:2]", `m["key"]`, "len(s) + cap(s)", "*(*int)(0x3000)", "err.(*main.codeError).Code",
		"%x n", "fn", "runtime.allp", "(*main.T)(nil)", "'a' << 2 == 3 && !true", `"a" + "b"`, "-1.5 * 2i",
	}
	n := 0
	for _, file := range dumps(f) {
		f.Add(file, byte(0), []byte(nil), expressions[n%len(expressions)])
		n++
	}
	for _, file := range vectors(f) {
		if len(file) < 4<<10 {
			f.Add(file, byte(0), []byte(nil), expressions[n%len(expressions)])
			n++
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, i byte, payload []byte, expr string) {
		if len(payload) > 0 {
			changed := append([]section{}, parts...)
			changed[int(i)%len(parts)].payload = payload
			file = seal(t, changed, wire.WriterOptions{Salt: 1, Store: true})
		}
		if len(file) > 1<<20 {
			t.Skip("too long")
		}
		explore(t, file, expr)
	})
}

// explore runs the debugger's commands on a file, and checks what they write.
func explore(t *testing.T, file []byte, expr string) {
	path := filepath.Join(t.TempDir(), "fuzz.dump")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	expr = strings.ReplaceAll(expr, "\n", " ")
	script := strings.Join([]string{
		"bt -full -defer", "goroutines", "goroutines -l -t 3", "locals -v", "args -v", "print " + expr, "whatis " + expr,
		"goroutine 1 frame 1 print " + expr, "list", "vars", "types", "sources", "",
	}, "\n")
	for _, args := range [][]string{{"open", path}, {"info", "--json", path}, {"verify", path}} {
		var out, errs bytes.Buffer
		status := cli.Run(context.Background(), args, cli.IO{In: strings.NewReader(script), Out: &out, Err: &errs,
			Getenv: func(string) string { return "" }})
		if status != 0 && status != 1 {
			t.Errorf("%q: status %d", args, status)
		}
		if status == 1 && errs.Len() == 0 {
			t.Errorf("%q fails without saying why", args)
		}
		for line := range strings.SplitSeq(out.String()+errs.String(), "\n") {
			if text := strings.ReplaceAll(line, "\t", ""); restore.Printable(text) != text {
				t.Errorf("%q: a terminal would obey %q", args, line)
			}
		}
	}
}
