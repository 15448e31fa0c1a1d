//go:build linux && amd64

package behaviour

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// section is a section of a file that is written anew.
type section struct {
	kind    wire.Kind
	count   int
	lo, hi  uint64
	payload []byte
}

// rewrite copies a dump, its sections as edit gives them back.
func rewrite(t *testing.T, file string, edit func([]section) []section) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.Open(bytes.NewReader(data), int64(len(data)), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var list []section
	for i, e := range r.Entries() {
		payload, err := r.Payload(i)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, section{e.Kind, int(e.Count), e.Lo, e.Hi, payload})
	}
	var out bytes.Buffer
	w, err := wire.NewWriter(&out, wire.WriterOptions{Salt: r.Salt()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range edit(list) {
		if err := w.Section(s.kind, s.count, s.lo, s.hi, s.payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "changed.dump")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// later gives a dump a minor version that is not known yet.
func later(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(data[10:], 7)
	binary.LittleEndian.PutUint32(data[20:], crc32.Checksum(data[:20], crc32.MakeTable(crc32.Castagnoli)))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// B2.17: a dump with sections, records or a Go version that are not known opens,
// with a warning, and shows what it does without them.
func TestTolerance(t *testing.T) {
	file := crash(t, release, "depth")
	_, want, _ := postmortem("open", "-c", "why", "-c", "bt", "-c", there+"args", file)
	version := runtime.Version()
	future := "go1.99" + strings.TrimPrefix(version, version[:6])
	tests := []struct {
		name    string
		edit    func([]section) []section
		later   bool
		warning string
	}{
		{"section", func(list []section) []section {
			return slices.Insert(list, len(list)-1, section{kind: 0x123, count: 3, payload: []byte("whatever")})
		}, false, "a kind that this version does not know are left out: 1 of "},
		{"record", func(list []section) []section {
			for i := range list {
				if list[i].kind == wire.KindDefs {
					list[i].payload = append(list[i].payload, "\x63\x05hello"...) // a record of kind 99
					list[i].count++
				}
			}
			return list
		}, true, "the dump has format 1.7, later than 1.1"},
		{"Go version", func(list []section) []section {
			list[0].payload = bytes.ReplaceAll(list[0].payload, []byte(version), []byte(future))
			return list
		}, false, "was built with " + future + ", later than go1.27"},
	}
	for _, tt := range tests {
		changed := rewrite(t, file, tt.edit)
		if tt.later {
			later(t, changed)
		}
		status, out, errs := postmortem("open", "-c", "why", "-c", "bt", "-c", there+"args", changed)
		if status != 0 || out != strings.ReplaceAll(want, version, future) && out != want {
			t.Errorf("%s: exit status %d, output\n%s\nwant\n%s", tt.name, status, out, want)
		}
		if !strings.HasPrefix(errs, "postmortem: warning: ") || !strings.Contains(errs, tt.warning) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: warned of %q, want one warning with %q", tt.name, errs, tt.warning)
		}
		open(t, changed) // verifies
	}
	if _, _, errs := postmortem("open", "-c", "bt", rewrite(t, file, func(l []section) []section { return l })); errs != "" {
		t.Errorf("a dump that was only copied is warned of: %s", errs)
	}
}
