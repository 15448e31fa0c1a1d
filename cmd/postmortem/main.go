// Command postmortem reads what is left of a Go program that failed.
package main

import (
	"context"
	"os"

	"github.com/gopostmortem/postmortem/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
