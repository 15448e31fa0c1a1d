//go:build amd64 || arm64

package freeze

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/capture/internal/guard"
	"github.com/gopostmortem/postmortem/internal/hold"
)

// clone is a child process that shares the program's memory copy-on-write and
// waits for requests until it is killed.
type clone struct {
	pid  int
	done chan struct{} // closed to kill the child
	gone chan error    // the child is reaped
}

// takeClone makes the child and finds out how its memory can be read. The
// thread that makes it stays with it to the end, because the child is to die
// with that thread.
func takeClone(o *Options) (*Snapshot, error) {
	if err := refused("clone"); err != nil {
		return nil, err
	}
	type result struct {
		s   *Snapshot
		err error
	}
	res := make(chan result, 1)
	c := &clone{done: make(chan struct{}), gone: make(chan error, 1)}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		s, err := guard.Run(func() (*Snapshot, error) { return c.take(o) })
		res <- result{s, err}
		if err == nil {
			<-c.done
			c.gone <- guard.Do(c.reap)
		}
	}()
	r := <-res
	return r.s, r.err
}

// take runs on the locked thread.
func (c *clone) take(o *Options) (s *Snapshot, err error) {
	line, theirs, lineErr := newLine(o.Deadline)
	pid := uintptr(0)
	files, parent := openLimit(), uintptr(os.Getpid())
	frozen, err := stopWorld(o, func() {
		all, old := ^uint64(0), uint64(0)
		sigmask(&all, &old)
		pid = cloneFrozen(parent, files, theirs.line, theirs.window)
		sigmask(&old, nil)
	})
	line.keepOwn(theirs)
	if err == nil && failed(pid) {
		err = fmt.Errorf("clone: %w", syscall.Errno(-pid))
	}
	if err != nil {
		line.close()
		return nil, err
	}
	c.pid = int(pid)
	defer func() {
		if s == nil { // also when it panics
			line.close()
			err = errors.Join(err, c.reap())
		}
	}()
	preferKilling(c.pid)
	readable := Snapshot{frozen: frozen, pid: c.pid, release: func() error {
		close(c.done)
		err := <-c.gone
		line.close()
		return err
	}}
	direct := probe(process(c.pid), "direct")
	if direct == nil {
		readable.reader, readable.method = process(c.pid), "clone"
		if line.window != nil {
			readable.reader = &near{process(c.pid), line}
		}
		return &readable, nil
	}
	served := lineErr
	if served == nil {
		served = probe(line, "pipe")
	}
	if served != nil {
		return nil, fmt.Errorf("%w; %w", direct, served)
	}
	readable.reader, readable.method = line, "pipe"
	readable.lacks = []string{fmt.Sprintf("direct access to the frozen process: %v", direct)}
	return &readable, nil
}

// openLimit bounds the numbers of the program's open files.
func openLimit() uintptr {
	var l unix.Rlimit
	const most = 1 << 20
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur > most {
		return most
	}
	return uintptr(l.Cur)
}

// preferKilling makes the child, not the program, the one to die when memory
// runs out. Where it cannot, the kernel chooses.
func preferKilling(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0)
}

// sigmask sets this thread's mask of blocked signals.
func sigmask(set, old *uint64) {
	const setsize = 8
	_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK,
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), setsize, 0, 0)
}

// cloneFrozen makes the child. With no flags at all, the child has its own
// copies of memory and descriptors, and its death sends no signal: the
// program's own handling of children does not see it. In the child there is
// one thread and no Go runtime: it may only make raw system calls.
//
//go:nosplit
//go:norace
func cloneFrozen(parent, files, line, window uintptr) uintptr {
	if pid := raw(unix.SYS_CLONE, 0, 0, 0); pid != 0 {
		return pid
	}
	raw(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0)
	if raw(unix.SYS_GETPPID, 0, 0, 0) != parent {
		raw(unix.SYS_EXIT_GROUP, 1, 0, 0)
	}
	// The program's sockets and files must not stay open for the child's sake.
	closeOthers(files, min(line, window), max(line, window))
	if line != noFile {
		serve(line, window)
	}
	for {
		raw(unix.SYS_PPOLL, 0, 0, 0)
	}
}

// failed reports whether a result of raw is an error.
//
//go:nosplit
//go:norace
func failed(r uintptr) bool { return r > 1<<62 }

// raw makes a system call without Go's runtime; errors are negative, as the
// kernel gives them. In the child every byte of its frame counts.
//
//go:nosplit
//go:norace
func raw(call, a, b, c uintptr) uintptr {
	r, _, errno := syscall.RawSyscall6(call, a, b, c, 0, 0, 0)
	if errno != 0 {
		return -uintptr(errno)
	}
	return r
}

// closeOthers closes all descriptors but two, or the one that is a descriptor.
// Neither is 0.
//
//go:nosplit
//go:norace
func closeOthers(files, low, high uintptr) {
	const last = 1<<32 - 1
	if raw(unix.SYS_CLOSE_RANGE, 0, min(low-1, last), 0) == 0 {
		if low < last {
			raw(unix.SYS_CLOSE_RANGE, low+1, min(high-1, last), 0)
		}
		if high < last {
			raw(unix.SYS_CLOSE_RANGE, high+1, last, 0)
		}
		return
	}
	for fd := uintptr(0); fd < files; fd++ { // before Linux 5.9
		if fd != low && fd != high {
			raw(unix.SYS_CLOSE, fd, 0, 0)
		}
	}
}

// probe makes sure that the child's memory can be read in that way: seccomp,
// Yama or a non-dumpable process may forbid it.
func probe(r reader, way string) error {
	if err := refused(way); err != nil {
		return err
	}
	var got [8]byte
	if err := r.ReadMemory(got[:], uint64(uintptr(unsafe.Pointer(&probed)))); err != nil {
		return err
	}
	if got != probed {
		return errors.New("the snapshot's memory is not the program's")
	}
	return nil
}

// probed is what probe looks for in the snapshot.
var probed = [8]byte{'s', 'n', 'a', 'p', 's', 'h', 'o', 't'}

// reap kills the child and waits for it.
func (c *clone) reap() error {
	if hold.Snapshot != nil {
		hold.Snapshot(c.pid)
	}
	if err := unix.Kill(c.pid, unix.SIGKILL); err != nil {
		return fmt.Errorf("freeze: kill snapshot: %w", err)
	}
	for {
		_, err := unix.Wait4(c.pid, nil, unix.WALL, nil)
		if err != unix.EINTR {
			if err != nil {
				return fmt.Errorf("freeze: wait for snapshot: %w", err)
			}
			return nil
		}
	}
}
