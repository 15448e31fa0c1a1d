//go:build unix && !linux

package offheap

import "golang.org/x/sys/unix"

func allocate(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
}

func release(b []byte) { _ = unix.Munmap(b) } // nothing to be done if it fails
