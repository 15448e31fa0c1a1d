//go:build linux && amd64

package behaviour

import (
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// queueUses tells by which methods of main.queue goroutines use a lock.
func queueUses(uses []restore.LockUse) string {
	var out []string
	for _, u := range uses {
		method := ""
		for f := range u.Goroutine.Frames() {
			if name, ok := strings.CutPrefix(f.Function().Name(), "main.(*queue)."); ok {
				method = name
			}
		}
		out = append(out, method)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// B4.14: a goroutine does not hold a lock whose Unlock it has deferred while it
// is in sync.Cond.Wait, asleep or about to lock again, or has unlocked for a
// while; where that leaves no trace, it is not said who of several holds it.
func TestNotHeld(t *testing.T) {
	inModes(t, append(everyGo(), race), func(t *testing.T, m mode) {
		file := crash(t, m, "unheld")
		d := open(t, file)
		locks := restore.NewSession(d).Locks(restore.NewReading(d))
		var got []string
		for _, l := range locks {
			got = append(got, "holds: "+queueUses(l.Holders)+", may hold: "+queueUses(l.Candidates)+", waits: "+queueUses(l.Waiters))
		}
		want := []string{
			"holds: , may hold: , waits: add",
			"holds: , may hold: , waits: addGuarded",
			"holds: , may hold: , waits: each",
			"holds: , may hold: , waits: relock",
			"holds: , may hold: , waits: take take",
			"holds: , may hold: , waits: write",
			"holds: , may hold: hold lend, waits: add",
		}
		const own = "holds: get, may hold: , waits: "
		if slices.Contains(got, own) || !unknownCond(d) {
			want = append(want, own)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("the locks are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		out := repl(t, file, "locks -a")
		if n := strings.Count(out, " may hold (a deferred Unlock is pending; not all can)"); n != 2 || strings.Contains(out, "deadlock") {
			t.Errorf("%d goroutines may hold a lock, want 2, and no deadlock:\n%s", n, out)
		}
		each := "waits " + itoa(int(startedAs(t, d, "(*queue).each").ID()))
		if waits := repl(t, file, each); !strings.HasPrefix(waits, "\twaits: sync.Mutex.Lock ") || !strings.HasSuffix(strings.TrimSpace(waits), ": holder unknown") {
			t.Errorf("%s: %s", each, waits)
		}
		for g := range d.Goroutines() {
			if waits := leaves(d, g); strings.HasPrefix(waits, "sync.Cond ") {
				t.Errorf("goroutine %d waits for a sync.Cond, which there is none: %s", g.ID(), waits)
			}
		}
	})
}

// unknownCond reports whether some goroutine waits for a sync.Cond without
// saying for which one, as those of Go 1.25 do.
func unknownCond(d *dump.Dump) bool {
	for g := range d.Goroutines() {
		if leaves(d, g) == "sync.Cond.Wait" {
			return true
		}
	}
	return false
}

// Without DWARF it is known who waits for which lock, not who holds it.
func TestLocksWithoutDWARF(t *testing.T) {
	stripped := mode{name: "stripped", flags: []string{"-ldflags=-s -w"}}
	file := crash(t, stripped, "unheld")
	out := repl(t, file, "locks")
	if n := strings.Count(out, "\tgoroutine "); n < 8 || strings.Count(out, " waits in ") != 8 || strings.Contains(out, "deadlock") {
		t.Errorf("%d goroutines wait or hold, want 8 that wait:\n%s", n, out)
	}
	if strings.Contains(out, "holds (") {
		t.Errorf("a goroutine is said to hold a lock:\n%s", out)
	}
}
