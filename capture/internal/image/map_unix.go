//go:build unix

package image

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps a file for reading.
func mapFile(f *os.File, size int64) ([]byte, error) {
	if size <= 0 || int64(int(size)) != size {
		return nil, os.ErrInvalid
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err == nil {
		_ = unix.Madvise(b, unix.MADV_RANDOM) // a word here and there: sixteen pages for each are too many
	}
	return b, err
}

// readAhead prepares a part of the mapped file to be read from end to end.
func readAhead(b []byte) { advise(b, unix.MADV_SEQUENTIAL) }

// dropPages lets go of the memory that a part of the mapped file takes: it is
// not read again soon.
func dropPages(b []byte) { advise(b, unix.MADV_DONTNEED) }

// advise tells the system about the whole pages among b. It costs nothing but
// time or memory if that fails.
func advise(b []byte, advice int) {
	const page = 4096
	from := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % page)
	if to := from + max(len(b)-from, 0)/page*page; from < to {
		_ = unix.Madvise(b[from:to], advice)
	}
}

func unmap(b []byte) { _ = unix.Munmap(b) } // nothing to be done if it fails
