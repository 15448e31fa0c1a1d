//go:build linux && amd64

package behaviour

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// startedAs finds the goroutine that runs a function of the program waits.
func startedAs(t testing.TB, d *dump.Dump, function string) dump.Goroutine {
	t.Helper()
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			if f.Function().Name() == "main."+function && !strings.Contains(g.WaitReason(), "coroutine") {
				return g
			}
		}
	}
	t.Fatalf("no goroutine runs main.%s", function)
	return dump.Goroutine{}
}

var whileLeft = regexp.MustCompile(`[0-9hms.]+ left`)

// hoursLeft rounds what is left to hours.
func hoursLeft(s string) string {
	left, err := time.ParseDuration(strings.TrimSuffix(s, " left"))
	if err != nil {
		return s
	}
	return left.Round(time.Hour).String() + " left"
}

// leaves describes what a goroutine waits for, addresses and fractions of hours apart.
func leaves(d *dump.Dump, g dump.Goroutine) string {
	var out []string
	for _, l := range restore.NewSession(d).Blocked(g, restore.NewReading(d)) {
		text := addresses.ReplaceAllString(l.String(), "0xX")
		out = append(out, whileLeft.ReplaceAllStringFunc(text, hoursLeft))
	}
	return strings.Join(out, "\n")
}

// B4.13: whatever calls lie between, the leaf of a blocked goroutine names what it
// waits for, as the goroutine's code does; of a select each case.
func TestWaits(t *testing.T) {
	inModes(t, append(everyGo(), race), func(t *testing.T, m mode) {
		file := filepath.Join(t.TempDir(), "waits.dump")
		said := succeed(t, build(t, m, "waits"), "-o", file).out
		fields := strings.Fields(said) // address LISTENER CONNECTION
		d := open(t, file)
		by := func(function string) string { return "goroutine " + itoa(int(startedAs(t, d, function).ID())) }
		want := map[string]string{
			"receive":   "chan receive p.quit (chan struct {} 0xX): 0/0",
			"send":      "chan send p.jobs (chan main.order 0xX): 2/2",
			"waitMutex": "sync.Mutex.Lock p.mu (0xX): probably held by " + by("holdMutex"),
			"waitState": "sync.Mutex.Lock main.state (0xX): probably held by " + by("holdRead"),
			"waitWrite": "sync.RWMutex.Lock p.rw (0xX): probably held to read by " + by("holdRead"),
			"waitRead":  "sync.RWMutex.RLock p.rw (0xX): probably held to read by " + by("holdRead") + ", behind " + by("waitWrite") + ", which waits to write",
			"waitGroup": "sync.WaitGroup.Wait p.wg (0xX)",
			"waitCond":  "sync.Cond.Wait p.cond (0xX)",
			"never":     "select (no cases)",
			"sleep":     "sleep: 1h0m0s left",
			"after":     "chan receive (chan time.Time 0xX): timer, 2h0m0s left",
			"tick":      "chan receive t.C (chan time.Time 0xX): timer, 3h0m0s left, every 3h0m0s",
			"done":      "chan receive ctx.Done() of deadline D, 4h0m0s left (chan struct {} 0xX)",
			"read":      "network poll (internal/poll.FD 0xX): fd N, local " + fields[2] + ", remote " + fields[1],
			"accept":    "network poll (internal/poll.FD 0xX): fd N, local " + fields[1],
			"call":      "system call syscall.Read: number 0",
		}
		for function, want := range want {
			got := leaves(d, startedAs(t, d, function))
			got = regexp.MustCompile(`fd \d+`).ReplaceAllString(got, "fd N")
			got = regexp.MustCompile(`deadline \S+,`).ReplaceAllString(got, "deadline D,")
			if got != want && !nameless(m, got, want) {
				t.Errorf("%s waits for\n%s\nwant\n%s", function, got, want)
			}
		}
		selected := leaves(d, startedAs(t, d, "choose"))
		for _, want := range []string{"select send p.jobs (chan main.order 0xX): 2/2", "select receive p.results (chan int 0xX): 0/0", "(chan struct {} 0xX)"} {
			if !strings.Contains(selected, want) {
				t.Errorf("the select lacks %q:\n%s", want, selected)
			}
		}
		if n := strings.Count(selected, "\n") + 1; n != 3 {
			t.Errorf("the select has %d leaves, want 3:\n%s", n, selected)
		}
	})
}

