//go:build linux && amd64

package freeze

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// frozen lies in the program's data: a test's stack may move.
var frozen int64

func TestTakeIsFrozenAndReaped(t *testing.T) {
	x := &frozen
	*x = 41
	before := runtime.GOMAXPROCS(0)
	s, err := Take(Options{})
	if errors.Is(err, ErrUnsupported) {
		t.Skip("this system has no freeze")
	}
	if err != nil {
		t.Fatal(err)
	}
	*x = 42
	var b [8]byte
	if err := s.ReadMemory(b[:], uint64(uintptr(unsafe.Pointer(x)))); err != nil {
		t.Fatal(err)
	}
	if b[0] != 41 {
		t.Errorf("snapshot reads %d, want the value at the freeze, 41", b[0])
	}
	reqs := []Request{
		{Addr: uint64(uintptr(unsafe.Pointer(x))), Buf: make([]byte, 8)},
		{Addr: 8, Buf: make([]byte, 8)},
		{Addr: uint64(uintptr(unsafe.Pointer(x))), Buf: make([]byte, 1)},
	}
	s.ReadBatch(reqs)
	if reqs[0].Err != nil || reqs[0].Buf[0] != 41 || reqs[1].Err == nil || reqs[2].Err != nil || reqs[2].Buf[0] != 41 {
		t.Errorf("ReadBatch = %+v, want 41, a fault, 41", reqs)
	}
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("GOMAXPROCS = %d after the freeze, was %d", got, before)
	}
	if n := descriptors(t, s.PID()); n > 0 {
		t.Errorf("the snapshot holds %d descriptors open", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(s.PID(), 0); err != unix.ESRCH {
		t.Errorf("kill(snapshot, 0) = %v after Close, want ESRCH", err)
	}
	t.Logf("freeze %v", s.FreezeTime().Round(time.Microsecond))
}

// descriptors counts a process's open files, once it has had the time to close them.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 || time.Now().After(end) {
			return len(entries)
		}
	}
}
