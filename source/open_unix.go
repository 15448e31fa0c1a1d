//go:build unix

package source

import "syscall"

// openFlags keep an open from waiting or from taking a terminal.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY
