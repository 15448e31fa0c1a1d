//go:build amd64 || arm64

package freeze

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxIovecs is the kernel's UIO_MAXIOV.
const maxIovecs = 1024

// iovecs are those of one call.
type iovecs struct {
	local  [maxIovecs]unix.Iovec
	remote [maxIovecs]unix.RemoteIovec
}

var vectors = sync.Pool{New: func() any { return new(iovecs) }}

// process is the address space of a process that may be read.
type process int

// ReadMemory fills p with the memory at addr, all of it or an error.
func (s process) ReadMemory(p []byte, addr uint64) error {
	if len(p) == 0 {
		return nil
	}
	local := [1]unix.Iovec{{Base: &p[0], Len: uint64(len(p))}}
	remote := [1]unix.RemoteIovec{{Base: uintptr(addr), Len: len(p)}}
	n, err := unix.ProcessVMReadv(int(s), local[:], remote[:], 0)
	if err != nil {
		return fmt.Errorf("process_vm_readv: %d bytes at %#x: %w", len(p), addr, err)
	}
	if n != len(p) {
		return fmt.Errorf("read %d bytes at %#x: only %d are there", len(p), addr, n)
	}
	return nil
}

// ReadBatch fills the buffers of all requests with as few system calls as the
// kernel allows. Requests fail one by one.
func (s process) ReadBatch(reqs []Request) {
	vecs := vectors.Get().(*iovecs)
	defer vectors.Put(vecs)
	local, remote := vecs.local[:0], vecs.remote[:0]
	for len(reqs) > 0 {
		local, remote = local[:0], remote[:0]
		n := 0
		for ; n < len(reqs) && len(local) < maxIovecs; n++ {
			if r := &reqs[n]; len(r.Buf) > 0 {
				local = append(local, unix.Iovec{Base: unsafe.SliceData(r.Buf), Len: uint64(len(r.Buf))})
				remote = append(remote, unix.RemoteIovec{Base: uintptr(r.Addr), Len: len(r.Buf)})
			}
		}
		got := 0
		if len(local) > 0 {
			got, _ = unix.ProcessVMReadv(int(s), local, remote, 0) // what failed is found by the count
		}
		// Buffers are filled in order; the first one that is short is the one that faulted.
		done := 0
		for ; done < n && got >= len(reqs[done].Buf); done++ {
			got -= len(reqs[done].Buf)
			reqs[done].Err = nil
		}
		if done < n {
			r := &reqs[done]
			r.Err = s.ReadMemory(r.Buf, r.Addr)
			done++
		}
		reqs = reqs[done:]
	}
}
