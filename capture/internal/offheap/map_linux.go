package offheap

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

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

// Discard gives back the memory of the whole pages among b, whose content is
// lost, and reports whether it did.
func Discard(b []byte) bool {
	page := unix.Getpagesize()
	from := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % uintptr(page))
	to := from + max(len(b)-from, 0)/page*page
	return from < to && unix.Madvise(b[from:to], unix.MADV_DONTNEED) == nil
}
