package capture

import (
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// ones is memory that is the same everywhere.
type ones struct{}

func (ones) ReadMemory(p []byte, _ uint64) error {
	for i := range p {
		p[i] = 1
	}
	return nil
}

// What lies on the stack at hand as a whole is not read again, all else is.
func TestMemory(t *testing.T) {
	m := newMemory(ones{})
	defer m.Close()
	const base = 0xc000010ff8
	stack := unwind.Stack{Base: base, Bytes: []byte{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}}
	for _, tc := range []struct {
		addr uint64
		n    int
		want byte // the first, without a stack 1
	}{
		{base, 16, 10}, {base + 8, 8, 18}, {base + 15, 1, 25},
		{base + 9, 8, 1}, {base, 17, 1}, {base - 8, 8, 1}, {base - 1, 2, 1}, {base + 16, 1, 1}, {8, 8, 1},
	} {
		for _, at := range []unwind.Stack{{}, stack} {
			want := tc.want
			if m.stack = at; len(at.Bytes) == 0 {
				want = 1
			}
			p := make([]byte, tc.n)
			if err := m.ReadMemory(p, tc.addr); err != nil || p[0] != want || want == 1 && p[tc.n-1] != 1 {
				t.Errorf("%d bytes at %#x: %d, %v, want %d", tc.n, tc.addr, p, err, want)
			}
		}
	}
}
