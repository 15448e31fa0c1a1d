package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/sample"
)

// terminal is a command that runs in a terminal of its own.
type terminal struct {
	t    *testing.T
	ptm  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	seen bytes.Buffer
	more chan struct{} // receives after each read
	mark int           // up to where expect has looked
}

// openTerminal gives both ends of a new pseudo terminal.
func openTerminal(t *testing.T) (ptm, pts *os.File) {
	t.Helper()
	ptm, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { ptm.Close() })
	if err := unix.IoctlSetPointerInt(int(ptm.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ptm.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	pts, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	size := &unix.Winsize{Row: 50, Col: 250}
	if err := unix.IoctlSetWinsize(int(pts.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	return ptm, pts
}

// start runs postmortem in a terminal.
func start(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	ptm, pts := openTerminal(t)
	cmd := exec.Command("postmortem", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pts, pts, pts
	cmd.Env = append(append(os.Environ(), "TERM=xterm"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pts.Close()
	x := &terminal{t: t, ptm: ptm, cmd: cmd, more: make(chan struct{}, 1)}
	go x.read()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return x
}

func (x *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := x.ptm.Read(buf)
		x.mu.Lock()
		x.seen.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// hangs is when a test gives up on a program that says nothing.
const hangs = 60 * time.Second

// expect waits until the terminal shows text, and gives what it showed before.
func (x *terminal) expect(text string) string {
	x.t.Helper()
	deadline := time.After(hangs)
	for {
		x.mu.Lock()
		all := x.seen.String()
		x.mu.Unlock()
		if i := strings.Index(all[x.mark:], text); i >= 0 {
			before := all[x.mark : x.mark+i]
			x.mark += i + len(text)
			return before
		}
		select {
		case <-x.more:
		case <-deadline:
			x.t.Fatalf("the terminal does not show %q but %q", text, all[x.mark:])
		}
	}
}

func (x *terminal) send(keys string) {
	x.t.Helper()
	if _, err := x.ptm.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// exit waits for the end and gives the exit status.
func (x *terminal) exit() int {
	x.t.Helper()
	done := make(chan error, 1)
	go func() { done <- x.cmd.Wait() }()
	select {
	case err := <-done:
		var status *exec.ExitError
		if err != nil && !errors.As(err, &status) {
			x.t.Fatal(err)
		}
		return x.cmd.ProcessState.ExitCode()
	case <-time.After(hangs):
		x.t.Fatal("it does not end")
	}
	return -1
}

const (
	prompt = "(postmortem) "
	ctrlC  = "\x03"
	ctrlD  = "\x04"
	tab    = "\t"
	arrow  = "\x1b[A" // up
	enter  = "\r"
)

// TestTerminal talks to the debugger through a real terminal: Ctrl-C clears
// the line, Ctrl-D leaves, Tab completes, and lines are remembered.
func TestTerminal(t *testing.T) {
	dir := t.TempDir()
	data, err := sample.Service().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "svc.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"XDG_STATE_HOME=" + dir, "NO_COLOR="}

	x := start(t, env, "open", path)
	if head := x.expect(prompt); !strings.Contains(head, "\x1b[1;31mpanic: ") {
		t.Errorf("no colours on a terminal: %q", head)
	}
	x.send("print nonsense")
	x.expect("nonsense")
	x.send(ctrlC)
	x.expect(prompt)
	x.send("print i" + enter)
	x.expect("\n5\r\n")
	x.expect(prompt)
	x.send("whati" + tab + " num" + tab + enter)
	x.expect("\n[]int\r\n")
	x.expect(prompt)
	x.send("frame 2 print n" + tab + enter)
	x.expect("\n40\r\n")
	x.expect(prompt)
	x.send(arrow + arrow + arrow + enter)
	x.expect("\n5\r\n")
	x.expect(prompt)
	x.send("nosuch" + enter)
	x.expect("postmortem: nosuch: command not available")
	x.expect(prompt)
	x.send(ctrlD)
	if code := x.exit(); code != 0 {
		t.Errorf("Ctrl-D leaves with status %d", code)
	}

	remembers(t, dir, path)
}

// remembers checks that the next session knows the lines of the last one.
func remembers(t *testing.T, dir, path string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "postmortem", "history"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history has mode %v", info.Mode())
	}
	y := start(t, []string{"XDG_STATE_HOME=" + dir, "NO_COLOR=1"}, "open", path)
	if head := y.expect(prompt); strings.Contains(head, "\x1b[") {
		t.Errorf("colours in spite of NO_COLOR: %q", head)
	}
	y.send(arrow + arrow + enter)
	y.expect("\n5\r\n")
	y.expect(prompt)
	y.send("exit" + enter)
	if code := y.exit(); code != 0 {
		t.Errorf("exit leaves with status %d", code)
	}
}
