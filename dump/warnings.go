package dump

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// newestGo is the latest minor version of Go whose programs were captured when
// this version was made.
const newestGo = 27

// Warnings tells what a user of the dump should know although nothing is wrong
// with it: what this version of the package, being older, leaves out or may
// misunderstand.
func (d *Dump) Warnings() []string { return slices.Clone(d.warnings) }

// warningsOf compares a file with what this version knows.
func warningsOf(r *model.Reader, goVersion string) []string {
	var out []string
	if major, minor := r.Version(); minor > wire.Minor {
		out = append(out, fmt.Sprintf("the dump has format %d.%d, later than %d.%d: what later versions added is left out",
			major, minor, wire.Major, wire.Minor))
	}
	unknown := map[wire.Kind]int{}
	for _, s := range r.Sections() {
		if !s.Kind.Known() {
			unknown[s.Kind]++
		}
	}
	kinds := make([]wire.Kind, 0, len(unknown))
	for k := range unknown {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	const shown = 10
	for i, k := range kinds {
		if i == shown {
			out = append(out, fmt.Sprintf("sections of %d more kinds are left out", len(kinds)-i))
			break
		}
		out = append(out, fmt.Sprintf("sections of a kind that this version does not know are left out: %d of %v", unknown[k], k))
	}
	if minor, ok := goMinor(goVersion); ok && minor > newestGo {
		out = append(out, fmt.Sprintf("the program was built with %s, later than go1.%d: what captured it may not have known its runtime", goVersion, newestGo))
	}
	return out
}

// goMinor reads the 27 of go1.27.0, of go1.27-rc1 and of "devel go1.27-abcdef".
func goMinor(version string) (int, bool) {
	_, after, ok := strings.Cut(version, "go1.")
	if !ok {
		return 0, false
	}
	digits := strings.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(after)
	}
	n, err := strconv.Atoi(after[:digits])
	return n, err == nil
}
