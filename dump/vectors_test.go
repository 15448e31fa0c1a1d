package dump

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// classes are the outcomes that a vector may expect.
var classes = map[string]error{
	"not-dump": ErrNotDump, "version": ErrVersion, "truncated": ErrTruncated,
	"checksum": ErrChecksum, "limit": ErrLimit, "malformed": ErrMalformed, "success": nil,
}

// vectors gives the test vectors of SPEC.md: name, header and file.
func vectors(t testing.TB) map[string]vector {
	t.Helper()
	dir := filepath.Join("..", "testdata", "vectors")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]vector)
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		head, body, ok := strings.Cut(string(text), "\n\n")
		file, err := hex.DecodeString(strings.Join(strings.Fields(body), ""))
		if !ok || err != nil {
			t.Fatalf("%s: no vector: %v", e.Name(), err)
		}
		v := vector{file: file}
		for line := range strings.Lines(head) {
			if class, ok := strings.CutPrefix(strings.TrimSpace(line), "expect: "); ok {
				v.expect = class
			}
		}
		out[e.Name()] = v
	}
	if len(out) == 0 {
		t.Fatal("no vectors")
	}
	return out
}

type vector struct {
	expect string
	file   []byte
}

// TestVectors holds reading against the outcome that each vector names. The
// sound ones may lack what only a dump of a real program has.
func TestVectors(t *testing.T) {
	for name, v := range vectors(t) {
		class, known := classes[v.expect]
		if !known {
			t.Errorf("%s: expects %q", name, v.expect)
			continue
		}
		d, err := NewReader(bytes.NewReader(v.file), int64(len(v.file)))
		if class == nil {
			if d == nil {
				t.Errorf("%s: %v, want success", name, err)
			} else if errs := d.store.verify(context.Background()); len(errs) > 0 || err != nil && d.Stats() != nil {
				t.Errorf("%s: %v, %v, want success", name, err, errs)
			}
			continue
		}
		if d != nil {
			walk(d, 1000)
			err = errors.Join(err, d.Verify(context.Background()))
		}
		if !errors.Is(err, class) {
			t.Errorf("%s: %v, want %s", name, err, v.expect)
		}
	}
}

var update = flag.Bool("update", false, "write testdata/service.dump anew")

// TestFileOfVersionOne holds today's reading against a file that was written
// when version 1 began.
func TestFileOfVersionOne(t *testing.T) {
	name := filepath.Join("testdata", "service.dump")
	if *update {
		if err := os.WriteFile(name, rich().bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	if got, want := walk(d, 100_000), walk(rich().open(t), 100_000); got != want {
		t.Errorf("%d values, want %d", got, want)
	}
}
