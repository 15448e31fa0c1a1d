// States captures itself to the file that is its argument, with goroutines in
// all states; see package kept.
package main

import (
	"os"

	"github.com/gopostmortem/postmortem/testdata/programs/states/kept"
)

func main() { kept.Run(os.Args[1]) }
