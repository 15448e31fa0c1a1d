//go:build linux && (amd64 || arm64)

package freeze

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/hold"
)

// frozen lies in the program's data: a test's stack may move.
var frozen int64

// large is more than a socket takes at once.
var large [3 << 20]byte

// refuse closes ways for one test.
func refuse(t *testing.T, ways ...string) {
	hold.Refuse = func(way string) error {
		for _, w := range ways {
			if w == way {
				return unix.EPERM
			}
		}
		return nil
	}
	t.Cleanup(func() { hold.Refuse = nil })
}

// All ways to read the child.
var childWays = []struct {
	name, method string
	refuse       []string
}{
	{"clone", "clone", nil}, {"clone without window", "clone", []string{"window"}},
	{"pipe", "pipe", []string{"direct"}}, {"pipe without window", "pipe", []string{"direct", "window"}},
}

func take(t *testing.T, o Options) *Snapshot {
	t.Helper()
	s, err := Take(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

func TestTakeIsFrozenAndReaped(t *testing.T) {
	for _, way := range childWays {
		t.Run(way.name, func(t *testing.T) {
			refuse(t, way.refuse...)
			fill()
			before := runtime.GOMAXPROCS(0)
			s := take(t, Options{})
			if s.Method() != way.method || (len(s.Lacks()) > 0) != (way.method != "clone") {
				t.Errorf("method %s, lacks %q, want %s", s.Method(), s.Lacks(), way.method)
			}
			frozen = 42
			clear(large[:])
			reads(t, s)
			secluded(t, s)
			if got := runtime.GOMAXPROCS(0); got != before {
				t.Errorf("GOMAXPROCS = %d after the freeze, was %d", got, before)
			}
			own := 1 // its line
			if !slices.Contains(way.refuse, "window") {
				own++
			}
			if n := descriptors(t, s.PID(), own); n != own {
				t.Errorf("the snapshot holds %d descriptors open, %d of its own", n, own)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := unix.Kill(s.PID(), 0); err != unix.ESRCH {
				t.Errorf("kill(snapshot, 0) = %v after Close, want ESRCH", err)
			}
		})
	}
}

// secluded makes sure that no signal but those that end it reaches the child,
// that the program's own threads are open to them again, and that the kernel
// takes the child first if memory runs out.
func secluded(t *testing.T, s *Snapshot) {
	t.Helper()
	const blocked = "SigBlk:\tfffffffffffbfeff\n" // all but SIGKILL and SIGSTOP
	dir := filepath.Join("/proc", strconv.Itoa(s.PID()))
	if text, err := os.ReadFile(filepath.Join(dir, "status")); err != nil || !strings.Contains(string(text), blocked) {
		t.Errorf("the child receives signals: %v\n%s", err, text)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "oom_score_adj")); err != nil || string(text) != "1000\n" {
		t.Errorf("the child's oom_score_adj is %q, %v", text, err)
	}
	threads, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(threads) == 0 {
		t.Fatal(threads, err)
	}
	for _, path := range threads {
		if text, _ := os.ReadFile(path); strings.Contains(string(text), blocked) { // some have ended
			t.Errorf("%s: the thread receives no signals any more", path)
		}
	}
}

// fill sets what reads looks at.
func fill() {
	frozen = 41
	for i := range large {
		large[i] = byte(i >> 8)
	}
}

// reads looks at what was true at the freeze.
func reads(t *testing.T, s *Snapshot) {
	t.Helper()
	var b [8]byte
	if err := s.ReadMemory(b[:], address(&frozen)); err != nil {
		t.Fatal(err)
	}
	if b[0] != 41 {
		t.Errorf("snapshot reads %d, want the value at the freeze, 41", b[0])
	}
	all := make([]byte, len(large))
	reqs := []Request{
		{Addr: address(&frozen), Buf: make([]byte, 8)},
		{Addr: 8, Buf: make([]byte, 8)},
		{Addr: address(&large), Buf: all},
		{Addr: address(&frozen)},
		{Addr: 1 << 46, Buf: make([]byte, 10000)},
		{Addr: address(&frozen), Buf: make([]byte, 1)},
	}
	for range 1000 { // more than a batch
		reqs = append(reqs, Request{Addr: address(&frozen), Buf: make([]byte, 8)})
	}
	s.ReadBatch(reqs)
	for i, r := range reqs {
		if bad := i == 1 || i == 4; (r.Err != nil) != bad {
			t.Errorf("request %d: %v", i, r.Err)
		} else if i != 2 && !bad && len(r.Buf) > 0 && r.Buf[0] != 41 {
			t.Errorf("request %d reads %d", i, r.Buf[0])
		}
	}
	for i := range all {
		if all[i] != byte(i>>8) {
			t.Fatalf("byte %d of a large read is %d", i, all[i])
		}
	}
}

// descriptors counts a process's open files, once it has had the time to close them.
func descriptors(t *testing.T, pid, want int) int {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) <= want || time.Now().After(end) {
			return len(entries)
		}
	}
}

