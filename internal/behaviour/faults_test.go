//go:build linux && amd64

package behaviour

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestFaults: the frame that met a fault shows what was in registers only, also
// where the goroutine's stack has grown and moved since, and the dump says which
// signal it was and where, as Go's own traceback does.
func TestFaults(t *testing.T) {
	tests := []struct {
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
	t.Setenv("GODEBUG", "asyncpreemptoff=1") // on a busy machine such a signal may come first, and the registers are lost
	modes := []mode{release, release.with("go1.25.0"), release.with("go1.27.0")}
	if !thorough {
		modes = modes[:1]
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		dir := t.TempDir()
		if e := run(t, build(t, m, "faults"), dir); e.status != 0 {
			t.Fatalf("exit status %d\n%s", e.status, e.errors)
		}
		for _, tt := range tests {
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
				hasValues(t, file, f, tt.want)
			}
		}
		if _, out, _ := postmortem("info", filepath.Join(dir, "load1.dump")); !strings.Contains(out, "signal SIGSEGV at 0x20\n") {
			t.Errorf("info lacks the signal:\n%s", out)
		}
	})
}

// hasValues looks at some of a frame's variables.
func hasValues(t *testing.T, where string, f dump.Frame, want map[string]string) {
	t.Helper()
	for _, v := range f.Variables() {
		if text := restore.VariableValue(v, restore.LongConfig()); want[v.Name()] != "" && text != want[v.Name()] {
			t.Errorf("%s: %s is %s, want %s", where, v.Name(), text, want[v.Name()])
		}
	}
}
