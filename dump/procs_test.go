package dump

import (
	"io"
	"runtime"
	"testing"

	"github.com/gopostmortem/postmortem/capture/freeze"
)

// A capture sets GOMAXPROCS to one and back. Where the program had left it to
// the runtime, which follows the control group's limit, it does so again.
func TestProcsAfterCapture(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, custom := range []bool{false, true} {
		if runtime.SetDefaultGOMAXPROCS(); custom {
			runtime.GOMAXPROCS(3)
		}
		procs := runtime.GOMAXPROCS(0)
		if err := Write(io.Discard, "procs"); err != nil {
			t.Fatal(err)
		}
		e, err := engine()
		if err != nil {
			t.Fatal(err)
		}
		got, known := e.CustomProcs(freeze.Self())
		if !known {
			t.Skip("this system does not let a program look at its own memory")
		}
		if n := runtime.GOMAXPROCS(0); got != custom || n != procs {
			t.Errorf("after a capture GOMAXPROCS is %d, set by hand: %t; before %d, %t", n, got, procs, custom)
		}
	}
}
