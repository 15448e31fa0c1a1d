//go:build linux && amd64

package accept

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/oracle"
)

// deadline ends a program that hangs; no test depends on its length.
const deadline = 3 * time.Minute

// crash runs a program that crashes and captures itself, and returns its dump.
// If look is set, it is called with the process id of the frozen image that the
// dump was made from.
func crash(t testing.TB, exe string, look func(pid int) error, args ...string) *dump.Dump {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crash.dump")
	if err := runHeld(exe, file, look, args...); err != nil {
		t.Fatal(err)
	}
	return verified(t, exe, file)
}

// verified opens a program's dump.
func verified(t testing.TB, exe, file string) *dump.Dump {
	t.Helper()
	d, err := dump.Open(file)
	if err != nil {
		t.Fatalf("%s: open: %v", filepath.Base(exe), err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Verify(context.Background()); err != nil {
		t.Errorf("%s: verify: %v", filepath.Base(exe), err)
	}
	return d
}

func runHeld(exe, file string, look func(pid int) error, args ...string) error {
	args = append([]string{"-o", file}, args...)
	if look != nil {
		args = append([]string{"-hold"}, args...)
	}
	return run(look, nil, exe, args...)
}

func run(look func(pid int) error, env []string, exe string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in := bufio.NewReader(stdout)
	if look != nil {
		err = held(in, look)
	}
	stdin.Close()
	_, _ = io.Copy(io.Discard, in)
	if e := cmd.Wait(); e != nil {
		err = errors.Join(err, fmt.Errorf("%s: %w\n%s", filepath.Base(exe), e, stderr.Bytes()))
	}
	return err
}

// held waits until the program holds its snapshot, and looks at it.
func held(in *bufio.Reader, look func(pid int) error) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the program ended without a snapshot: %w", err)
		}
		var pid int
		if _, err := fmt.Sscanf(line, "HOLD %d", &pid); err == nil {
			return look(pid)
		}
	}
}

// crashWithOracle runs a program, and has Delve read the memory that its dump
// was made from.
func crashWithOracle(t testing.TB, exe string, cfg oracle.Config, args ...string) (*dump.Dump, []oracle.Goroutine) {
	t.Helper()
	var gs []oracle.Goroutine
	d := crash(t, exe, func(pid int) (err error) {
		start := time.Now()
		gs, err = oracle.Read(pid, exe, cfg)
		t.Logf("Delve reads %d goroutines in %v", len(gs), time.Since(start).Round(time.Millisecond))
		return err
	}, args...)
	return d, gs
}
