package plan

import (
	"os"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// A location is compiled once; the instruction at which a goroutine was
// interrupted is another one than the call before the same address.
func TestPlansAreKept(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Open(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	fn, ok := img.Named("testing.tRunner")
	if !ok {
		t.Fatal("no such function")
	}
	c := New(img)
	at := Key{PC: fn.Entry + 20}
	first := c.At(at, fn)
	if again := c.At(at, fn); first != again || c.Len() != 1 {
		t.Errorf("one location has %d plans, or is compiled twice", c.Len())
	}
	if c.At(Key{PC: at.PC, Exact: true}, fn) == first || c.Len() != 2 {
		t.Errorf("two locations have %d plans", c.Len())
	}
}
