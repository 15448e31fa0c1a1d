package image

import (
	"os"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// The instructions of the Go functions in this test's own executable have the
// lengths that the Go project's disassembler gives them, and what it says that
// they write is not what was there.
func TestLengths(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(exe, 0)
	if err != nil || m.Processor() != AMD64 {
		t.Skipf("%v", err)
	}
	defer m.Close()
	const assembly = 4
	seen := 0
	for f := range m.lines.Functions {
		code := m.code(f)
		for at := 0; at < len(code) && f.Flag()&assembly == 0; seen++ {
			want, err := x86asm.Decode(code[at:], 64)
			o := x86(code[at:])
			switch {
			case err != nil || want.Op == 0: // it does not know VEX, nor POPCNT in what C compilers make
				if want.Len = o.size; o.size == 0 {
					t.Fatalf("%s+%#x: % x is unknown", f.Name(), at, code[at:min(at+12, len(code))])
				}
			case o.size == 0:
				t.Errorf("%s+%#x: %v (% x) is unknown", f.Name(), at, want, code[at:at+want.Len])
			case o.size != want.Len:
				t.Errorf("%s+%#x: %v (% x) has %d bytes", f.Name(), at, want, code[at:at+want.Len], o.size)
			default:
				if reg := written(want); reg >= 0 {
					if kind, _ := o.origin(reg); kind == Begun {
						t.Errorf("%s+%#x: %v (% x) does not write register %d", f.Name(), at, want, code[at:at+want.Len], reg)
					}
				}
			}
			at += want.Len
			if t.Failed() {
				return
			}
		}
	}
	if seen < 100_000 {
		t.Errorf("only %d instructions", seen)
	}
}

// written is DWARF's number of the register that an instruction writes first, -1 if none.
func written(in x86asm.Inst) int {
	switch in.Op {
	case x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.UCOMISD, x86asm.UCOMISS, x86asm.COMISD, x86asm.COMISS, x86asm.PUSH, x86asm.JMP:
		return -1
	}
	switch r, _ := in.Args[0].(x86asm.Reg); {
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return registers[r-x86asm.EAX]
	case r >= x86asm.RAX && r <= x86asm.R15:
		return registers[r-x86asm.RAX]
	case r >= x86asm.X0 && r <= x86asm.X15:
		return firstFloat + int(r-x86asm.X0)
	}
	return -1
}
