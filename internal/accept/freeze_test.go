//go:build linux && amd64

package accept

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// heap is the running program whose freeze is measured.
type heap struct {
	pid int
	in  io.Writer
	out *bufio.Reader
}

func startHeap(t testing.TB) *heap {
	t.Helper()
	exe := filepath.Join(buildAll(t, release, "testdata/programs", "heap"), "heap")
	cmd := exec.Command(exe)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	h := &heap{in: stdin, out: bufio.NewReader(stdout)}
	if _, err := fmt.Fscanf(h.out, "ready %d\n", &h.pid); err != nil {
		t.Fatal(err)
	}
	return h
}

// do gives the program a command and returns the longest time in which its
// watching goroutine did not run.
func (h *heap) do(t testing.TB, command string) time.Duration {
	t.Helper()
	if _, err := fmt.Fprintln(h.in, command); err != nil {
		t.Fatal(err)
	}
	line, err := h.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var gap time.Duration
	if _, err := fmt.Sscanf(line, "gap %d", &gap); err != nil {
		t.Fatalf("%s: %s", command, line)
	}
	return gap
}

// freeze captures and returns the freeze as the dump states it and as the
// program felt it.
func (h *heap) freeze(t testing.TB, file string) (stated, felt time.Duration) {
	t.Helper()
	felt = h.do(t, "capture "+file)
	d, err := dump.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return freezeTime(t, d), felt
}

// freezeTime is how long a dump says that the program stood still.
func freezeTime(t testing.TB, d *dump.Dump) time.Duration {
	t.Helper()
	for _, s := range d.Stats() {
		if s.Name == "freeze_ns" && s.Value > 0 {
			return time.Duration(s.Value)
		}
	}
	t.Error("the dump does not say how long the freeze took")
	return 0
}

// gcore takes a core of the program with gdb and returns how long that took:
// the program stands still from the first moment to the last.
func (h *heap) gcore(t testing.TB) time.Duration {
	t.Helper()
	start := time.Now()
	out, err := exec.Command("gcore", "-o", filepath.Join(t.TempDir(), "core"), fmt.Sprint(h.pid)).CombinedOutput()
	if err != nil {
		t.Fatalf("gcore: %v\n%s", err, out)
	}
	return time.Since(start)
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// freezeFigures is what the benchmark and the test measure: medians, and the
// shortest freeze.
func freezeFigures(t testing.TB, n int) (stated, felt, gcore, shortest time.Duration) {
	t.Helper()
	needGcore(t)
	h := startHeap(t)
	file := filepath.Join(t.TempDir(), "heap.dump")
	h.freeze(t, file+"0") // the first capture reads the debug information
	var freezes, gaps, cores []time.Duration
	for i := range n {
		s, f := h.freeze(t, fmt.Sprint(file, i+1))
		freezes, gaps = append(freezes, s), append(gaps, f)
	}
	for range 3 {
		cores = append(cores, h.gcore(t))
	}
	return median(freezes), median(gaps), median(cores), slices.Min(freezes)
}

// BenchmarkFreeze measures, with 1,000 goroutines and 100 MB of heap, the time
// in which other goroutines cannot run, and what gcore takes on the same
// process.
func BenchmarkFreeze(b *testing.B) {
	stated, felt, gcore, _ := freezeFigures(b, max(b.N, 15))
	b.ReportMetric(float64(stated.Microseconds())/1000, "freeze-ms")
	b.ReportMetric(float64(felt.Microseconds())/1000, "felt-ms")
	b.ReportMetric(float64(gcore.Microseconds())/1000, "gcore-ms")
	b.ReportMetric(float64(gcore)/float64(stated), "gcore/freeze")
	b.ReportMetric(0, "ns/op")
}

// TestFreezeAgainstGcore holds the ratio of the benchmark. Other tests run at the
// same time, and a freeze is over in less than the system's scheduler takes to
// go round: the shortest is the one that they did not prolong.
func TestFreezeAgainstGcore(t *testing.T) {
	stated, felt, gcore, shortest := freezeFigures(t, 15)
	t.Logf("freeze %v (shortest %v, felt %v), gcore %v: 1/%d", stated, shortest, felt, gcore, gcore/stated)
	if shortest*100 > gcore {
		t.Errorf("even the shortest freeze takes %v, more than 1/100 of gcore's %v", shortest, gcore)
	}
}
