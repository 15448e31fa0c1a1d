//go:build amd64

// Generated makes a function while it runs, tells the runtime of it by a
// moduledata of its own, and fails in what that function calls. Compilers of
// codecs do so.
package main

import (
	"encoding/binary"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

// code calls the function value that its own refers to.
var code = []byte{
	0x55,             // push rbp
	0x48, 0x89, 0xe5, // mov rbp, rsp
	0x48, 0x8b, 0x52, 0x08, // mov rdx, [rdx+8]
	0xff, 0x12, // call [rdx]
	0x5d, // pop rbp
	0xc3, // ret
}

// The tables of runtime.moduledata: one function, whose frame has the frame
// pointer in all but its first and its last instruction.
var (
	names  = []byte("\x00generated.call\x00")
	files  = []byte("\x00generated.go\x00")
	units  = []uint32{1}
	pcs    = []byte{0, 2, 1, 16, 10, 15, 1, 0, 2, 12, 0, 86, 12, 0} // from 1: pcsp, from 8: file 0, from 11: line 42
	record = []uint32{0, 1, 0, 0, 1, 8, 11, 0, 0, 42, 0}            // _func
	table  = []uint32{0, 16, 12, 0}                                 // functab, which the _func follows
	bucket [32]byte                                                 // findfunctab
	header = [72]byte{0: 0xf1, 1: 0xff, 2: 0xff, 3: 0xff, 6: 1, 7: 8, 8: 1}
	module [1024]byte

	whole []byte // table and record
)

//go:linkname lastmoduledatap runtime.lastmoduledatap
var lastmoduledatap unsafe.Pointer

// next is where a moduledata has the address of the next one.
func next() uintptr {
	switch v := runtime.Version(); {
	case strings.HasPrefix(v, "go1.25"):
		return 576
	case strings.HasPrefix(v, "go1.26"):
		return 584
	}
	return 560
}

func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// register makes the code known to the runtime.
func register(text []byte) {
	for _, w := range append(table[:4:4], record...) {
		whole = binary.LittleEndian.AppendUint32(whole, w)
	}
	at := address(&text[0])
	put := func(off int, words ...uint64) {
		for i, w := range words {
			binary.LittleEndian.PutUint64(module[off+8*i:], w)
		}
	}
	slice := func(off int, p, n uint64) { put(off, p, n, n) }
	put(0, address(&header))
	slice(8, address(&names[0]), uint64(len(names)))
	slice(32, address(&units[0]), uint64(len(units)))
	slice(56, address(&files[0]), uint64(len(files)))
	slice(80, address(&pcs[0]), uint64(len(pcs)))
	slice(104, address(&whole[0]), uint64(len(whole)))
	slice(128, address(&whole[0]), 2)
	put(152, address(&bucket), at, at+uint64(len(code)), at, at+uint64(len(code)))
	*(*unsafe.Pointer)(unsafe.Add(lastmoduledatap, next())) = unsafe.Pointer(&module)
	lastmoduledatap = unsafe.Pointer(&module)
}

// closure is a function value of generated code.
type closure struct {
	code uintptr
	f    unsafe.Pointer
}

// through makes a function that calls f by generated code.
func through(text []byte, f func()) func() {
	c := &closure{uintptr(unsafe.Pointer(&text[0])), *(*unsafe.Pointer)(unsafe.Pointer(&f))}
	return *(*func())(unsafe.Pointer(&c))
}

type order struct {
	ID    int
	Lines []string
}

//go:noinline
func above(text []byte, o *order) {
	through(text, func() { below(o, len(o.Lines)) })()
	runtime.KeepAlive(o)
}

//go:noinline
func below(o *order, n int) {
	runtime.GC() // the runtime can follow the stack as well
	given.Fail("generated")
	runtime.KeepAlive(o)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	text, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	given.Check(err)
	copy(text, code)
	register(text)
	above(text, &order{ID: 4711, Lines: []string{"anvil"}})
}
