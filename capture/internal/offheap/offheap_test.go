//go:build unix || windows

package offheap

import (
	"errors"
	"testing"
)

func TestMake(t *testing.T) {
	const n = 3 << 20
	b, err := Make(n)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != n {
		t.Errorf("%d bytes, want %d", len(b), n)
	}
	for i := range b {
		if b[i] != 0 {
			t.Fatalf("byte %d is %d", i, b[i])
		}
		b[i] = byte(i)
	}
	Free(b)
	Free(nil)
}

// More than an address space has room for.
func TestNoMemory(t *testing.T) {
	if b, err := Make(1 << 60); !errors.Is(err, ErrMemory) || b != nil {
		t.Errorf("%d bytes, %v; want %v", len(b), err, ErrMemory)
	}
	for _, n := range []int{0, -1} {
		if b, err := Make(n); err == nil || errors.Is(err, ErrMemory) || b != nil {
			t.Errorf("%d: %d bytes, %v", n, len(b), err)
		}
	}
}
