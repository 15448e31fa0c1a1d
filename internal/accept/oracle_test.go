//go:build linux && amd64

package accept

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// enough is the share of what Delve reads that has to be read here as well,
// with the same value.
const enough = 0.995

// TestOracle crashes every fixture program, in every build mode, and compares
// each variable of each user frame with what Delve's engine reads from the very
// snapshot that the dump was made from.
func TestOracle(t *testing.T) {
	modes := []mode{release, debug, go125, go127, go125dbg, go127dbg}
	if !thorough {
		modes = modes[:2]
	}
	var doc document
	for _, m := range modes {
		t.Run(m.Name, func(t *testing.T) { doc.add(m, oracleMode(t, m)) })
	}
	doc.save(t)
}

// oracleCrashes lists the programs that Delve's engine cannot be shown, with the
// reason; they are held to their own statements alone.
var oracleCrashes = map[string]string{
	"selfref": "the engine overflows its stack on a slice that contains itself",
}

func oracleMode(t *testing.T, m mode) []*tally {
	dir, names := fixtures(t, m)
	var user, library []*tally
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			exe := filepath.Join(dir, name)
			optimised := len(m.Flags) == 0
			if reason := oracleCrashes[name]; reason != "" {
				t.Logf("not compared with Delve: %s", reason)
				d := crash(t, exe, nil)
				check(t, d, wants(t, name), optimised)
				printAll(d)
				return
			}
			d, gs := crashWithOracle(t, exe, oracleConfig(recurse))
			for tries := 1; registersLost(d) && tries < 20; tries++ {
				d, gs = crashWithOracle(t, exe, oracleConfig(recurse))
			}
			if len(gs) == 0 {
				t.Fatal("the oracle sees no goroutine")
			}
			tally := compare(name, recurse, d, gs, isMain)
			user = append(user, tally)
			library = append(library, compare(name, recurse, d, gs, func(f string) bool { return !isMain(f) }))
			if tally.read() == 0 && !optimised {
				t.Error("Delve reads no variable of this program: nothing is compared")
			}
			share(t, "user frames", tally)
			check(t, d, wants(t, name), optimised)
		})
	}
	sum := new(tally)
	for _, t := range user {
		sum.merge(t)
	}
	t.Logf("in frames that were preempted or faulted %d variables have a value here, %d in Delve", sum.interrupted.here, sum.interrupted.there)
	if len(m.Flags) == 0 && sum.interrupted.here <= sum.interrupted.there {
		t.Errorf("in frames that were preempted or faulted %d variables have a value here, %d in Delve, want more", sum.interrupted.here, sum.interrupted.there)
	}
	report(t, "user frames", user)
	report(t, "library frames", library)
	return user
}

// registersLost reports whether the frame that met a fault has no variable: its
// goroutine came to the handler on another thread than the one that faulted, or
// after another signal, as it does now and then on a busy machine.
func registersLost(d *dump.Dump) bool {
	f, ok := d.Cause().Frame()
	return ok && d.Cause().Signal != "" && !slices.ContainsFunc(f.Variables(), func(v dump.Variable) bool {
		_, absent := v.Value().Stub()
		return !absent
	})
}

// printAll prints every variable of a dump: it has to end.
func printAll(d *dump.Dump) {
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			for _, v := range f.Variables() {
				_ = restore.FormatVariable(v, loadConfig(recurse))
			}
		}
	}
}

// isMain tells the frames of the program itself.
func isMain(function string) bool { return strings.HasPrefix(function, "main.") }

// report logs a table and the findings, and fails when too much is missing or
// anything is wrong without an excuse.
func report(t *testing.T, title string, tallies []*tally) {
	t.Helper()
	sum := new(tally)
	for _, tally := range tallies {
		sum.merge(tally)
	}
	t.Logf("%s\n%s", title, table(tallies))
	for _, group := range grouped(sum.Findings) {
		f, n := group[0], len(group)
		switch cause := delveFault(f); {
		case cause != "":
			t.Logf("%d × %v\n\tcause: %s", n, f, cause)
		case f.Outcome == different:
			t.Errorf("%d × %v", n, f)
		default:
			t.Logf("%d × %v", n, f)
		}
	}
	read := sum.read()
	for _, f := range sum.Findings {
		if (f.Outcome == different || f.Outcome == stub) && delveFault(f) != "" {
			read-- // a value that is wrong is not one that Delve reads
		}
	}
	if read > 0 {
		share := float64(sum.Counts[equal]) / float64(read)
		t.Logf("%s: %.3f %% of %d variables equal", title, 100*share, read)
		if share < enough {
			t.Errorf("%s: %.2f %% of what Delve reads is read here with the same value, want %.1f %%", title, 100*share, 100*enough)
		}
	}
}

// grouped gathers the findings of one variable at one place, most first.
func grouped(fs []finding) [][]finding {
	type place struct {
		outcome     outcome
		where, name string
	}
	groups := make(map[place][]finding)
	for _, f := range fs {
		p := place{f.Outcome, f.Where, f.Name}
		groups[p] = append(groups[p], f)
	}
	out := slices.Collect(maps.Values(groups))
	slices.SortFunc(out, func(a, b []finding) int {
		return cmp.Or(len(b)-len(a), cmp.Compare(a[0].Where, b[0].Where), cmp.Compare(a[0].Name, b[0].Name))
	})
	return out
}

// delveFault explains a difference for which Delve is to blame, or gives "".
func delveFault(f finding) string {
	switch {
	case f.Outcome == madeUp:
		return "Delve shows zeros for the words of the variable that are nowhere, or in a register that is lost"
	case f.Outcome == stub && strings.Contains(f.Got, outgrown):
		return "the variable is dead and points into a stack that its goroutine has outgrown: what Delve reads is left over there, or something else"
	case f.Outcome == stub && strings.Contains(f.Got, "[optimized out]") && f.Name == "slice" && strings.HasPrefix(f.Where, "escaped "):
		return "DWARF gives the place of the slice's pointer for the place of the whole: Delve takes what lies beside it for length and capacity"
	case f.Outcome == stub && strings.Contains(f.Got, "it leads into the program's code"):
		return "a dead slot has an address of the program's code: Delve shows instructions for a value"
	case f.Outcome == different && f.Name == "(line)" && f.Want == "1":
		return "Delve gives a call that is inlined in a compiler's wrapper the wrapper's line, <autogenerated>:1"
	case f.Outcome == different && strings.Contains(f.Want, "sync/atomic.noCopy {}, v: unsafe.Pointer("):
		return "Delve does not follow an atomic.Pointer"
	case f.Outcome == different && strings.Contains(f.Got, "go.etcd.io/bbolt.DB {") && strings.Contains(f.Got, "txid: "):
		return "a file that is mapped shared is not frozen: the program goes on writing to it, and Delve reads it later"
	case f.Preempted:
		return "Delve takes the instruction that was interrupted for the one after a call"
	case strings.HasSuffix(f.Where, "internal/poll.runtime_pollWait:351") && f.Name == "pd":
		return "Delve takes an interface's pointer to memory outside the heap for direct, but it is boxed"
	}
	return ""
}
