//go:build amd64 || arm64

package freeze

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/stdio"
)

// line is the program's end of the socket on which the child serves its memory.
type line struct {
	fd  int
	end time.Time // when an answer is no longer waited for

	mu     sync.Mutex // one batch at a time
	broken error      // no answer can be had any more
	in     *bufio.Reader
	out    []byte
}

// newLine makes a socket pair. The child's end is none of 0, 1 and 2.
func newLine(end time.Time) (l *line, theirs uintptr, err error) {
	l = &line{fd: -1, end: end}
	var fds [2]int
	stdio.Apart(func() { fds, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0) })
	if err == nil && min(fds[0], fds[1]) <= 2 {
		err = errors.Join(unix.EMFILE, unix.Close(fds[0]), unix.Close(fds[1]))
	}
	if err == nil {
		if err = unix.SetNonblock(fds[0], true); err != nil {
			err = errors.Join(err, unix.Close(fds[0]), unix.Close(fds[1]))
		}
	}
	if err != nil {
		l.broken = fmt.Errorf("socketpair: %w", err)
		return l, noLine, l.broken
	}
	l.fd = fds[0]
	l.in = bufio.NewReaderSize(receiver{l}, 64<<10)
	return l, uintptr(fds[1]), nil
}

// keepOwn closes the child's end in the program, so that the child's death is seen.
func (l *line) keepOwn(theirs uintptr) {
	if theirs != noLine {
		_ = unix.Close(int(theirs)) // it had nothing to lose
	}
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fd >= 0 {
		_ = unix.Close(l.fd)
		l.fd, l.broken = -1, errClosed
	}
}

var errClosed = errors.New("the snapshot is closed")

// ReadMemory fills p with the memory at addr, all of it or an error.
func (l *line) ReadMemory(p []byte, addr uint64) error {
	r := [1]Request{{Addr: addr, Buf: p}}
	l.ReadBatch(r[:])
	return r[0].Err
}

// ReadBatch fills the buffers of all requests. Requests fail one by one.
func (l *line) ReadBatch(reqs []Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(reqs) > 0 {
		part := reqs[:min(len(reqs), maxServed)]
		if l.broken == nil {
			if err := l.ask(part); err != nil {
				l.broken = fmt.Errorf("the frozen process does not answer: %w", err)
			}
		}
		if l.broken != nil {
			for i := range part {
				part[i].Err = l.broken
			}
		}
		reqs = reqs[len(part):]
	}
}

// ask sends one batch and takes the answer in.
func (l *line) ask(reqs []Request) error {
	b := binary.LittleEndian.AppendUint64(l.out[:0], uint64(len(reqs)))
	for i := range reqs {
		b = binary.LittleEndian.AppendUint64(b, reqs[i].Addr)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(reqs[i].Buf)))
	}
	l.out = b
	if err := l.send(b); err != nil {
		return err
	}
	for i := range reqs {
		if _, err := io.ReadFull(l.in, reqs[i].Buf); err != nil {
			return err
		}
	}
	var word [8]byte
	for i := range reqs {
		if _, err := io.ReadFull(l.in, word[:]); err != nil {
			return err
		}
		r, got := &reqs[i], binary.LittleEndian.Uint64(word[:])
		r.Err = nil
		switch {
		case got == 0 && len(r.Buf) > 0:
			r.Err = fmt.Errorf("read %d bytes at %#x: %w", len(r.Buf), r.Addr, unix.EFAULT)
		case got != uint64(len(r.Buf)):
			r.Err = fmt.Errorf("read %d bytes at %#x: only %d are there", len(r.Buf), r.Addr, got)
		}
	}
	return nil
}

// send writes all of b. A child that is dead is an error, not a SIGPIPE.
func (l *line) send(b []byte) error {
	for len(b) > 0 {
		n, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(l.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			if err := l.wait(unix.POLLOUT); err != nil {
				return err
			}
		default:
			return errno
		}
	}
	return nil
}

// stall is how long the child may take for anything: it only copies memory.
const stall = 5 * time.Second

// wait waits until the socket is ready.
func (l *line) wait(events int16) error {
	give := time.Now().Add(stall)
	if give.After(l.end) {
		give = l.end
	}
	for {
		left := time.Until(give)
		if left <= 0 {
			return unix.ETIMEDOUT
		}
		fds := [1]unix.PollFd{{Fd: int32(l.fd), Events: events}}
		n, err := unix.Poll(fds[:], int(left/time.Millisecond)+1)
		if n > 0 || err != nil && err != unix.EINTR {
			return err
		}
	}
}

// receiver reads from the socket.
type receiver struct{ l *line }

// Read implements io.Reader.
func (r receiver) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(r.l.fd, p)
		switch {
		case err == unix.EAGAIN:
			if err := r.l.wait(unix.POLLIN); err != nil {
				return 0, err
			}
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}