// A child that dies or hangs is an error of every read, and no hang; a read of
// memory that ends in its middle fails too.
func TestPipeBreaks(t *testing.T) {
	refuse(t, "direct")
	var b [8]byte
	for name, signal := range map[string]unix.Signal{"dies": unix.SIGKILL, "hangs": unix.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			s := take(t, Options{Deadline: time.Now().Add(time.Second)})
			reqs := make([]Request, 2*few) // more than are read directly
			for i := range reqs {
				reqs[i] = Request{Addr: address(&large), Buf: make([]byte, windowSize/few)}
			}
			if err := unix.Kill(s.PID(), signal); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				s.ReadBatch(reqs)
				if reqs[0].Err == nil || reqs[1].Err == nil {
					t.Fatalf("%v, %v: there is nobody who answers", reqs[0].Err, reqs[1].Err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := s.ReadMemory(b[:], address(&frozen)); err == nil {
				t.Error("a closed snapshot can be read")
			}
		})
	}
	s := take(t, Options{})
	two := pages(t)
	if err := s.ReadMemory(make([]byte, 4096+8), two); err == nil || !strings.Contains(err.Error(), "only") && !errors.Is(err, unix.EFAULT) {
		t.Errorf("a read that runs out of memory: %v", err)
	}
	if err := s.ReadMemory(b[:], address(&frozen)); err != nil {
		t.Errorf("after a read that failed: %v", err)
	}
}

// pages gives the address of a page that is mapped before one that is not.
func pages(t *testing.T) uint64 {
	t.Helper()
	b, err := unix.Mmap(-1, 0, 2*4096, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	addr := address(&b[0])
	if err := unix.Mprotect(b[4096:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(b) })
	return addr
}

// What is given to Take may panic: that is an error, the threads are as they
// were, and the next snapshot works.
func TestTakeGuards(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	_, err := Take(Options{CustomProcs: func() (bool, bool) { panic("custom") }})
	if err == nil || !strings.Contains(err.Error(), "internal error: custom") {
		t.Errorf("%v, want the panic", err)
	}
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("GOMAXPROCS = %d, was %d", got, before)
	}
	take(t, Options{})
}

// A panic after the clone leaves no child behind.
func TestTakeLeavesNoChild(t *testing.T) {
	hold.Refuse = func(way string) error {
		if way == "direct" {
			panic(way)
		}
		return nil
	}
	t.Cleanup(func() { hold.Refuse = nil })
	if _, err := Take(Options{}); err == nil || !strings.Contains(err.Error(), "internal error: direct") {
		t.Errorf("%v, want the panic", err)
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatal(stats, err)
	}
	for _, path := range stats {
		text, _ := os.ReadFile(path) // some have ended
		_, rest, _ := strings.Cut(string(text), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(os.Getpid()) {
			t.Errorf("a child is left: %s", text)
		}
	}
}

// While the world stands still nobody starts it again, not even who sets
// GOMAXPROCS all the time.
func TestStopWorldIsHeld(t *testing.T) {
	done := make(chan bool)
	var others sync.WaitGroup
	for n := range 2 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					runtime.GOMAXPROCS(2 + n)
					runtime.Gosched()
				}
			}
		})
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	raised, held := 0, 0
	for range 5 {
		_, err := stopWorld(&Options{}, func() {
			for begin := time.Now(); time.Since(begin) < 30*time.Millisecond; { // after 10 the scheduler wants others to run
			}
			if runtime.GOMAXPROCS(0) != 1 {
				raised++
			}
		})
		if err == nil {
			held++
		}
	}
	close(done)
	others.Wait()
	if held == 0 || raised > 0 {
		t.Errorf("of %d times that the world stood still, it was started %d times", held, raised)
	}
}

// With no way there is an error that tells of each.
func TestNoWay(t *testing.T) {
	refuse(t, "clone")
	_, err := Take(Options{})
	if !errors.Is(err, unix.EPERM) || !errors.Is(err, ErrUnsupported) {
		t.Errorf("%v, want the errors of both ways", err)
	}
}

// The program's own memory can be read where process_vm_readv is forbidden.
func TestSelf(t *testing.T) {
	fill()
	for _, way := range childWays {
		refuse(t, way.refuse...)
		b := make([]byte, 100_000)
		if err := Self().ReadMemory(b, address(&large)); err != nil || b[99_999] != large[99_999] {
			t.Errorf("%s: %v", way.method, err)
		}
		if err := Self().ReadMemory(b[:8], 8); !errors.Is(err, unix.EFAULT) {
			t.Errorf("%s: a bad address: %v", way.method, err)
		}
	}
}

// BenchmarkRead compares the ways to read the child: as goroutines are
// read, and as heaps are.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{440, 64 << 10} {
		reqs := make([]Request, min(1024, len(large)/size))
		for i := range reqs {
			reqs[i] = Request{Addr: address(&large[i*size]), Buf: make([]byte, size)}
		}
		for _, way := range childWays {
			hold.Refuse = func(w string) error {
				if slices.Contains(way.refuse, w) {
					return unix.EPERM
				}
				return nil
			}
			s, err := Take(Options{})
			hold.Refuse = nil
			if err != nil {
				b.Fatal(err)
			}
			b.Run(way.name+"/"+strconv.Itoa(size), func(b *testing.B) {
				b.SetBytes(int64(size * len(reqs)))
				for range b.N {
					s.ReadBatch(reqs)
				}
			})
			_ = s.Close()
		}
	}
}
