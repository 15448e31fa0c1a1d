//go:build unix

package image

import "syscall"

// openFlags keep an open from waiting, as that of a FIFO does, or from taking a terminal.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY
