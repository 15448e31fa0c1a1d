package dump_test

import (
	"os"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

func TestMain(m *testing.M) {
	patient()
	os.Exit(m.Run())
}

// patient gives captures the time that they need: but for those about time, no
// test depends on how busy the machine is.
func patient() {
	if err := dump.Configure(dump.Timeout(time.Hour)); err != nil {
		panic(err)
	}
}
