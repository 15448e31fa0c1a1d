//go:build linux && amd64

package oracle_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gopostmortem/postmortem/internal/oracle"
)

// TestReadKnownValues holds Delve's engine to values that the frozen program
// has by its source, so that a comparison with the oracle compares something.
func TestReadKnownValues(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "frozen")
	build := exec.Command("go", "build", "-gcflags=all=-N -l", "-o", exe, "./testdata/frozen")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(exe)
	cmd.Stderr = os.Stderr
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	var pid int
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	} else if _, err := fmt.Sscanf(line, "HOLD %d", &pid); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	gs, err := oracle.Read(pid, exe, oracle.Config{Recurse: 1, StringLen: 64, ArrayValues: 64, MaxFrames: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"main.hero p":       `main.point {X: 3, Y: 4, Name: "here"}`,
		"main.hero m":       `map[string]int ["one": 1, ]`,
		"main.hero list":    `[]int len: 3, cap: 3, [5,6,7]`,
		"main.hero total":   `18`,
		"main.blocked i":    `2`,
		"main.blocked wait": `chan send`,
	}
	got := make(map[string]string)
	for _, g := range gs {
		for _, f := range g.Frames {
			got[f.Function+" wait"] = g.WaitReason
			for _, v := range f.Vars {
				got[f.Function+" "+v.Name] = v.Text
			}
		}
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s = %s, want %s", name, got[name], text)
		}
	}
}
