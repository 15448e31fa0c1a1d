// Package crashing is what servers have in common that are made to crash in a
// handler of ours, once: their command line, and what the recover handler does.
//
//	SERVER [-hold] [-depth N] -o FILE
package crashing

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/hold"
)

var (
	out   = flag.String("o", "", "the dump")
	keep  = flag.Bool("hold", false, "keep the snapshot until standard input says go on")
	depth = flag.Int("depth", 3, "the dump's depth")

	crashed = make(chan error, 1)
)

// Main runs a server, which gets a directory of its own, and ends the program.
func Main(run func(dir string) error) {
	flag.Parse()
	if *keep {
		hold.Snapshot = hold.Wait
	}
	dir, err := os.MkdirTemp("", "crashing")
	if err == nil {
		err = run(dir)
		os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
}

// Capture makes the dump. It is what a deferred function calls with what it recovered.
func Capture(cause any) {
	_, err := dump.Capture(cause, dump.File(*out), dump.Depth(*depth), dump.Timeout(time.Hour))
	crashed <- err
}

// Crashed waits for the dump.
func Crashed() error { return <-crashed }
