package dump

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/freeze"
)

// fortyOne does not move, as a variable on a stack does.
var fortyOne = int64(41)

// A snapshot that nobody releases, because its capture hangs, ends by itself:
// the process, the goroutine that holds it, and every read.
func TestSnapshotExpires(t *testing.T) {
	before := runtime.NumGoroutine()
	addr := uint64(uintptr(unsafe.Pointer(&fortyOne)))
	var b [8]byte

	s, release, err := takeSnapshot(freeze.Options{}, time.Now().Add(time.Hour))
	if errors.Is(err, freeze.ErrUnsupported) {
		t.Skip("this system has no freeze")
	}
	if err != nil {
		t.Fatal(err)
	}
	reqs := []freeze.Request{{Addr: addr, Buf: b[:]}, {Addr: addr, Buf: make([]byte, 1)}}
	if s.ReadBatch(reqs); reqs[0].Err != nil || b[0] != 41 || s.ReadMemory(b[:], addr) != nil {
		t.Errorf("before its end the snapshot reads %d, %v, want 41", b[0], reqs[0].Err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}

	s, _, err = takeSnapshot(freeze.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); !errors.Is(s.ReadMemory(b[:], addr), errExpired); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the snapshot does not end")
		}
	}
	if s.ReadBatch(reqs); !errors.Is(reqs[0].Err, errExpired) || !errors.Is(reqs[1].Err, errExpired) {
		t.Errorf("after its end: %v, %v, want %v", reqs[0].Err, reqs[1].Err, errExpired)
	}
	if err := s.finish(); err != nil {
		t.Error(err)
	}
	if p, err := os.FindProcess(s.PID()); err == nil && p.Signal(syscall.Signal(0)) == nil {
		t.Errorf("the frozen process %d is still there", s.PID())
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) { // goroutines that have done their work may not be gone yet
		if runtime.NumGoroutine() <= before {
			return
		}
	}
	t.Errorf("%d goroutines, there were %d", runtime.NumGoroutine(), before)
}
