// Unwoundc recovers, above C, from the panic of a Go function that C called.
package main

// extern void goFails(int);
// static void c_calls(int n) { goFails(n + 1); }
import "C"

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

//export goFails
func goFails(n C.int) {
	var m map[int]C.int
	m[0] = n
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	C.c_calls(41)
}
