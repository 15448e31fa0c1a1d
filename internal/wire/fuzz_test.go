package wire

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzWire opens anything, with the test vectors as seeds: every error is of a
// class, the sections lie in order within the file, and payloads have the
// length that their entries say.
func FuzzWire(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "vectors", "*_*"))
	if err != nil || len(names) == 0 {
		f.Fatal("no vectors", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := strings.Cut(string(b), "\n\n")
		file, err := hex.DecodeString(strings.ReplaceAll(body, "\n", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := openBytes(file, Limits{})
		if err != nil {
			classed(t, err)
			return
		}
		for _, err := range r.Damage() {
			classed(t, err)
		}
		end := int64(HeaderSize)
		for i, e := range r.Entries() {
			if e.Offset < end || e.end() > int64(len(file)) {
				t.Fatalf("section %d at %d to %d, the one before ends at %d", i, e.Offset, e.end(), end)
			}
			end = e.end()
			p, err := r.Payload(i)
			if err != nil {
				classed(t, err)
			} else if len(p) != int(e.Raw) {
				t.Fatalf("section %d: %d bytes, its entry says %d", i, len(p), e.Raw)
			}
		}
	})
}

func classed(t *testing.T, err error) {
	t.Helper()
	var format *FormatError
	if !errors.As(err, &format) {
		t.Fatalf("%T: %v", err, err)
	}
	for _, class := range []error{ErrNotDump, ErrVersion, ErrTruncated, ErrChecksum, ErrLimit, ErrMalformed} {
		if errors.Is(err, class) {
			return
		}
	}
	t.Fatalf("no class: %v", err)
}
