package freeze

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/hold"
)

// Snapshot is the frozen image of the program: a child process that shares
// its memory copy-on-write and sits in pause(2) until it is killed.
type Snapshot struct {
	process
	frozen time.Duration
	done   chan struct{} // closed by Close: kill the child
	gone   chan error    // the child is reaped
	once   sync.Once
	err    error
}

// Take freezes the program and returns its image. The caller must be waiting
// in Take for its own registers to be saved: the work happens in a goroutine
// of its own, locked to its thread until [Snapshot.Close], because the child
// is to die with that thread.
func Take(o Options) (*Snapshot, error) {
	type result struct {
		s   *Snapshot
		err error
	}
	res := make(chan result)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		s, err := take(o)
		res <- result{s, err}
		if err == nil {
			<-s.done
			s.gone <- s.reap()
		}
	}()
	r := <-res
	return r.s, r.err
}

// take runs on the locked thread.
func take(o Options) (*Snapshot, error) {
	restoreDefault := false
	if o.CustomProcs != nil {
		custom, known := o.CustomProcs()
		restoreDefault = known && !custom
	}
	self := os.Getpid()
	start := time.Now()
	pid, err := stopAndClone(self, restoreDefault)
	frozen := time.Since(start)
	if err != nil {
		return nil, fmt.Errorf("freeze: %w", err)
	}
	preferKilling(pid)
	s := &Snapshot{process: process(pid), frozen: frozen, done: make(chan struct{}), gone: make(chan error, 1)}
	if err := s.probe(); err != nil {
		return nil, errors.Join(err, s.reap())
	}
	return s, nil
}

// stopAndClone holds the program still while it is cloned. GOMAXPROCS(1) stops
// the world and starts it again with one P, which this goroutine holds: until
// it yields, no other goroutine runs, and each has its registers saved. A
// concurrent call to GOMAXPROCS may have raised the number again before this
// goroutine came back, hence the loop; the number that call set is the one to
// restore.
func stopAndClone(self int, restoreDefault bool) (uintptr, error) {
	files := openLimit()
	all, old := ^uint64(0), uint64(0)
	sigmask(&all, &old)
	defer sigmask(&old, nil)
	procs := runtime.GOMAXPROCS(1)
	held := false
	for range 100 {
		if held = runtime.GOMAXPROCS(0) == 1; held {
			break
		}
		if p := runtime.GOMAXPROCS(1); p != 1 {
			procs, restoreDefault = p, false
		}
	}
	pid, errno := uintptr(0), syscall.EAGAIN
	if held {
		pid, errno = cloneFrozen(uintptr(self), files)
	}
	if restoreDefault {
		runtime.SetDefaultGOMAXPROCS()
	} else {
		runtime.GOMAXPROCS(procs)
	}
	switch {
	case !held:
		return 0, errors.New("another goroutine keeps changing GOMAXPROCS")
	case errno != 0:
		return 0, fmt.Errorf("clone: %w", errno)
	}
	return pid, nil
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
func preferKilling(pid uintptr) {
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
func cloneFrozen(parent, files uintptr) (uintptr, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, 0, 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	if ppid, _, _ := syscall.RawSyscall6(unix.SYS_GETPPID, 0, 0, 0, 0, 0, 0); ppid != parent {
		_, _, _ = syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 1, 0, 0, 0, 0, 0)
	}
	// The program's sockets and files must not stay open for the child's sake.
	if _, _, errno := syscall.RawSyscall6(unix.SYS_CLOSE_RANGE, 0, ^uintptr(0)>>32, 0, 0, 0, 0); errno != 0 {
		for fd := uintptr(0); fd < files; fd++ { // before Linux 5.9
			_, _, _ = syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0)
		}
	}
	for {
		_, _, _ = syscall.RawSyscall6(unix.SYS_PAUSE, 0, 0, 0, 0, 0, 0)
	}
}

// probe makes sure that the child's memory can be read at all: seccomp, Yama
// or a non-dumpable process may forbid it.
func (s *Snapshot) probe() error {
	var got [8]byte
	if err := s.ReadMemory(got[:], uint64(uintptr(unsafe.Pointer(&probed)))); err != nil {
		return err
	}
	if got != probed {
		return errors.New("freeze: the snapshot's memory is not the program's")
	}
	return nil
}

// probed is what probe looks for in the snapshot.
var probed = [8]byte{'s', 'n', 'a', 'p', 's', 'h', 'o', 't'}

// reap kills the child and waits for it.
func (s *Snapshot) reap() error {
	if hold.Snapshot != nil {
		hold.Snapshot(int(s.process))
	}
	if err := unix.Kill(int(s.process), unix.SIGKILL); err != nil {
		return fmt.Errorf("freeze: kill snapshot: %w", err)
	}
	for {
		_, err := unix.Wait4(int(s.process), nil, unix.WALL, nil)
		if err != unix.EINTR {
			if err != nil {
				return fmt.Errorf("freeze: wait for snapshot: %w", err)
			}
			return nil
		}
	}
}

// FreezeTime is an upper bound of the time during which no other goroutine ran.
func (s *Snapshot) FreezeTime() time.Duration { return s.frozen }

// Method names the way in which the memory is had, for the dump.
func (s *Snapshot) Method() string { return "clone" }

// PID is the process id of the frozen child.
func (s *Snapshot) PID() int { return int(s.process) }

// Close kills the child and waits for its end. Calling it again does nothing.
func (s *Snapshot) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.err = <-s.gone
	})
	return s.err
}
