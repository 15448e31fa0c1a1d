// Package given is what the programs of testdata/behaviour are told on their
// command line: where the dump goes, and the options of its capture.
package given

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

var (
	out    = flag.String("o", "", "the dump")
	depth  = flag.Int("depth", dump.DefaultDepth, "references followed")
	bytes  = flag.Int64("bytes", dump.DefaultBytes, "bytes of values")
	frames = flag.Int64("frames", 1000, "frames of one stack")
	check  = flag.Bool("check", false, "only see whether the options are good")
	source = flag.Bool("source", true, "whether the dump holds source")
)

// A capture has the time that it needs: what a test finds does not depend on
// how busy the machine is.
const patience = time.Hour

func init() { Check(dump.Configure(dump.Timeout(patience))) }

// Options are those of the command line.
func Options() []dump.Option {
	if !flag.Parsed() {
		flag.Parse()
	}
	return []dump.Option{dump.File(*out), dump.Depth(*depth), dump.MaxBytes(*bytes), dump.MaxFrames(*frames), dump.Source(*source),
		dump.Timeout(patience)}
}

// Configure checks the options, as a program does that starts, and ends the
// program if they are bad or if it was to do no more.
func Configure() {
	Check(dump.Configure(Options()...))
	if *check {
		fmt.Println("the options are good")
		os.Exit(0)
	}
}

// Output is where the dump goes.
func Output() string {
	if !flag.Parsed() {
		flag.Parse()
	}
	return *out
}

// Argument is the command line's first argument that is no flag.
func Argument() string {
	if !flag.Parsed() {
		flag.Parse()
	}
	return flag.Arg(0)
}

// Arguments are those of the command line that are no flags.
func Arguments() []string {
	if !flag.Parsed() {
		flag.Parse()
	}
	return flag.Args()
}

// Check ends the program if err is not nil.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Fail panics. It could return for all that its callers know, so that their
// variables are kept.
//
//go:noinline
func Fail(why any) {
	if why != nil {
		panic(why)
	}
}
