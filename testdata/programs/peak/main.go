// Peak runs a program and then says, on the last line of its standard error,
// the most memory that the program was resident with, in bytes. A process
// inherits that figure from the one that started it, so a large test cannot
// measure a small program itself.
//
//	peak PROGRAM ARGS
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if cmd.ProcessState != nil {
		fmt.Fprintf(os.Stderr, "\n%d\n", cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
