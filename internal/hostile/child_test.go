//go:build linux && amd64

package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/cli"
)

// The command runs in a process of its own: what it takes from the system can
// then be told exactly.

const childFile = "POSTMORTEM_HOSTILE_FILE"

// child is the process: it runs the command on a file and reports, behind all
// that the command says, the most memory it had.
func child(path string) int {
	status := cli.Run(context.Background(), append(os.Args[1:], path), cli.IO{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr})
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	fmt.Fprintf(os.Stderr, "\n%s", text)
	return status
}

// ran is what came of a command.
type ran struct {
	status int
	errors string
	memory int64         // the most that was resident, in bytes
	cpu    time.Duration // of all threads: no busy machine makes it much longer
}

var residentSize = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// command runs a command on a file.
func command(t *testing.T, path string, args ...string) ran {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangs)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), childFile+"="+path)
	cmd.Stdout = io.Discard
	var errs strings.Builder
	cmd.Stderr = &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%q: %v, %v", args, err, ctx.Err())
	}
	out := ran{status: cmd.ProcessState.ExitCode(), errors: errs.String()}
	if m := residentSize.FindStringSubmatch(out.errors); m != nil {
		kb, _ := strconv.ParseInt(m[1], 10, 64)
		out.memory = kb << 10
	} else {
		t.Fatalf("%q ended with %v: %.2000s", args, err, out.errors)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	out.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return out
}

// write puts a dump where a command finds it.
func write(t *testing.T, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hostile.dump")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
