package image

import (
	"fmt"
	"testing"
)

// B4.17: the encoding of internal/abi/symtab.go, and what is not it.
func TestArgWords(t *testing.T) {
	endless := make([]byte, 1000)
	for i := range endless {
		endless[i] = 8 // words of 8 bytes at 8
	}
	for _, c := range []struct {
		name       string
		info, live []byte
		index      int
		args       int64
		want       string
	}{
		{name: "nothing"},
		{name: "no arguments", info: []byte{argsEnd}},
		{name: "an int and a byte", info: []byte{0, 8, 8, 1, argsEnd}, want: "[0]@0:8 [1]@8:1 "},
		{name: "behind a return address", info: []byte{0, 8, argsEnd}, args: 8, want: "[0]@8:8 "},
		{name: "a string between ints", info: []byte{0, 8, argsStart, 8, 8, 16, 8, argsStop, 24, 8, argsEnd}, want: "[0]@0:8 [1 0]@8:8 [1 1]@16:8 [2]@24:8 "},
		{name: "an empty struct", info: []byte{argsStart, argsStop, 0, 8, argsEnd}, want: "[1]@0:8 "},
		{name: "more than are noted", info: []byte{0, 8, argsMore, argsEnd}, want: "[0]@0:8 "},
		{name: "too far away", info: []byte{argsTooFar, 8, 8, argsEnd}, want: "[1]@8:8 "},
		{name: "liveness not known", info: []byte{0, 8, 8, 8, argsEnd}, live: []byte{0, 0}, index: -1, want: "[0]@0:8 [1]@8:8 "},
		{name: "the second is alive", info: []byte{0, 8, 8, 8, argsEnd}, live: []byte{0, 2}, index: 1, want: "[0]@0:8? [1]@8:8 "},
		{name: "the first is always", info: []byte{0, 8, 8, 8, argsEnd}, live: []byte{8, 0}, index: 1, want: "[0]@0:8 [1]@8:8? "},
		{name: "no end", info: []byte{0, 8, 8}, want: "[0]@0:8 "},
		{name: "one end too many", info: []byte{0, 8, argsStop, 8, 8, argsEnd}, want: "[0]@0:8 "},
		{name: "a word of 9 bytes", info: []byte{0, 9, 8, 8, argsEnd}},
		{name: "too deep", info: []byte{254, 254, 254, 254, 254, 254, 254, 254, 254, 0, 8}},
		{name: "liveness beyond its end", info: []byte{0, 8, argsEnd}, live: []byte{0}, index: 70, want: "[0]@0:8 "},
	} {
		got := ""
		for _, w := range argWords(c.info, c.live, c.index, c.args) {
			got += fmt.Sprintf("%v@%d:%d", w.Path, w.Off, w.Size)
			if w.Stale {
				got += "?"
			}
			got += " "
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if n := len(argWords(endless, nil, 0, 0)); n != maxArgWords {
		t.Errorf("%d words of what never ends", n)
	}
}
