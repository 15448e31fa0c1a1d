//go:build linux && amd64

package accept

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A program that is killed while it captures does not leave its frozen image
// behind, whose memory would be in use for ever.
func TestImageDiesWithProgram(t *testing.T) {
	exe := filepath.Join(buildAll(t, release, "testdata/fixtures", "nilderef"), "nilderef")
	cmd := exec.Command(exe, "-hold", "-o", filepath.Join(t.TempDir(), "crash.dump"))
	stdin, err := cmd.StdinPipe() // open, or the program would go on
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	image := 0
	err = held(bufio.NewReader(stdout), func(pid int) error { image = pid; return nil })
	killed := cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if err != nil || killed != nil {
		t.Fatal(err, killed)
	}
	for end := time.Now().Add(time.Minute); alive(image); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the frozen image, process %d, is still there", image)
		}
	}
}

// alive reports whether a process is more than an entry that nobody has waited for.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
