package image

import (
	"bytes"
	"testing"
)

// A form that says that another form follows, and that again, takes no stack.
func TestSkipIndirect(t *testing.T) {
	const deep = 16 << 20
	c := cursor{b: append(bytes.Repeat([]byte{formIndirect}, deep), formData1, 7)}
	if c.skip(formIndirect); c.bad || c.pos != deep+2 {
		t.Errorf("at %d, bad %v", c.pos, c.bad)
	}
	c = cursor{b: bytes.Repeat([]byte{formIndirect}, 3)}
	if c.skip(formIndirect); !c.bad {
		t.Error("there is nothing behind the last")
	}
}

// A base of addresses beyond all sections is none.
func TestAddressBase(t *testing.T) {
	d := &debugInfo{addr: []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}}
	for _, c := range []struct {
		base, i, want uint64
		ok            bool
	}{{0, 0, 1, true}, {8, 0, 2, true}, {0, 2, 0, false}, {^uint64(7), 0, 0, false}, {0, 1 << 61, 0, false}} {
		if got, ok := d.address(&Unit{addrBase: c.base}, c.i); ok != c.ok || ok && got != c.want {
			t.Errorf("%d from %#x: %d, %v", c.i, c.base, got, ok)
		}
	}
}
