package freeze

import "unsafe"

// Reading the program's own memory by address. What is read here is mapped, as
// the runtime's own tables say, or the program would crash. The race detector
// is told nothing: the world stands still, or what is read never changes.

// bytesAt gives the memory at an address as a slice. It must not be kept: what
// it points to may not be memory of Go's heap any more.
//
//go:norace
func bytesAt(addr, n uint64) []byte {
	s := struct{ data, len, cap uint64 }{addr, n, n}
	return *(*[]byte)(unsafe.Pointer(&s))
}

// loadAt reads a word.
//
//go:norace
func loadAt(addr uint64) uint64 {
	return **(**uint64)(unsafe.Pointer(&addr))
}

// copyFrom copies the memory at an address.
//
//go:norace
func copyFrom(dst []byte, addr uint64) {
	if len(dst) > 0 {
		memmove(unsafe.Pointer(unsafe.SliceData(dst)), uintptr(addr), uintptr(len(dst)))
	}
}

// memmove is what copy becomes, without the race detector's eye on it (see
// runtime/stubs.go). The source is a number: it is no pointer that the garbage
// collector should see.
//
//go:linkname memmove runtime.memmove
//go:noescape
func memmove(to unsafe.Pointer, from, n uintptr)
