//go:build linux && (amd64 || arm64)

package freeze

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/pace"
)

// A world that is stopped for longer than a time slice goes on at once, however
// many goroutines want to run then: GOMAXPROCS does not stay at one meanwhile.
func TestSliceUsedUp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var stop atomic.Bool
	defer stop.Store(true)
	var begun sync.WaitGroup
	for range 100 {
		begun.Add(1)
		go func() {
			begun.Done()
			for !stop.Load() {
			}
		}()
	}
	begun.Wait()
	long := unix.NsecToTimespec(int64(40 * time.Millisecond))
	var stops []time.Duration
	for range 5 {
		pace.Begin()
		stopped, err := stopWorld(&Options{}, func() {
			_, _, _ = syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&long)), 0, 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stopped)
	}
	yield := time.Duration(0)
	for range 3 {
		begin := time.Now()
		runtime.Gosched()
		yield = max(yield, time.Since(begin))
	}
	slices.Sort(stops)
	t.Logf("the world stood still for %v; to yield takes %v", stops, yield)
	if stops[2] > yield/2 {
		t.Errorf("the world stood still for %v, where to yield takes %v", stops, yield)
	}
}
