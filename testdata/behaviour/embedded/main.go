// Embedded carries its own source, as a production binary does.
package main

import (
	"embed"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/source"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

//go:embed *.go
var files embed.FS

//go:noinline
func fail(n int) {
	panic(n) // mark: fail
}

func main() {
	if given.Argument() == "register" {
		given.Check(source.Register(files))
	}
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	fail(3)
}
