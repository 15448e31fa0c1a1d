package main

import "syscall"

// setRoom limits the size of files, as a full disk would.
func setRoom(n uint64) {
	limit := syscall.Rlimit{Cur: n, Max: 1 << 40}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
}
