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
	window window     // where the bytes come, nil: into the socket
	broken error      // no answer can be had any more
	in     *bufio.Reader
	out    []byte
}

// ends are the child's descriptors.
type ends struct{ line, window uintptr }

// noFile stands for no descriptor.
const noFile = ^uintptr(0)

// newLine makes a socket pair and a window, if that can be had. The child's ends
// are none of 0, 1 and 2.
func newLine(end time.Time) (l *line, theirs ends, err error) {
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
		return l, ends{noFile, noFile}, l.broken
	}
	l.fd = fds[0]
	l.in = bufio.NewReaderSize(receiver{l}, 64<<10)
	theirs.line = uintptr(fds[1])
	l.window, theirs.window, _ = newWindow() // without it the socket does
	return l, theirs, nil
}

// keepOwn closes the child's ends in the program, so that the child's death is seen.
func (l *line) keepOwn(theirs ends) {
	for _, fd := range []uintptr{theirs.line, theirs.window} {
		if fd != noFile {
			_ = unix.Close(int(fd)) // it had nothing to lose
		}
	}
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fd >= 0 {
		_ = unix.Close(l.fd)
		l.fd, l.broken = -1, errClosed
	}
	l.window.close()
	l.window = nil
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
	for len(reqs) > 0 {
		k := l.window.fits(reqs)
		windowed := l.window != nil && k > 0
		if !windowed { // the socket takes any size
			k = min(len(reqs), maxServed)
		}
		l.batch(reqs[:k], windowed)
		reqs = reqs[k:]
	}
}

// batch has the child answer one batch, in the window if it fits in there, and
// reports whether it did.
func (l *line) batch(reqs []Request, windowed bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		if err := l.ask(reqs, windowed); err != nil {
			l.broken = fmt.Errorf("the frozen process does not answer: %w", err)
		}
	}
	if l.broken != nil {
		for i := range reqs {
			reqs[i].Err = l.broken
		}
	}
	return l.broken == nil
}

// ask sends one batch and takes the answer in.
func (l *line) ask(reqs []Request, windowed bool) error {
	n := uint64(len(reqs))
	if windowed {
		n |= toWindow
	}
	b := binary.LittleEndian.AppendUint64(l.out[:0], n)
	for i := range reqs {
		b = binary.LittleEndian.AppendUint64(b, reqs[i].Addr)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(reqs[i].Buf)))
	}
	l.out = b
	if err := l.send(b); err != nil {
		return err
	}
	if !windowed {
		for i := range reqs {
			if _, err := io.ReadFull(l.in, reqs[i].Buf); err != nil {
				return err
			}
		}
	}
	return l.counts(reqs, windowed)
}

// counts takes in how much of each request was answered and, if that is in the
// window, the bytes.
func (l *line) counts(reqs []Request, windowed bool) error {
	var word [8]byte
	at := 0
	for i := range reqs {
		if _, err := io.ReadFull(l.in, word[:]); err != nil {
			return err
		}
		r, got := &reqs[i], binary.LittleEndian.Uint64(word[:])
		if windowed {
			copy(r.Buf, l.window[at:])
			at += len(r.Buf)
		}
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
		left := max(0, time.Until(give)) // a look even when it is none: this process may have stood still
		fds := [1]unix.PollFd{{Fd: int32(l.fd), Events: events}}
		n, err := unix.Poll(fds[:], int((left+time.Millisecond-1)/time.Millisecond))
		if n > 0 || err != nil && err != unix.EINTR {
			return err
		}
		if left == 0 {
			return unix.ETIMEDOUT
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
