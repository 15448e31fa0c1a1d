//go:build linux && amd64

package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/restore"
)

// whole is what a dump tells before it is cut.
type whole struct {
	name  string
	file  []byte
	ends  []int  // offset behind each section
	place string // of the frame to blame
	where int    // length from which on this frame can be read
	value int    // length from which on everything of the crash can be read
	text  string // the variables of the frame
}

func newWhole(t *testing.T, name string, file []byte) *whole {
	t.Helper()
	w := &whole{name: name, file: file}
	d, err := open(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c, ok := d.Cause().Goroutine()
	if w.place = place(d); !ok || w.place == "" {
		t.Fatalf("%s: no crashing frame", name)
	}
	w.text = variables(d)
	r, err := model.NewReader(bytes.NewReader(file), int64(len(file)), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.Sections() {
		end := int(s.Offset) + 32 + int(s.Stored)
		w.ends = append(w.ends, end)
		switch s.Kind.String() {
		case "GOROUTINES":
			err := r.Heads(i, func(rec any) error {
				if rec.(*model.Goroutine).ID == model.GoID(c.ID()) {
					w.where = end
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		case "MEMORYDATA", "STACKDATA", "OBJECTS", "DEFS":
			w.value = end
		}
	}
	if w.where == 0 {
		t.Fatalf("%s: the crashing goroutine is in no section", name)
	}
	return w
}

func open(file []byte) (*dump.Dump, error) {
	return dump.NewReader(bytes.NewReader(file), int64(len(file)))
}

// place tells where the program crashed.
func place(d *dump.Dump) string {
	f, ok := d.Cause().Frame()
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d %s", f.File(), f.Line(), f.Function().Name())
}

// variables writes those of the crashing frame.
func variables(d *dump.Dump) string {
	f, _ := d.Cause().Frame()
	var lines []string
	for _, v := range f.Variables() {
		lines = append(lines, restore.FormatVariable(v, restore.LongConfig()))
	}
	return strings.Join(lines, "\n")
}

// TestCut: a dump that is cut opens up to its last whole section, and says
// what is missing.
func TestCut(t *testing.T) {
	all := dumps(t)
	names := slices.Sorted(maps.Keys(all))
	random := 1000
	if testing.Short() {
		random = 100
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWhole(t, name, all[name])
			at := slices.Clone(w.ends)
			for _, end := range w.ends { // in the header of the next section, and at its first bytes
				at = append(at, end+1, end+31, end+32, end+33)
			}
			rng := rand.New(rand.NewPCG(uint64(i), 2))
			for range random*(i+1)/len(names) - random*i/len(names) {
				at = append(at, rng.IntN(len(w.file)))
			}
			for _, n := range at {
				if n < len(w.file) {
					w.cut(t, n)
				}
			}
		})
	}
}

// cut looks at the first n bytes.
func (w *whole) cut(t *testing.T, n int) {
	fail := func(format string, args ...any) {
		t.Errorf("%s, %d of %d bytes: %s", w.name, n, len(w.file), fmt.Sprintf(format, args...))
	}
	d, err := open(w.file[:n])
	switch {
	case n == 0:
		if d != nil || !errors.Is(err, dump.ErrNotDump) {
			fail("%v", err)
		}
		return
	case n < 24: // within the file's header
		if d != nil || !errors.Is(err, dump.ErrTruncated) {
			fail("%v", err)
		}
		return
	case d == nil || !errors.Is(err, dump.ErrTruncated):
		fail("%v", err)
		return
	}
	sections := 0
	for sections < len(w.ends) && w.ends[sections] <= n {
		sections++
	}
	told := err.Error()
	switch {
	case strings.Contains(told, "\n"):
		fail("told twice: %q", told)
	case !strings.Contains(told, fmt.Sprintf("ends after section %d ", sections)) || !strings.Contains(told, "missing: "):
		fail("%d whole sections, says %q", sections, told)
	}
	if got := place(d); n >= w.where && got != w.place {
		fail("crash at %q, want %q", got, w.place)
	}
	if got := variables(d); n >= w.value && got != w.text {
		fail("variables are\n%s\nwant\n%s", got, w.text)
	}
	for _, f := range use(w.file[:n]) {
		fail("%s", f)
	}
}
