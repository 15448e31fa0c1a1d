//go:build linux && amd64

package accept

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/gopostmortem/postmortem/dump"
)

// A ratio is what was measured, ours and a rival's in the same run, and what is
// wanted of it. Times are the shortest of several runs: the machine does other
// things as well.
type ratio struct {
	What, Ours, Rival string
	Times             float64 // the rival's figure in units of ours, or ours in units of a Bound
	Want              float64
	Bound             bool // Times is to be at most Want, not at least
}

// slack is what a run on a busy machine is granted: bytes hardly depend on that.
func (r ratio) slack() float64 {
	if strings.Contains(r.What, ", memory") || strings.Contains(r.What, ", size") {
		return 1.2
	}
	return 2
}

func (r ratio) kept() bool {
	slack := r.slack()
	if r.Bound {
		return r.Times <= r.Want*slack
	}
	return r.Times*slack >= r.Want
}

func (r ratio) String() string {
	return fmt.Sprintf("%s: %s, %s: %.1f, want %s", r.What, r.Ours, r.Rival, r.Times, r.want())
}

func (r ratio) want() string {
	if r.Bound {
		return fmt.Sprintf("at most %g", r.Want)
	}
	return fmt.Sprintf("at least %g", r.Want)
}

// rounds measures again, up to four times, while a ratio misses what is wanted:
// what else the machine does slows now one side, now the other. Measure keeps
// each side's least of all rounds.
func rounds(measure func() []ratio) (list []ratio) {
	for range 4 {
		list = measure()
		if !slices.ContainsFunc(list, func(r ratio) bool { return !r.kept() }) {
			break
		}
	}
	return list
}

