//go:build unix

package process

import "golang.org/x/sys/unix"

// CanMap reports whether the program may have so much more address space. None
// of it is used.
func CanMap(size int) bool {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	return err == nil && unix.Munmap(b) == nil
}
