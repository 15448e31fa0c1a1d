//go:build linux && amd64

package behaviour

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// faultTests are the files that the program faults makes, three of each name,
// and what they have to say.
var faultTests = []struct {
	file, signal, function string
	addr                   uint64
	want                   map[string]string
}{
	{"load", "SIGSEGV", "main.load", 0x20, map[string]string{"m": "*main.node nil"}},
	{"call", "SIGSEGV", "main.call", 0, map[string]string{"n": "21"}},
	{"wild", "SIGSEGV", "main.wild", 0xdead0000, map[string]string{"n": "5"}},
	{"again", "", "main.wild", 0, nil},
	{"plain", "", "main.plain", 0, nil},
}

// TestFaults: the frame that met a fault shows what was in registers only, also
// where the goroutine's stack has grown and moved since, and the dump says which
// signal it was and where, as Go's own traceback does. The registers are there
// if the goroutine comes to its handler on the thread that faulted, and before
// another signal does: on a busy machine not every time, so one time has to do.
func TestFaults(t *testing.T) {
	t.Setenv("GODEBUG", "asyncpreemptoff=1") // one such signal less
	modes := []mode{release, release.with("go1.25.0"), release.with("go1.27.0")}
	if !thorough {
		modes = modes[:1]
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		complete := map[string]bool{} // files whose registers were there
		files := 0
		for range 20 {
			dir := t.TempDir()
			if e := run(t, build(t, m, "faults"), dir); e.status != 0 {
				t.Fatalf("exit status %d\n%s", e.status, e.errors)
			}
			if files = lookAtFaults(t, dir, complete); files == len(complete) || t.Failed() {
				return
			}
		}
		t.Errorf("of %d files only these ever have the registers: %v", files, complete)
	})
}

// lookAtFaults looks at the files of one run, notes those that are complete, and
// gives their number.
func lookAtFaults(t *testing.T, dir string, complete map[string]bool) (n int) {
	t.Helper()
	for _, tt := range faultTests {
		files := []string{tt.file + "0", tt.file + "1", tt.file + "2"}
		if tt.file == "load" {
			files = append(files, "first")
		}
		for _, file := range files {
			d := open(t, filepath.Join(dir, file+".dump"))
			c := d.Cause()
			f, _ := c.Frame()
			if c.Signal != tt.signal || c.FaultAddr != tt.addr || f.Function().Name() != tt.function {
				t.Errorf("%s: signal %q at %#x in %s, want %q at %#x in %s", file, c.Signal, c.FaultAddr, f.Function().Name(), tt.signal, tt.addr, tt.function)
			}
			if hasValues(t, file, f, tt.want) {
				complete[file] = true
			}
			n++
		}
	}
	if _, out, _ := postmortem("info", filepath.Join(dir, "load1.dump")); !strings.Contains(out, "signal SIGSEGV at 0x20\n") {
		t.Errorf("info lacks the signal:\n%s", out)
	}
	return n
}

// hasValues looks at some of a frame's variables, and reports whether they have
// their values. None may have another one.
func hasValues(t *testing.T, where string, f dump.Frame, want map[string]string) bool {
	t.Helper()
	found := 0
	for _, v := range f.Variables() {
		switch text := restore.VariableValue(v, restore.LongConfig()); {
		case want[v.Name()] == "" || strings.HasSuffix(text, " [optimized out]"):
		case text == want[v.Name()]:
			found++
		default:
			t.Errorf("%s: %s is %s, want %s", where, v.Name(), text, want[v.Name()])
		}
	}
	return found == len(want)
}
