// Command postmortem reads what is left of a Go program that failed.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/gopostmortem/postmortem/internal/cli"
)

// garbage is how much of it there may be, in percent of what is in use. The
// tables of a dump live as long as the command, so that a large one would be
// held twice; to look for garbage twice as often costs little.
const garbage = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
