package offheap

import "golang.org/x/sys/unix"

// allocate maps memory that a snapshot of the program leaves out: copying its
// page tables would prolong the freeze.
func allocate(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err == nil {
		_ = unix.Madvise(b, unix.MADV_DONTFORK) // without it the freeze is longer, no more
	}
	return b, err
}

func release(b []byte) { _ = unix.Munmap(b) } // nothing to be done if it fails