// nameless accepts, in an optimised build, that the variables which lead to what
// is waited for are gone, but neither another name nor another state.
func nameless(m mode, got, want string) bool {
	if strings.HasSuffix(m.name, "debug") {
		return false
	}
	for _, name := range []string{" p.mu", " p.wg", " p.rw", " p.cond", " p.jobs", " p.quit", " t.C"} {
		if got == strings.Replace(want, name, "", 1) {
			return true
		}
	}
	if strings.HasPrefix(m.name, "go1.25") && got == "sync.Cond.Wait" {
		return true // that version does not note for which one
	}
	return strings.Contains(want, "ctx.Done()") && got == "chan receive (chan struct {} 0xX): 0/0"
}

// The once that a goroutine waits for is that of the frames, not the mutex in it.
func TestWaitForOnce(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "waits"))
		found := false
		for g := range d.Goroutines() {
			found = found || strings.HasPrefix(leaves(d, g), "sync.Once p.once (0xX): held by goroutine ")
		}
		if !found {
			t.Error("no goroutine waits for p.once")
		}
	})
}

// B4.14: locks whose Unlock is deferred are held; waiters are told by the lock's
// address. Who defers the Unlock before the Lock, or has unlocked already, holds nothing.
func TestLocks(t *testing.T) {
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		file := crash(t, m, "waits")
		d := open(t, file)
		locks := restore.NewSession(d).Locks(restore.NewReading(d))
		id := func(function string) dump.GoID { return startedAs(t, d, function).ID() }
		type use struct {
			holder, waiter string
			read           bool
		}
		byName := map[string]*restore.Lock{}
		for _, l := range locks {
			byName[l.Name] = l
		}
		for name, want := range map[string]use{
			"p.mu": {"holdMutex", "waitEarly", false}, "p.rw": {"holdRead", "waitWrite", true}, "main.state": {"holdRead", "waitState", false},
		} {
			l := byName[name]
			if l == nil || len(l.Holders) != 1 || l.Holders[0].Goroutine.ID() != id(want.holder) || l.Holders[0].Read != want.read {
				t.Errorf("%s is not held by %s alone: %+v", name, want.holder, l)
				continue
			}
			waits := false
			for _, w := range l.Waiters {
				waits = waits || w.Goroutine.ID() == id(want.waiter)
			}
			if !waits {
				t.Errorf("%s does not wait for %s", want.waiter, name)
			}
		}
		if circles := restore.Deadlocks(locks); len(circles) > 0 {
			t.Errorf("%d deadlocks, want none: %v", len(circles), circles)
		}
		if _, out, _ := postmortem("info", "--buckets", "0", file); !strings.Contains(out, "[sync.Mutex.Lock] ") || strings.Contains(out, "lockSlow") || !strings.Contains(out, " main.waitMutex ") {
			t.Errorf("info does not tell where the program waits:\n%s", out)
		}
		out := repl(t, file, "locks")
		for _, want := range []string{
			" probably holds (a deferred Unlock is pending) as p.mu in ", " probably holds to read (a deferred Unlock is pending) as p.rw in ",
		} {
			if !strings.Contains(addresses.ReplaceAllString(out, "0xX"), want) {
				t.Errorf("locks lacks %q:\n%s", want, out)
			}
		}
		if lent := byName["p.lent"]; lent != nil {
			t.Errorf("a lock that was given back is held: %+v", lent)
		}
	})
}

