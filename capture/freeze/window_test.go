//go:build linux && (amd64 || arm64)

package freeze

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Reading many places makes no copies of their pages, and what a batch holds at
// most makes no difference: one request may be larger, and all together.
func TestBatchCopiesNothing(t *testing.T) {
	const size = 32 << 20
	b := mapped(t, size)
	for i := 0; i < size; i += 4096 {
		b[i] = byte(i >> 12)
	}
	s := take(t, Options{})
	before := private(t, s.PID(), address(&b[0]))
	reqs := make([]Request, size/4096)
	for i := range reqs {
		reqs[i] = Request{Addr: address(&b[i<<12]), Buf: make([]byte, 1+i%128)}
	}
	s.ReadBatch(reqs)
	for i := range reqs {
		if reqs[i].Err != nil || reqs[i].Buf[0] != byte(i) {
			t.Fatalf("request %d reads %d, %v", i, reqs[i].Buf[0], reqs[i].Err)
		}
	}
	if rise := private(t, s.PID(), address(&b[0])) - before; rise > size/16 {
		t.Errorf("the child has %d bytes more of its own, after some of %d were read", rise, size)
	}
	reqs = reqs[:few+1]
	for i := range reqs {
		reqs[i] = Request{Addr: address(&b[i<<12]), Buf: make([]byte, windowSize-8+i)}
	}
	s.ReadBatch(reqs)
	for i := range reqs {
		if reqs[i].Err != nil || reqs[i].Buf[4096] != byte(i+1) {
			t.Fatalf("request %d of %d bytes reads %d, %v", i, len(reqs[i].Buf), reqs[i].Buf[4096], reqs[i].Err)
		}
	}
}

// Where the child does not answer any more, its memory is read directly.
func TestNoAnswer(t *testing.T) {
	fill()
	s := take(t, Options{})
	n, ok := s.reader.(*near)
	if !ok {
		t.Fatalf("the memory is read by %T", s.reader)
	}
	n.line.broken = errClosed
	reads(t, s)
}

// An answer that is there is taken, however late: the program may have been
// stopped meanwhile.
func TestLateAnswer(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	l := &line{fd: fds[0], end: time.Now().Add(-time.Second)}
	if err := l.wait(unix.POLLIN); err != unix.ETIMEDOUT {
		t.Errorf("without an answer: %v", err)
	}
	if _, err := unix.Write(fds[1], []byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := l.wait(unix.POLLIN); err != nil {
		t.Errorf("with an answer: %v", err)
	}
}

// mapped gives memory that is not the heap's: writing to that would leave the
// child with copies of its own too.
func mapped(t *testing.T, size int) []byte {
	t.Helper()
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(b) })
	return b
}

// private is how many bytes of memory that begins at addr, or of what the
// kernel has put together with it, a process shares with no other.
func private(t *testing.T, pid int, addr uint64) (n int) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps")
	if err != nil {
		t.Fatal(err)
	}
	found, within := false, false
	for line := range strings.Lines(string(text)) {
		var lo, hi uint64
		var kb int
		if k, _ := fmt.Sscanf(line, "%x-%x ", &lo, &hi); k == 2 {
			within = lo <= addr && addr < hi
			found = found || within
		} else if rest, ok := strings.CutPrefix(line, "Private_"); ok && within {
			_, number, _ := strings.Cut(rest, ":")
			if _, err := fmt.Sscan(number, &kb); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			n += kb << 10
		}
	}
	if !found {
		t.Fatalf("no memory at %#x:\n%s", addr, text)
	}
	return n
}

// A program that may not write a large file has no window, and is not killed
// for trying.
func TestNoWindow(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()
	fill()
	s := take(t, Options{})
	if _, ok := s.reader.(process); !ok || s.Method() != "clone" {
		t.Errorf("the memory is read by %T, method %s", s.reader, s.Method())
	}
	reads(t, s)
}
