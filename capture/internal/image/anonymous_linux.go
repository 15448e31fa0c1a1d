package image

import "golang.org/x/sys/unix"

// mapAnonymous gives zeroed memory that the garbage collector does not see, and
// that a snapshot of the program leaves out: copying its page tables would
// prolong the freeze.
func mapAnonymous(size int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err == nil {
		_ = unix.Madvise(b, unix.MADV_DONTFORK) // without it the freeze is longer, no more
	}
	return b, err
}
