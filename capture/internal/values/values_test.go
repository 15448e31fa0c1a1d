//go:build linux && amd64

package values

import (
	"regexp"
	"testing"
)

// everything has no limit that a value of the fixture reaches.
var everything = Limits{Depth: -1, Bytes: 1 << 30, Objects: 1 << 30, Elements: 1 << 20, String: 1 << 20}

// TestValues compares each value of the fixture, read back from the records of
// a walk, with what the program itself says of it. B2.8 B2.12 B2.13
func TestValues(t *testing.T) {
	for _, tc := range []struct{ toolchain, experiment string }{
		{"", ""}, {"go1.25.0", ""}, {"go1.27.0", ""}, {"go1.27.0", "nomapsplitgroup"}, {"go1.27.0", "mapsplitgroup"},
	} {
		t.Run("go="+tc.toolchain+tc.experiment, func(t *testing.T) {
			h := start(t, build(t, tc.toolchain, tc.experiment), tc.toolchain)
			for _, how := range []string{"DWARF", "DWARF index", "descriptors"} {
				t.Run(how, func(t *testing.T) {
					h.compare(t, h.walk(t, h.types(how), h, everything), false)
				})
			}
		})
	}
	t.Run("unoptimised", func(t *testing.T) {
		h := start(t, build(t, "", "", "-gcflags=all=-N -l"), "")
		h.compare(t, h.walk(t, h.types("DWARF"), plainMemory{h}, everything), true)
	})
}

// contexts are what closures captured, which only DWARF tells.
var contexts = regexp.MustCompile(`(main\.[\w.\-]+)\{F[^{}]*(\{[^{}]*\}[^{}]*)*\}`)

// compare holds what was read against what the fixture says. What optimised
// closures captured is not compared: the compiler may say nothing of it.
func (h *holder) compare(t *testing.T, d *dumped, captured bool) {
	t.Helper()
	for _, v := range h.values {
		got, want := d.at(d.roots[v.Name], v.Addr), v.Want
		if !captured {
			got, want = contexts.ReplaceAllString(got, "$1"), contexts.ReplaceAllString(want, "$1")
		}
		if got != want {
			t.Errorf("%s:\ngot  %.300s\nwant %.300s", v.Name, got, want)
		}
	}
}
