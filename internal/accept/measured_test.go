//go:build linux && amd64

package accept

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/oracle"
)

// cost is what something took.
type cost struct {
	Time   time.Duration
	Memory int64 // by how much the resident memory rose, or all of a process's own
}

// least keeps the smallest figures of several runs.
func (c *cost) least(other cost) {
	if c.Time == 0 || other.Time < c.Time {
		c.Time = other.Time
	}
	if c.Memory == 0 || other.Memory < c.Memory {
		c.Memory = other.Memory
	}
}

// measured is a running program that testdata/internal/measure serves.
type measured struct {
	t   testing.TB
	exe string
	pid int
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func startMeasured(t testing.TB, exe string, args ...string) *measured {
	t.Helper()
	m := &measured{t: t, exe: exe, cmd: exec.Command(exe, args...)}
	m.cmd.Stderr = os.Stderr
	stdout, err := m.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	m.out = bufio.NewReader(stdout)
	if _, err := fmt.Fscanf(m.out, "ready %d\n", &m.pid); err != nil {
		t.Fatalf("%s: %v", exe, err)
	}
	return m
}

func (m *measured) stop() {
	m.in.Close()
	_ = m.cmd.Wait()
}

// do gives a command and returns what it took. While a snapshot is held, look is called.
func (m *measured) do(command string, look func(pid int)) cost {
	m.t.Helper()
	if _, err := fmt.Fprintln(m.in, command); err != nil {
		m.t.Fatal(err)
	}
	for {
		line, err := m.out.ReadString('\n')
		if err != nil {
			m.t.Fatalf("%s: %s: %v", m.exe, command, err)
		}
		var c cost
		var pid int
		if _, err := fmt.Sscanf(line, "HOLD %d", &pid); err == nil {
			look(pid)
			fmt.Fprintln(m.in)
		} else if _, err := fmt.Sscanf(line, "took %d %d", &c.Time, &c.Memory); err == nil {
			return c
		} else {
			m.t.Fatalf("%s: %s: %s", m.exe, command, line)
		}
	}
}

// captures returns the least that n captures took, and the file of the last.
func (m *measured) captures(n int) (c cost, file string) {
	m.t.Helper()
	dir := m.t.TempDir()
	for i := range n {
		file = filepath.Join(dir, fmt.Sprint(i))
		c.least(m.do("capture "+file, nil))
	}
	return c, file
}

// childEnv tells this test's executable to be the process in which Delve's
// engine is measured.
const childEnv = "ACCEPT_DELVE"

// delve runs the engine in a process of its own: `load EXE` or `read PID EXE`.
func delve(t testing.TB, args ...string) cost {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(args, " "))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("delve %v: %v", args, err)
	}
	var c cost
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatalf("delve %v: %v: %s", args, err, out)
	}
	return c
}

// delveChild is the other side of delve.
func delveChild(args []string) error {
	start := time.Now()
	var err error
	switch {
	case len(args) == 2 && args[0] == "load":
		err = oracle.Load(args[1])
	case len(args) == 3 && args[0] == "read":
		var pid, n int
		if pid, err = strconv.Atoi(args[1]); err == nil {
			cfg := oracleConfig(3)
			cfg.Skip = nil // all variables of all frames
			if n, err = oracle.Walk(pid, args[2], cfg); err == nil && n == 0 {
				err = errors.New("no variables")
			}
		}
	default:
		err = fmt.Errorf("delve %v", args)
	}
	if err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(cost{time.Since(start), inKilobytes(string(status), "VmHWM:")})
}

// inKilobytes is a figure of one of the kernel's texts, in bytes.
func inKilobytes(text, name string) int64 {
	_, rest, _ := strings.Cut(text, name)
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kb, _ := strconv.ParseInt(number, 10, 64)
	return kb << 10
}

// command runs a program to its end.
func command(t testing.TB, stdin string, name string, args ...string) (cost, []byte) {
	t.Helper()
	peak := filepath.Join(buildAll(t, release, "testdata/programs", "peak"), "peak")
	cmd := exec.Command(peak, append([]string{name}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(start)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	text := bytes.TrimRight(out, "\n")
	last := bytes.LastIndexByte(text, '\n') + 1
	most, err := strconv.ParseInt(string(text[last:]), 10, 64)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return cost{took, most}, out[:last]
}

// installed installs a command of another module for this test run, or says why it can't be had.
func installed(t testing.TB, path string) (string, error) {
	t.Helper()
	dir := filepath.Join(built.dir, "tools")
	name, _, _ := strings.Cut(path, "@")
	exe := filepath.Join(dir, filepath.Base(name))
	if _, err := os.Stat(exe); err == nil {
		return exe, nil
	}
	cmd := exec.Command("go", "install", path)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s: %w\n%s", path, err, out)
	}
	return exe, nil
}
