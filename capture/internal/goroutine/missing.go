package goroutine

import "strings"

// KnownVersion reports whether a version of Go is one whose runtime is known.
func KnownVersion(version string) bool {
	_, err := tableFor(version)
	return err == nil
}

// NewestVersion is the last of those versions.
func NewestVersion() string { return tableVersions[len(tableVersions)-1] }

// Missing names what cannot be told of goroutines, because this program's
// runtime has no place for it that is known.
func (l *Layout) Missing() string {
	var out []string
	for _, f := range []struct {
		gone bool
		name string
	}{
		{l.reason.n == 0, "what goroutines wait for"},
		{l.g.waitSince == absent, "how long they wait"},
		{l.g.gopc == absent, "where they were created"},
		{l.g.labels == absent, "labels"},
		{l.g.panics == absent, "panics"},
		{l.g.defers == absent, "deferred calls"},
		{l.g.waiting == absent || l.sudog.waitlink == absent, "the channels they wait for"},
		{l.m.procid == absent || l.g.m == absent, "threads"},
		{l.allm == 0 || l.m.gsignal == absent, "the registers of a fault"},
	} {
		if f.gone {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, ", ")
}
