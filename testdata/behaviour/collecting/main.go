// Collecting captures itself while its collector runs all the time.
package main

import (
	"runtime"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

// rounds counts cycles of the collector that are over.
var rounds int

func collect(started chan<- bool) {
	for {
		runtime.GC()
		if rounds++; rounds == 3 {
			started <- true
		}
	}
}

func main() {
	started := make(chan bool)
	go collect(started)
	<-started
	_, err := dump.Snapshot("collecting", given.Options()...)
	given.Check(err)
}
