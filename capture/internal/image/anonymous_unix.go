//go:build unix && !linux

package image

import "golang.org/x/sys/unix"

// mapAnonymous gives zeroed memory that the garbage collector does not see.
func mapAnonymous(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
}
