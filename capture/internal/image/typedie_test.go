package image

import (
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// TestTypeDIE finds the DIE of every type that DWARF gives a descriptor.
func TestTypeDIE(t *testing.T) {
	m := buildSelf(t)
	r, err := m.DIEs()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			break
		}
		if e.Tag == dwarf.TagSubprogram {
			r.SkipChildren()
			continue
		}
		off, ok := e.Val(attrGoRuntimeType).(uint64)
		if !ok || off == 0 {
			continue
		}
		n++
		if die, ok := m.TypeDIE(off); !ok || die != e.Offset {
			t.Errorf("descriptor %#x: DIE %#x, %v, want %#x", off, die, ok, e.Offset)
		}
	}
	if n < 1000 {
		t.Errorf("only %d types", n)
	}
	if die, ok := m.TypeDIE(3); ok {
		t.Errorf("descriptor 3: DIE %#x", die)
	}
}
