//go:build linux && (amd64 || arm64)

package dump

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/hold"
)

// A capture that does not end is given up: the caller has what was written by
// then, in its place, and no other file is left.
func TestGivenUp(t *testing.T) {
	dir, end := t.TempDir(), make(chan bool)
	if err := Write(io.Discard, "the first takes longer"); err != nil {
		t.Fatal(err)
	}
	hold.Snapshot = func(int) { <-end }
	path, err := Capture("late", Dir(dir), Timeout(time.Second))
	if !errors.Is(err, ErrStuck) || !errors.Is(err, ErrPart) {
		t.Errorf("%v, want ErrPart and ErrStuck", err)
	}
	if _, err := Capture("another", Dir(dir), Timeout(time.Millisecond)); !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
	close(end)
	turn <- struct{}{} // its goroutine has ended
	<-turn
	hold.Snapshot = nil
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := d.Cause().Text; text != "late" {
		t.Errorf("the cause is %q", text)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v %v, want the dump alone", left, err)
	}
}
