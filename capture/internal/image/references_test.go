package image

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The runtime's variables are among what the functions refer to by which a
// stripped program's are found.
func TestReferences(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		exe := filepath.Join(t.TempDir(), "prog")
		cmd := exec.Command("go", "build", "-ldflags=-w", "-o", exe, "../goroutine/testdata/parked")
		cmd.Env = append(cmd.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		m, err := OpenAny(exe, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for function, variable := range map[string]string{
			"runtime.allgadd": "runtime.allgs", "runtime.mcommoninit": "runtime.allm", "runtime.waitReason.String": "runtime.waitReasonStrings",
		} {
			addr, ok := m.Symbol(variable)
			if refs := m.References(function); !ok || !slices.Contains(refs, addr) {
				t.Errorf("%s: %s does not refer to %s at %#x but to %#x", arch, function, variable, addr, refs)
			}
		}
		if v := m.GoVersion(); !strings.HasPrefix(runtime.Version(), v) || v == "" {
			t.Errorf("%s: built with %q", arch, v)
		}
	}
}
