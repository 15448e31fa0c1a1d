//go:build amd64 || arm64

package freeze

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The child's side of a line. A batch of requests is a number n, to which
// toWindow may be added, and n pairs of address and length. The answer is the
// bytes of each, into the line or the window's beginning, then n numbers into
// the line: how many of the bytes of each are memory, the rest being zeros in
// their stead. So both sides always know how much is to come.

// maxServed is how many requests make a batch, the kernel's UIO_MAXIOV.
const maxServed = 1024

// toWindow asks for the bytes to be put into the window.
const toWindow = 1 << 32

// interrupted is EINTR as raw gives it.
const interrupted = ^uintptr(unix.EINTR) + 1

// served holds a batch in the child, which writes to its own copy. On its stack
// the batch would not fit: it must not grow.
var served struct {
	n     uint64
	asked [2 * maxServed]uint64
	got   [maxServed]uint64
	zeros [4096]byte
}

// serve answers requests until the other end is closed. The kernel checks the
// addresses: what is not mapped is EFAULT. Where it cannot answer it returns, its
// end closed: the memory may be readable directly.
//
//go:nosplit
//go:norace
func serve(line, window uintptr) {
	for transfer(unix.SYS_READ, line, uintptr(unsafe.Pointer(&served.n)), 8) == 8 {
		to := line
		if served.n&toWindow != 0 {
			served.n &^= toWindow
			if to = window; raw(unix.SYS_LSEEK, window, 0, unix.SEEK_SET) != 0 {
				raw(unix.SYS_CLOSE, line, 0, 0)
				return
			}
		}
		size := uintptr(served.n) * 16
		if served.n > maxServed || transfer(unix.SYS_READ, line, uintptr(unsafe.Pointer(&served.asked)), size) != size {
			break
		}
		if !answer(to) {
			raw(unix.SYS_CLOSE, line, 0, 0)
			return
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

// answer writes the bytes of a batch: all with one call, as the requests are what
// writev(2) takes, or else the first that fails by itself and then the rest.
//
//go:nosplit
//go:norace
func answer(to uintptr) bool {
	for i := uint64(0); i < served.n; i++ {
		sent := raw(unix.SYS_WRITEV, to, uintptr(unsafe.Pointer(&served.asked))+16*uintptr(i), uintptr(served.n-i))
		if failed(sent) {
			sent = 0 // the first failed at its first byte
		}
		for ; i < served.n && sent >= uintptr(served.asked[2*i+1]); i++ {
			served.got[i] = served.asked[2*i+1]
			sent -= uintptr(served.asked[2*i+1])
		}
		if i < served.n && !rest(to, i, sent) {
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
func rest(to uintptr, i uint64, sent uintptr) bool {
	size := uintptr(served.asked[2*i+1])
	sent += transfer(unix.SYS_WRITE, to, uintptr(served.asked[2*i])+sent, size-sent)
	served.got[i] = uint64(sent)
	for sent < size {
		n := transfer(unix.SYS_WRITE, to, uintptr(unsafe.Pointer(&served.zeros)), min(size-sent, 4096))
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
