// Package freeze takes a consistent snapshot of the running program's memory
// and lets the program go on.
//
// On linux/amd64 the world is stopped for as long as one clone(2) takes: the
// child is a copy-on-write image of the program that never returns to Go, and
// its memory is read at leisure with process_vm_readv(2). Elsewhere [Take]
// returns [ErrUnsupported].
package freeze

import "errors"

// ErrUnsupported says that this system has no way to freeze the program.
var ErrUnsupported = errors.New("freeze: no snapshot on this system")

// A Request asks for the bytes at Addr; ReadBatch fills Buf or sets Err.
type Request struct {
	Addr uint64
	Buf  []byte
	Err  error
}

// Options tell [Take] what it cannot find out by itself.
type Options struct {
	// CustomProcs reports whether the program set GOMAXPROCS by hand, and
	// whether that is known. If it did not, the automatic setting is put
	// back after the freeze; nil means not known.
	CustomProcs func() (custom, known bool)
}
