package image

import (
	"bytes"
	"errors"
	"testing"
)

// Where the running program's executable lies is found by one of its functions,
// and a file that is not the one that runs is refused.
func TestOpenRunning(t *testing.T) {
	for _, c := range []struct {
		mode string
		bias uint64
	}{{"exe", 0}, {"pie", 0x7f1234560000}} {
		exe := buildFor(t, "linux/amd64", "-buildmode="+c.mode)
		file, err := Open(exe, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		f, _ := file.Lines().Named("main.twice")
		addr, _, err := file.Global("runtime.allgs")
		if err != nil {
			t.Fatal(err)
		}
		note := file.container.section(".note.go.buildid")
		memory, _ := note.bytes(file.mapped)
		same := func(at uint64, want []byte) bool { return at == note.addr+c.bias && bytes.Equal(memory, want) }

		m, err := OpenRunning(exe, "main.twice", f.Entry+c.bias, same)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got, ok := m.Find(f.Entry + c.bias); !ok || got.Name() != "main.twice" || got.Entry != f.Entry+c.bias {
			t.Errorf("%s: the function is %v", c.mode, got)
		}
		if got, _, err := m.Global("runtime.allgs"); err != nil || got != addr+c.bias {
			t.Errorf("%s: runtime.allgs at %#x, %v, want %#x", c.mode, got, err, addr+c.bias)
		}
		for _, wrong := range []struct {
			symbol string
			at     uint64
			same   func(uint64, []byte) bool
		}{
			{"main.twice", f.Entry + c.bias + 8, same},
			{"main.twice", f.Entry + c.bias + 8192, same},
			{"main.thrice", f.Entry + c.bias, same},
			{"main.twice", f.Entry + c.bias, func(uint64, []byte) bool { return false }},
		} {
			if _, err := OpenRunning(exe, wrong.symbol, wrong.at, wrong.same); !errors.Is(err, errReplaced) {
				t.Errorf("%s: %s at %#x: %v", c.mode, wrong.symbol, wrong.at, err)
			}
		}
	}
}
