//go:build amd64 || arm64

package freeze

import (
	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/internal/stdio"
)

// A window is memory in which the child puts what it is asked for: a file
// without a name, which the child writes and the program maps. For many small
// places that takes a fifth of the time of process_vm_readv, which first makes a copy
// of each page for the child alone (gup_must_unshare in the kernel's
// mm/internal.h), and keeps it: memory as large as all that is read.
type window []byte

// windowSize is what one batch can hold.
const windowSize = 1 << 18

// newWindow makes a window and the child's descriptor of it, none of 0, 1 and 2.
func newWindow() (w window, theirs uintptr, err error) {
	if err := refused("window"); err != nil {
		return nil, noFile, err
	}
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &l); err != nil {
		return nil, noFile, err
	}
	if l.Cur < windowSize {
		return nil, noFile, unix.EFBIG // trying would be a SIGXFSZ, and the program's end
	}
	fd := -1
	stdio.Apart(func() {
		fd, err = unix.MemfdCreate("postmortem", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
		if err == unix.EINVAL { // before Linux 6.3
			fd, err = unix.MemfdCreate("postmortem", unix.MFD_CLOEXEC)
		}
	})
	if err != nil {
		return nil, noFile, err
	}
	if fd <= 2 {
		err = unix.EMFILE
	}
	if err == nil { // all its memory now: a write must not fail for lack of it
		err = unix.Fallocate(fd, 0, 0, windowSize)
	}
	if err == nil {
		w, err = unix.Mmap(fd, 0, windowSize, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	}
	if err == nil {
		if err = unix.Madvise(w, unix.MADV_DONTFORK); err != nil {
			w.close()
		}
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, noFile, err
	}
	return w, uintptr(fd), nil
}

func (w window) close() {
	if w != nil {
		_ = unix.Munmap(w)
	}
}

// fits gives how many of the requests one batch can hold.
func (w window) fits(reqs []Request) int {
	size := 0
	for i := range reqs {
		if size += len(reqs[i].Buf); size > len(w) || i == maxServed {
			return i
		}
	}
	return len(reqs)
}

// near is a child whose memory can be read directly, which is best for a few
// places, and by asking the child, which is best for many.
type near struct {
	process
	line *line
}

// few is how many requests are read sooner than the child wakes up.
const few = 16

// ReadBatch fills the buffers of all requests. Requests fail one by one.
func (n *near) ReadBatch(reqs []Request) {
	for len(reqs) > 0 {
		k := n.line.window.fits(reqs)
		if k < few || !n.line.batch(reqs[:k], true) {
			k = max(k, 1)
			n.process.ReadBatch(reqs[:k])
		}
		reqs = reqs[k:]
	}
}
