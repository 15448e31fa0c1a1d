package model

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/wire"
)

var vectorsDir = filepath.Join("..", "..", "testdata", "vectors")

// classes are the values of a vector's `expect:`.
var classes = map[string]error{
	"success": nil, "not-dump": wire.ErrNotDump, "version": wire.ErrVersion, "truncated": wire.ErrTruncated,
	"checksum": wire.ErrChecksum, "limit": wire.ErrLimit, "malformed": wire.ErrMalformed,
}

type vector struct {
	expect   string
	reencode string
	sections int
	file     []byte
}

// vectorNames lists the vectors; none at all is a failure.
func vectorNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatal("no vectors")
	}
	return names
}

func readVector(t testing.TB, name string) vector {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(b), "\n\n")
	if !ok {
		t.Fatalf("%s: no blank line", name)
	}
	var v vector
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "expect":
			v.expect = value
		case "reencode":
			v.reencode = value
		case "sections":
			if v.sections, err = strconv.Atoi(value); err != nil {
				t.Fatal(err)
			}
		case "comment":
		default:
			t.Fatalf("%s: unknown key %q", name, key)
		}
	}
	if _, ok := classes[v.expect]; !ok {
		t.Fatalf("%s: expects %q", name, v.expect)
	}
	if v.file, err = hex.DecodeString(strings.ReplaceAll(body, "\n", "")); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// TestVectors reads each vector: the outcome has to be of the class that it
// names and no other, and so many sections have to be readable nevertheless.
func TestVectors(t *testing.T) {
	for _, name := range vectorNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := readVector(t, name)
			r, err := NewReader(bytes.NewReader(v.file), int64(len(v.file)), Limits{})
			errs := []error{err}
			if err == nil {
				errs = r.Verify(context.Background())
				if n := readable(r); n != v.sections {
					t.Errorf("%d sections can be read, want %d", n, v.sections)
				}
			} else if v.sections != 0 {
				t.Errorf("nothing can be read, want %d sections", v.sections)
			}
			if v.expect == "success" {
				if len(errs) > 0 {
					t.Fatal(errs)
				}
				sameBytes(t, v, r)
				return
			}
			if len(errs) == 0 {
				t.Fatalf("no error, want %s", v.expect)
			}
			for _, err := range errs {
				var format *wire.FormatError
				if !errors.Is(err, classes[v.expect]) || !errors.As(err, &format) {
					t.Errorf("%v, want class %s", err, v.expect)
				}
			}
		})
	}
}

// readable counts the sections that can be read from begin to end.
func readable(r *Reader) int {
	n := 0
	for i := range r.Sections() {
		_, err := r.wire.Payload(i)
		if err == nil {
			err = r.Records(i, func(any) error { return nil })
		}
		if err == nil {
			n++
		}
	}
	return n
}

// sameBytes checks that valid input re-encodes byte for byte.
func sameBytes(t *testing.T, v vector, r *Reader) {
	t.Helper()
	want := v.file
	if bytes.Contains(want, []byte("\x28\xb5\x2f\xfd")) {
		want = stored(t, r)
	}
	if same := bytes.Equal(reencode(t, r), want); same != (v.reencode == "same") {
		t.Errorf("re-encodes to the same bytes: %v, want %s", same, v.reencode)
	}
}

// TestVectorsGenerated runs the generator again: it has to give the same files.
func TestVectorsGenerated(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("go", "run", "./gen", dir)
	cmd.Dir = vectorsDir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := vectorNames(t)
	if len(made) != len(names) {
		t.Errorf("%d vectors are generated, %d are there", len(made), len(names))
	}
	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(vectorsDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is generated (%v)", name, err)
		}
	}
}
