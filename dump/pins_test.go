package dump_test

import (
	"bytes"
	"path/filepath"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/gopostmortem/postmortem/dump"
)

// held is something that only a capture knows.
type held struct {
	next *held
	_    [1 << 16]byte // too large to share a block of memory
}

func (h *held) Error() string { return "held" }

// captured captures with causes of its own and gives weak pointers to them,
// and to what they lead to.
//
//go:noinline
func captured(t *testing.T, capture func(cause any) error) []weak.Pointer[held] {
	var out []weak.Pointer[held]
	for range 3 {
		h := &held{next: &held{}}
		out = append(out, weak.Make(h), weak.Make(h.next))
		if err := capture(h); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// B4.19: once a capture has ended, nothing that it saw is kept from being collected.
func TestCapturePinsNothing(t *testing.T) {
	for name, capture := range map[string]func(any) error{
		"Write": func(cause any) error { return dump.Write(&bytes.Buffer{}, cause, dump.Rules("hide main")) },
		"Capture": func(cause any) error {
			_, err := dump.Capture(cause, dump.File(filepath.Join(t.TempDir(), "x.dump")))
			return err
		},
	} {
		pointers := captured(t, capture)
		kept := len(pointers)
		end := time.Now().Add(time.Minute) // the goroutines of the capture end a little later
		for ; kept > 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			runtime.GC()
			kept = 0
			for _, p := range pointers {
				if p.Value() != nil {
					kept++
				}
			}
		}
		if kept > 0 {
			t.Errorf("%s: %d of %d objects are kept", name, kept, len(pointers))
		}
	}
}
