package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
)

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

// TestResultsThatAreLost runs commands whose standard output takes nothing.
func TestResultsThatAreLost(t *testing.T) {
	data, err := sample.Service().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "svc.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	for _, args := range [][]string{
		{"info", path}, {"info", "--json", path}, {"open", "-c", "bt", path}, {"open", path}, {"verify", path}, {"raw", path},
		{"export", path}, {"export", "--text", path}, {"--help"}, {"open", "--help"},
	} {
		var stderr bytes.Buffer
		std := cli.IO{In: strings.NewReader("locals\n"), Out: failingWriter{full}, Err: &stderr}
		if status := cli.Run(context.Background(), args, std); status != 1 || !strings.Contains(stderr.String(), "disk full") {
			t.Errorf("%v: status %d, %q", args[0], status, stderr.String())
		}
		stderr.Reset()
		std.In, std.Out = strings.NewReader("locals\n"), failingWriter{&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}}
		if cli.Run(context.Background(), args, std); stderr.Len() > 0 {
			t.Errorf("%v into a closed pipe: %q", args[0], stderr.String())
		}
	}
}

// flipped gives a dump of which the values are damaged.
func flipped(data []byte) ([]byte, error) {
	r, err := model.NewReader(bytes.NewReader(data), int64(len(data)), model.Limits{})
	if err != nil {
		return nil, err
	}
	bad := bytes.Clone(data)
	for _, s := range r.Sections() {
		if s.Kind.String() == "MEMORYDATA" {
			bad[s.Offset+40] ^= 1
		}
	}
	return bad, nil
}
