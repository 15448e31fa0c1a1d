//go:build amd64 || arm64

package freeze

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The child's side of a line. A batch of requests is a number n and n pairs of
// address and length. The answer is the bytes of each, then n numbers: how many
// of the bytes of each are memory, the rest being zeros in their stead. So both
// sides always know how much is to come.

// maxServed is how many requests make a batch: such a one fits in any socket's
// buffer, so that sending it never waits for the child.
const maxServed = 255

// interrupted is EINTR as raw gives it.
const interrupted = ^uintptr(unix.EINTR) + 1

// noLine stands for no descriptor.
const noLine = ^uintptr(0)

// served holds a batch in the child, which writes to its own copy. On its stack
// the batch would not fit: it must not grow.
var served struct {
	n     uint64
	asked [2 * maxServed]uint64
	got   [maxServed]uint64
	zeros [4096]byte
}

// serve answers requests until the other end is closed. The kernel checks the
// addresses: what is not mapped is EFAULT.
//
//go:nosplit
//go:norace
func serve(line uintptr) {
	for transfer(unix.SYS_READ, line, uintptr(unsafe.Pointer(&served.n)), 8) == 8 && served.n <= maxServed {
		size := uintptr(served.n) * 16
		if transfer(unix.SYS_READ, line, uintptr(unsafe.Pointer(&served.asked)), size) != size {
			break
		}
		if !answer(line) {
			break
		}
		size = uintptr(served.n) * 8
		if transfer(unix.SYS_WRITE, line, uintptr(unsafe.Pointer(&served.got)), size) != size {
			break
		}
	}
	for {
		raw(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// answer sends the bytes of a batch: all with one call, as the requests are what
// writev(2) takes, or else the first that fails by itself and then the rest.
//
//go:nosplit
//go:norace
func answer(line uintptr) bool {
	for i := uint64(0); i < served.n; i++ {
		sent := raw(unix.SYS_WRITEV, line, uintptr(unsafe.Pointer(&served.asked))+16*uintptr(i), uintptr(served.n-i))
		if failed(sent) {
			sent = 0 // the first failed at its first byte
		}
		for ; i < served.n && sent >= uintptr(served.asked[2*i+1]); i++ {
			served.got[i] = served.asked[2*i+1]
			sent -= uintptr(served.asked[2*i+1])
		}
		if i < served.n && !rest(line, i, sent) {
			return false
		}
	}
	return true
}

// rest goes on with a request of which so much was sent: its bytes, and zeros
// for what is no memory.
//
//go:nosplit
//go:norace
func rest(line uintptr, i uint64, sent uintptr) bool {
	size := uintptr(served.asked[2*i+1])
	sent += transfer(unix.SYS_WRITE, line, uintptr(served.asked[2*i])+sent, size-sent)
	served.got[i] = uint64(sent)
	for sent < size {
		n := transfer(unix.SYS_WRITE, line, uintptr(unsafe.Pointer(&served.zeros)), min(size-sent, 4096))
		if n == 0 {
			return false
		}
		sent += n
	}
	return true
}

// transfer reads or writes as much as goes, and gives how much that was.
//
//go:nosplit
//go:norace
func transfer(call, fd, addr, size uintptr) uintptr {
	done := uintptr(0)
	for done < size {
		n := raw(call, fd, addr+done, size-done)
		if n == interrupted {
			continue
		}
		if failed(n) || n == 0 {
			break
		}
		done += n
	}
	return done
}
