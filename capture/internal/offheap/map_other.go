//go:build !unix && !windows

package offheap

// allocate takes ordinary memory: there is no mmap here.
func allocate(n int) ([]byte, error) { return make([]byte, n), nil }

func release([]byte) {}