// hold fails where a ratio misses what is wanted by more than its slack.
func hold(t *testing.T, list []ratio) {
	t.Helper()
	for _, r := range list {
		if r.kept() {
			t.Log(r)
		} else {
			t.Error(r)
		}
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
func mb(n int64) string         { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func over[T int64 | time.Duration](a, b T) float64 { return float64(a) / float64(b) }

// many starts the program of n goroutines.
func many(t testing.TB, n, heap int) *measured {
	t.Helper()
	exe := filepath.Join(buildAll(t, release, "testdata/programs", "many"), "many")
	return startMeasured(t, exe, fmt.Sprint("-n=", n), fmt.Sprint("-heap=", heap))
}

// againstDelve captures n goroutines, six frames of their own each, and has
// Delve's engine read the same snapshot.
func againstDelve(t testing.TB, n int) []ratio {
	m := many(t, n, 0)
	what := fmt.Sprintf("%d goroutines", n)
	var ours, stack, theirs cost
	return rounds(func() []ratio {
		c, _ := m.captures(6)
		ours.least(c)
		for range 6 {
			stack.least(m.do("stack", nil))
		}
		m.do("hold "+filepath.Join(t.TempDir(), "held"), func(pid int) { theirs.least(delve(t, "read", fmt.Sprint(pid), m.exe)) })
		return []ratio{
			{what + ", time", ms(ours.Time), "Delve's engine " + ms(theirs.Time), over(theirs.Time, ours.Time), 100, false},
			{what + ", memory", mb(ours.Memory), "Delve's engine " + mb(theirs.Memory), over(theirs.Memory, ours.Memory), 20, false},
			{what + ", time", ms(ours.Time), "`runtime.Stack` " + ms(stack.Time), over(ours.Time, stack.Time), 5, true},
		}
	})
}

// tenfold captures n goroutines and ten times as many.
func tenfold(t testing.TB, n int) []ratio {
	what := fmt.Sprintf("%d goroutines", 10*n)
	var few, lots cost
	return rounds(func() []ratio {
		few.least(capturesOf(t, n, 5))
		m := many(t, 10*n, 0)
		defer m.stop()
		c, _ := m.captures(3)
		lots.least(c)
		var program, child int64
		m.do("hold "+filepath.Join(t.TempDir(), "held"), func(pid int) { program, child = ofStatus(t, m.pid, "VmRSS:"), private(t, pid) })
		return []ratio{
			{what + ", time", ms(lots.Time), fmt.Sprintf("%d goroutines %s", n, ms(few.Time)), over(lots.Time, few.Time), 12, true},
			{what + ", memory above the program's own", mb(lots.Memory), "256 MiB for 100,000", over(lots.Memory, int64(n)*26844), 1, true},
			{what + ", memory of the snapshot alone", mb(child), "the program's " + mb(program), over(child, program), 0.25, true},
		}
	})
}

// private is the memory that a process shares with no other.
func private(t testing.TB, pid int) (n int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	return inKilobytes(string(text), "Private_Dirty:") + inKilobytes(string(text), "Private_Clean:")
}

// ofStatus is a size in a process's status.
func ofStatus(t testing.TB, pid int, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	return inKilobytes(string(text), name)
}

// capturesOf is the least of several captures of n goroutines.
func capturesOf(t testing.TB, n, captures int) cost {
	m := many(t, n, 0)
	defer m.stop()
	c, _ := m.captures(captures)
	return c
}

// coldStart measures first captures in fresh processes, and Delve's loading of
// the same executable alone.
func coldStart(t testing.TB, exe string, args ...string) []ratio {
	info, err := os.Stat(exe)
	if err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("%s, %d MB", filepath.Base(exe), info.Size()/1e6)
	var first, second, theirs cost
	return rounds(func() []ratio {
		for range 3 {
			m := startMeasured(t, exe, args...)
			c, _ := m.captures(1)
			first.least(c)
			again, _ := m.captures(5)
			second.least(again)
			m.stop()
			theirs.least(delve(t, "load", exe))
		}
		return []ratio{
			{what + ", first capture, time", ms(first.Time), "Delve's LoadBinaryInfo " + ms(theirs.Time), over(theirs.Time, first.Time), 4, false},
			{what + ", first capture, memory", mb(first.Memory), "Delve's LoadBinaryInfo " + mb(theirs.Memory), over(theirs.Memory, first.Memory), 4, false},
			{what + ", second capture, time", ms(second.Time), "first " + ms(first.Time), over(first.Time, second.Time), 3, false},
		}
	})
}

// dumpAgainstCore compares the dump of n goroutines with a core of the same
// process, in size and in what it takes to list the goroutines.
func dumpAgainstCore(t testing.TB, n int) []ratio {
	needGcore(t)
	dlv, err := installed(t, "github.com/go-delve/delve/cmd/dlv@v1.27.2")
	if err != nil {
		t.Fatal(err)
	}
	m := many(t, n, 0)
	_, file := m.captures(1)
	dumped, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	prefix := filepath.Join(t.TempDir(), "core")
	if out, err := exec.Command("gcore", "-o", prefix, fmt.Sprint(m.pid)).CombinedOutput(); err != nil {
		t.Fatalf("gcore: %v\n%s", err, out)
	}
	core := fmt.Sprint(prefix, ".", m.pid)
	packed := packedSize(t, core)
	tools := filepath.Join(buildAll(t, release, "cmd", "postmortem"), "postmortem")
	what := fmt.Sprintf("dump of %d goroutines", n)
	var info, theirs cost
	list := rounds(func() []ratio {
		c, text := command(t, "goroutines\nexit\n", dlv, "core", m.exe, core, "--allow-non-terminal-interactive=true")
		if !bytes.Contains(text, []byte(" goroutines]")) {
			t.Fatalf("dlv core does not list goroutines: %.300s", text)
		}
		theirs.least(c)
		for range 5 {
			c, text := command(t, "", tools, "info", file)
			if !bytes.Contains(text, []byte("main.wait")) || bytes.Contains(text, []byte("limit exceeded")) {
				t.Fatalf("info: %.500s", text)
			}
			info.least(c)
		}
		return []ratio{
			{what + ", size", mb(dumped.Size()), "8 MB for 100,000", over(dumped.Size(), int64(n)*80), 1, true},
			{what + ", size", mb(dumped.Size()), "`gcore` and zstd " + mb(packed), over(packed, dumped.Size()), 4, false},
			{what + ", `postmortem info`, time", ms(info.Time), "`dlv core`, goroutines " + ms(theirs.Time), over(theirs.Time, info.Time), 20, false},
			{what + ", `postmortem info`, memory", mb(info.Memory), "64 MiB", over(info.Memory, 64<<20), 1, true},
		}
	})
	return append(list, viewcore(t, what, info, m.exe, core)...)
}

// viewcore compares with golang.org/x/debug's command, which cannot be had everywhere.
func viewcore(t testing.TB, what string, info cost, exe, core string) []ratio {
	path, err := installed(t, "golang.org/x/debug/cmd/viewcore@latest")
	if err != nil {
		if path, err = exec.LookPath("viewcore"); err != nil {
			t.Log("viewcore cannot be installed: not compared")
			return nil
		}
	}
	c, text := command(t, "", path, core, "--exe", exe, "goroutines")
	if !bytes.Contains(text, []byte("main.wait")) {
		t.Logf("viewcore does not list the goroutines: not compared\n%.300s", text)
		return nil
	}
	return []ratio{{what + ", `postmortem info`, time", ms(info.Time), "`viewcore`, goroutines " + ms(c.Time), over(c.Time, info.Time), 1, false}}
}

// packedSize is how long a file is that zstd has compressed.
func packedSize(t testing.TB, path string) int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := new(length)
	z, err := zstd.NewWriter(n)
	if err == nil {
		_, err = io.Copy(z, f)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return int64(*n)
}

// length counts what is written.
type length int64

func (n *length) Write(p []byte) (int, error) {
	*n += length(len(p))
	return len(p), nil
}

// frozen is how long the program stood still at a heap of so many megabytes.
func frozen(t testing.TB, heap int) []ratio {
	m := many(t, 1000, heap)
	shortest := time.Hour
	return rounds(func() []ratio {
		for range 5 {
			_, file := m.captures(1)
			d, err := dump.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			shortest = min(shortest, freezeTime(t, d))
			d.Close()
		}
		return []ratio{{fmt.Sprintf("freeze at %d MB of heap", heap), ms(shortest), "40 ms", over(shortest, 40*time.Millisecond), 1, true}}
	})
}

func needGcore(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("gcore"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("gcore, of gdb, is not installed: nothing to compare with")
	}
}

// hugeServer builds the server of 180 MB, which takes minutes where nothing of
// it has been built before.
func hugeServer(t testing.TB) string {
	t.Helper()
	if os.Getenv("POSTMORTEM_BIG") == "" {
		t.Skip("set POSTMORTEM_BIG=1: building it takes over four minutes")
	}
	exe := filepath.Join(buildAll(t, release, "testdata/hugeserver", "."), "hugeserver")
	info, err := os.Stat(exe)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() < 150e6 {
		t.Errorf("the executable has %d MB, want 150", info.Size()/1e6)
	}
	return exe
}

func bigServer(t testing.TB) string {
	return filepath.Join(buildAll(t, release, "testdata/bigserver", "."), "bigserver")
}

// report gives a benchmark's ratios; all of them stand in docs/performance.md.
func reportRatios(b *testing.B, list []ratio) {
	for _, r := range list {
		unit := strings.NewReplacer(" ", "-", ",", "", "`", "").Replace(r.What + " " + strings.Split(r.Rival, " ")[0])
		b.ReportMetric(r.Times, unit)
		b.Log(r)
	}
	b.ReportMetric(0, "ns/op")
}