// B4.14: a sync.Once is held by the goroutine that runs its function, and a
// function that calls Do of its own Once waits for itself. Each goroutine of a
// deadlock calls the locks by its own names.
func TestLocksOfOnce(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "once")
		d := open(t, file)
		var sizes []int
		for _, circle := range restore.Deadlocks(restore.NewSession(d).Locks(restore.NewReading(d))) {
			sizes = append(sizes, len(circle))
		}
		if slices.Sort(sizes); !slices.Equal(sizes, []int{1, 2}) {
			t.Errorf("there are deadlocks of %d goroutines, want one of 1 and one of 2", sizes)
		}
		again := itoa(int(startedAs(t, d, "again").ID()))
		first := itoa(int(startedAs(t, d, "first").ID()))
		second := itoa(int(startedAs(t, d, "second").ID()))
		out := addresses.ReplaceAllString(repl(t, file, "locks"), "0xX")
		for _, want := range []string{
			"\tgoroutine " + again + " holds (a deferred Unlock is pending) ", "\tgoroutine " + again + " waits ", "\ndeadlock: goroutine " + again + " holds ", "\npossible deadlock: goroutine ",
			"\tgoroutine " + first + " holds (a deferred Unlock is pending) ", "\tgoroutine " + second + " waits ",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("locks lacks %q:\n%s", want, out)
			}
		}
		if n := strings.Count(out, "probably holds from.mu (0xX) and waits for to.mu (0xX)"); n != 2 && strings.HasSuffix(m.name, "debug") || strings.Contains(out, "waits for from.mu") {
			t.Errorf("%d of 2 goroutines have names of their own for what they wait for:\n%s", n, out)
		}
	})
}

// What a channel holds is shown, and can be selected.
func TestChannelElements(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "waits")
		g := startedAs(t, open(t, file), "holdMutex")
		f := frameOf(t, g, "main.holdMutex")
		at := "goroutine " + itoa(int(g.ID())) + " frame " + itoa(f.Index()) + " "
		same(t, "print p.jobs[1].ID", repl(t, file, at+"print p.jobs[1].ID"), "2")
		refused(t, file, at+"print p.jobs[2]")
		if out := repl(t, file, at+"print p.jobs"); !strings.HasPrefix(out, "chan main.order 2/2\n\t[0] = main.order {ID: 1, Note: *string nil}\n\t[1] = main.order {ID: 2, ") {
			t.Errorf("print p.jobs: %s", out)
		}
	})
}

// B4.14: who waits for a lock that it holds itself is in a deadlock: by a call
// that locks again, in a loop, with a lock for writing above one for reading, or
// reading again behind a writer. Who has only deferred the Unlock early is not.
func TestLocksOfOneself(t *testing.T) {
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		file := crash(t, m, "relock")
		d := open(t, file)
		id := func(function string) string { return itoa(int(startedAs(t, d, "(*store)."+function).ID())) }
		out := addresses.ReplaceAllString(repl(t, file, "locks"), "0xX")
		for _, function := range []string{"put", "rounds", "upgrade"} {
			if want := "\npossible deadlock: goroutine " + id(function) + " probably holds "; !strings.Contains(out, want) {
				t.Errorf("%s: locks lacks %q:\n%s", function, want, out)
			}
			if waits := repl(t, file, "goroutine "+id(function)+" waits"); !strings.Contains(waits, ": probably held by this goroutine itself: possibly a deadlock") {
				t.Errorf("%s: waits says %s", function, waits)
			}
		}
		reader, writer := id("readTwice"), id("write")
		both := regexp.MustCompile(`deadlock: goroutine (` + reader + ` probably holds .*; goroutine ` + writer + ` waits to write .*|` + writer + ` waits to write .*; goroutine ` + reader + ` probably holds .*)`)
		if !both.MatchString(out) {
			t.Errorf("locks does not tell of goroutines %s and %s:\n%s", reader, writer, out)
		}
		if early := repl(t, file, "goroutine "+id("early")+" frame "+itoa(frameOf(t, startedAs(t, d, "(*store).early"), "main.(*store).early").Index())); strings.Contains(early, "which probably holds") || !strings.Contains(early, "deferred: sync.(*Mutex).Unlock") {
			t.Errorf("the frame that has not locked yet:\n%s", early)
		}
		if put := repl(t, file, "goroutine "+id("put")+" frame "+itoa(frameOf(t, startedAs(t, d, "(*store).put"), "main.(*store).put").Index())); !strings.Contains(put, "which probably holds the sync.Mutex") {
			t.Errorf("the frame that has locked:\n%s", put)
		}
		if n := strings.Count(out, "deadlock: "); n != 4 || strings.Contains(out, "goroutine "+id("early")+" probably holds") || !strings.Contains(out, "goroutine "+id("hold")+" probably holds") {
			t.Errorf("%d deadlocks, want 4, and none of goroutine %s:\n%s", n, id("early"), out)
		}
	})
}
