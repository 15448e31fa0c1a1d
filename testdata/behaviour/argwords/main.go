// Argwords fails below functions with arguments of many shapes, and prints the
// traceback that Go makes of it.
package main

import (
	"os"
	"runtime"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type pair struct {
	small uint8
	deep  struct{ a, b uint16 }
	name  string
}

//go:noinline
func plain(a int, b string, c []byte, d bool) int {
	return nested(pair{small: uint8(a), name: b}, &a, float32(a)) + len(c) + len(os.Args)
}

//go:noinline
func nested(p pair, at *int, f float32) int {
	*at += len(p.name)
	return many([12]int{3: *at}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + int(p.deep.b) + int(f)
}

//go:noinline
func many(big [12]int, a, b, c, d, e, f, g, h, i, j int) int {
	given.Fail("below many arguments")
	return big[a] + b + c + d + e + f + g + h + i + j
}

func main() {
	given.Configure()
	defer func() {
		cause := recover()
		text := make([]byte, 1<<16)
		os.Stdout.Write(text[:runtime.Stack(text, false)])
		_, err := dump.Capture(cause, given.Options()...)
		given.Check(err)
	}()
	println(plain(77, "seventy-seven", []byte{7, 7}, true))
}
