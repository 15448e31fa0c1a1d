//go:build linux && amd64

package accept

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// TestDemo has the command and its sample service built by each supported
// version of Go: the dump shows the crashing frame with its values.
func TestDemo(t *testing.T) {
	for _, m := range []mode{go125, release, go127} {
		t.Run(m.Name, func(t *testing.T) {
			if !thorough && m.Toolchain != "" {
				t.Skip("builds the command with another toolchain: with POSTMORTEM_THOROUGH=1")
			}
			exe := filepath.Join(buildAll(t, m, ".", "cmd/postmortem"), "postmortem")
			file := filepath.Join(t.TempDir(), "demo.dump")
			cmd := exec.Command(exe, "demo", "-o", file)
			cmd.Dir = module
			cmd.Env = os.Environ()
			if m.Toolchain != "" {
				cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+m.Toolchain)
			}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("demo: %v\n%s", err, out)
			}
			for _, want := range []string{"main.(*Shop).apply", "=> ", `code = "ROADRUNNER"`, "off = 2565"} {
				if !strings.Contains(string(out), want) {
					t.Errorf("the demo does not show %q:\n%s", want, out)
				}
			}
			d, err := dump.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if v := d.Meta().GoVersion; m.Toolchain != "" && v != m.Toolchain {
				t.Errorf("the sample service was built by %s, want %s", v, m.Toolchain)
			}
		})
	}
}
