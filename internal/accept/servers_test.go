//go:build linux && amd64

package accept

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/mock"
)

// TestServers crashes code of ours in servers of others, built as people ship
// them: NATS with JetStream in an authenticator, etcd in a handler. Of each
// frame's variables at least as many have a value as Delve has in the same memory.
func TestServers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds NATS and etcd: not in -short")
	}
	dir := buildAll(t, release, "testdata/servers", "nats", "etcd")
	for _, s := range []struct {
		name, culprit string
		goroutines    int
	}{
		{"nats", "main.(*gate).allow", 300},
		{"etcd", "main.(*keys).answer", 80},
	} {
		t.Run(s.name, func(t *testing.T) {
			d, gs := crashWithOracle(t, filepath.Join(dir, s.name), oracleConfig(recurseBig), "-depth=6")
			if n := d.NumGoroutines(); n < s.goroutines {
				t.Errorf("%d goroutines, want at least %d", n, s.goroutines)
			}
			if f, _ := d.Cause().Frame(); f.Function().Name() != s.culprit {
				t.Errorf("the culprit is %q, want %s", f.Function().Name(), s.culprit)
			}
			for title, which := range map[string]func(string) bool{
				"own frames": isMain, "third-party frames": isThirdParty, "standard library frames": isStandard,
			} {
				sum := compare(s.name, recurseBig, d, gs, which)
				report(t, title, []*tally{sum})
				share(t, title, sum)
			}
		})
	}
}

// share holds the variables that have a value here against those that have one
// in Delve, but for those that Delve makes up.
func share(t *testing.T, title string, sum *tally) {
	t.Helper()
	there := sum.read()
	for _, f := range sum.Findings {
		if f.Outcome == stub && (strings.Contains(f.Got, mock.Corrupt.String()) || delveFault(f) != "") {
			there-- // a slot that was not yet written, or what is known to be wrong: no value
		}
	}
	here := sum.Counts[equal] + sum.Counts[different] + sum.Counts[betterHere]
	t.Logf("%s: %d variables have a value here, %d in Delve", title, here, there)
	if here < there {
		t.Errorf("%s: %d variables have a value here, %d in Delve", title, here, there)
	}
}
