package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/hold"
)

// undone ends conditions before the second capture.
var undone []func()

var conditions = map[string]func(value string) error{
	"busy":     busy,
	"compare":  compare,
	"threads":  spareThreads,
	"refuse":   refuse,
	"mountro":  func(v string) error { return mountSmall(v, unix.MS_RDONLY) },
	"seccomp":  seccomp,
	"dumpable": func(v string) error { return unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(number(v)), 0, 0, 0) },
	"user":     func(v string) error { return errors.Join(syscall.Setgid(number(v)), syscall.Setuid(number(v))) },
	"as":       func(v string) error { return limit(unix.RLIMIT_AS, virtual()+uint64(number(v))<<20) },
	"nproc":    func(v string) error { return limit(unix.RLIMIT_NPROC, uint64(number(v))) },
	"fsize": func(v string) error {
		signal.Ignore(syscall.SIGXFSZ)
		return limit(unix.RLIMIT_FSIZE, uint64(number(v)))
	},
	"nofile":    exhaustFiles,
	"stdio":     closeStdio,
	"chroot":    func(v string) error { return errors.Join(syscall.Chroot(v), syscall.Chdir("/")) },
	"cwd":       loseDirectory,
	"memlimit":  func(v string) error { debug.SetMemoryLimit(int64(number(v)) << 20); return nil },
	"default":   func(string) error { options = nil; return nil },
	"dir":       func(v string) error { options = []dump.Option{dump.Dir(v)}; return nil },
	"unset":     os.Unsetenv,
	"keep":      func(v string) error { options = append(options, dump.Keep(number(v))); return nil },
	"heap":      func(v string) error { ballast = grow(number(v)); return nil },
	"cgroup":    joinGroup,
	"mountfull": mountFull,
}

func number(v string) int {
	n, err := strconv.Atoi(v)
	if err != nil {
		panic(err)
	}
	return n
}

// refuse closes ways inside the capture itself: refuse=clone,pipe.
func refuse(v string) error {
	ways := strings.Split(v, ",")
	hold.Refuse = func(way string) error {
		for _, w := range ways {
			if w == way {
				return fmt.Errorf("%s: %w", way, unix.EPERM)
			}
		}
		return nil
	}
	return nil
}

// limit sets a resource limit for the first capture.
func limit(which int, n uint64) error {
	var old unix.Rlimit
	if err := unix.Getrlimit(which, &old); err != nil {
		return err
	}
	undone = append(undone, func() { _ = unix.Setrlimit(which, &old) })
	return unix.Setrlimit(which, &unix.Rlimit{Cur: n, Max: old.Max})
}

// virtual is the size of the address space in use.
func virtual() uint64 {
	b, _ := os.ReadFile("/proc/self/statm")
	pages, _, _ := strings.Cut(string(b), " ")
	return uint64(number(pages)) * 4096
}

// exhaustFiles leaves v descriptors.
func exhaustFiles(v string) error {
	if err := limit(unix.RLIMIT_NOFILE, 64); err != nil {
		return err
	}
	var held []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		held = append(held, fd)
	}
	for _, fd := range held[len(held)-number(v):] {
		_ = unix.Close(fd)
	}
	held = held[:len(held)-number(v)]
	undone = append(undone, func() {
		for _, fd := range held {
			_ = unix.Close(fd)
		}
	})
	return nil
}

// closeStdio closes the standard streams. What the program says goes elsewhere;
// what it goes on to write to standard error must not land in a dump.
func closeStdio(string) error {
	fd, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 100)
	if err != nil {
		return err
	}
	out = os.NewFile(uintptr(fd), "out")
	for fd := range 3 {
		_ = unix.Close(fd)
	}
	go func() {
		for {
			_, _ = unix.Write(1, []byte("GARBAGE"))
			_, _ = unix.Write(2, []byte("GARBAGE"))
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 50_000}, nil)
		}
	}()
	return nil
}

func loseDirectory(string) error {
	dir, err := os.MkdirTemp("", "lost")
	if err != nil {
		return err
	}
	return errors.Join(os.Chdir(dir), os.Remove(dir))
}

// mountFull puts a file system of 64 KB at the directory v, of which 8 are left.
func mountFull(v string) error {
	if err := mountSmall(v, 0); err != nil {
		return err
	}
	fill := v + "/fill"
	undone = append(undone, func() { _ = os.Remove(fill) })
	return os.WriteFile(fill, make([]byte, 56<<10), 0o600)
}

// spareThreads makes the runtime have idle threads, as a program has that has
// been under load: it ends a program that cannot have one when it needs it.
func spareThreads(string) error {
	var all sync.WaitGroup
	for range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 50_000_000}, nil)
		}()
	}
	all.Wait()
	return nil
}

// joinGroup enters the memory control group at the directory v.
func joinGroup(v string) error {
	return os.WriteFile(v+"/cgroup.procs", []byte(strconv.Itoa(os.Getpid())), 0)
}

// mountSmall puts a file system at the directory v, in a mount namespace that
// the program was started in.
func mountSmall(v string, flags uintptr) error {
	return unix.Mount("none", v, "tmpfs", flags, "size=64k")
}

var ballast []*block

// block is one of many small objects, each with a pointer.
type block struct {
	next *block
	_    [14]uint64
}

// grow makes a heap of some megabytes.
func grow(mb int) []*block {
	all := make([]*block, 0, mb<<20/128)
	var last *block
	for len(all) < cap(all) {
		last = &block{next: last}
		all = append(all, last)
	}
	return all
}

// The parts of BPF that are needed, see linux/filter.h and linux/seccomp.h.
const (
	load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	anyBit = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret    = unix.BPF_RET | unix.BPF_K

	atNumber, atFirstArg = 0, 16
	allow, refuseWith    = 0x7fff0000, 0x00050000
)

// seccomp forbids a system call for good, with an error: seccomp=readv:EPERM.
func seccomp(v string) error {
	name, errName, _ := strings.Cut(v, ":")
	errno := map[string]uint32{"EPERM": 1, "EAGAIN": 11, "ENOMEM": 12, "ENOSYS": 38}[errName]
	prog := []unix.SockFilter{{Code: load, K: atNumber}}
	switch name {
	case "readv":
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_PROCESS_VM_READV, Jf: 1})
	case "memfd":
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_MEMFD_CREATE, Jf: 1})
	case "fallocate":
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_FALLOCATE, Jf: 1})
	case "writev":
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_WRITEV, Jf: 1})
	case "socketpair":
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_SOCKETPAIR, Jf: 1})
	case "clone": // but for threads
		prog = append(prog, unix.SockFilter{Code: equal, K: unix.SYS_CLONE, Jf: 3},
			unix.SockFilter{Code: load, K: atFirstArg}, unix.SockFilter{Code: anyBit, K: unix.CLONE_THREAD, Jt: 1})
	default:
		return fmt.Errorf("no filter for %s", name)
	}
	prog = append(prog, unix.SockFilter{Code: ret, K: refuseWith | errno}, unix.SockFilter{Code: ret, K: allow})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	if _, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP, 1, 1, uintptr(unsafe.Pointer(&filter))); errno != 0 { // all threads
		return errno
	}
	return nil
}
