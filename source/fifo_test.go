//go:build unix

package source

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe without a writer must not make a capture wait.
func TestFIFO(t *testing.T) {
	clearRegistry(t)
	fifo := filepath.Join(t.TempDir(), "pipe.go")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := one(t, &Collector{}, fifo); f.HasText() || f.Reason != fifo+": not a regular file" {
		t.Errorf("%v %q, want absent: not a regular file", f.State, f.Reason)
	}
	if _, _, err := readFile(fifo, 10); err != errNotRegular {
		t.Errorf("readFile: %v, want %v", err, errNotRegular)
	}
}
