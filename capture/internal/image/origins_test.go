package image

import (
	"slices"
	"testing"
)

func TestOriginOfRegister(t *testing.T) {
	const ax, dx, cx, r8, x0, x1, x2 = 0, 1, 2, 8, 17, 18, 19
	type origin struct {
		kind OriginKind
		from int
	}
	for _, c := range []struct {
		name string
		code []byte
		want map[int]origin
	}{
		{"MOVQ CX, AX", []byte{0x48, 0x89, 0xc8}, map[int]origin{ax: {Copied, cx}, cx: {Begun, 0}, x0: {Begun, 0}}},
		{"MOVL CX, AX", []byte{0x89, 0xc8}, map[int]origin{ax: {Made, 0}, cx: {Begun, 0}}},
		{"MOVQ 0x28(SP), CX", []byte{0x48, 0x8b, 0x4c, 0x24, 0x28}, map[int]origin{cx: {Reloaded, 0}, ax: {Begun, 0}}},
		{"MOVQ CX, 0x28(SP)", []byte{0x48, 0x89, 0x4c, 0x24, 0x28}, map[int]origin{cx: {Begun, 0}}},
		{"MOVQ 0x28(AX), CX", []byte{0x48, 0x8b, 0x48, 0x28}, map[int]origin{cx: {Made, 0}, ax: {Begun, 0}}},
		{"ADDQ AX, CX", []byte{0x48, 0x01, 0xc1}, map[int]origin{cx: {Made, 0}, ax: {Begun, 0}}},
		{"CMPQ CX, AX", []byte{0x48, 0x39, 0xc1}, map[int]origin{cx: {Begun, 0}, ax: {Begun, 0}}},
		{"TESTQ CX, CX", []byte{0x48, 0x85, 0xc9}, map[int]origin{cx: {Begun, 0}}},
		{"INCQ R8", []byte{0x49, 0xff, 0xc0}, map[int]origin{r8: {Made, 0}, ax: {Begun, 0}}},
		{"XORL AX, AX", []byte{0x31, 0xc0}, map[int]origin{ax: {Unclear, 0}, cx: {Begun, 0}}},
		{"MOVL $1, AX", []byte{0xb8, 1, 0, 0, 0}, map[int]origin{ax: {Unclear, 0}, cx: {Begun, 0}}},
		{"LEAQ 1(AX), CX", []byte{0x48, 0x8d, 0x48, 0x01}, map[int]origin{cx: {Made, 0}, ax: {Begun, 0}}},
		{"LEAQ 1(IP), CX", []byte{0x48, 0x8d, 0x0d, 1, 0, 0, 0}, map[int]origin{cx: {Unclear, 0}, ax: {Begun, 0}}},
		{"IMULQ CX, AX", []byte{0x48, 0x0f, 0xaf, 0xc1}, map[int]origin{ax: {Made, 0}, cx: {Begun, 0}}},
		{"DIVQ CX", []byte{0x48, 0xf7, 0xf1}, map[int]origin{ax: {Unclear, 0}, dx: {Unclear, 0}, r8: {Begun, 0}}},
		{"MOVSD 0x28(SP), X0", []byte{0xf2, 0x0f, 0x10, 0x44, 0x24, 0x28}, map[int]origin{x0: {Reloaded, 0}, x1: {Begun, 0}, ax: {Begun, 0}}},
		{"MOVUPS X1, X0", []byte{0x0f, 0x10, 0xc1}, map[int]origin{x0: {Copied, x1}, x1: {Begun, 0}}},
		{"ADDSD X1, X0", []byte{0xf2, 0x0f, 0x58, 0xc1}, map[int]origin{x0: {Made, 0}, x1: {Begun, 0}, ax: {Begun, 0}}},
		{"CVTSI2SDQ DI, X1", []byte{0xf2, 0x48, 0x0f, 0x2a, 0xcf}, map[int]origin{x1: {Made, 0}, cx: {Begun, 0}, x0: {Begun, 0}}},
		{"CVTTSD2SIQ X1, AX", []byte{0xf2, 0x48, 0x0f, 0x2c, 0xc1}, map[int]origin{ax: {Made, 0}, cx: {Begun, 0}, x0: {Begun, 0}, x1: {Begun, 0}}},
		{"MOVQ AX, X1", []byte{0x66, 0x48, 0x0f, 0x6e, 0xc8}, map[int]origin{x1: {Made, 0}, cx: {Begun, 0}, ax: {Begun, 0}, x0: {Begun, 0}}},
		{"MOVQ X1, AX", []byte{0x66, 0x48, 0x0f, 0x7e, 0xc8}, map[int]origin{ax: {Made, 0}, cx: {Begun, 0}, x0: {Begun, 0}, x1: {Begun, 0}}},
		{"ROUNDSD $3, X1, X2", []byte{0x66, 0x0f, 0x3a, 0x0b, 0xd1, 0x03}, map[int]origin{x2: {Made, 0}, x1: {Begun, 0}, dx: {Begun, 0}}},
		{"VFMADD231SD X1, X0, X2", []byte{0xc4, 0xe2, 0xf9, 0xb9, 0xd1}, map[int]origin{x2: {Made, 0}, x1: {Begun, 0}, x0: {Begun, 0}, dx: {Begun, 0}}},
		{"BLSRQ AX, CX", []byte{0xc4, 0xe2, 0xf0, 0xf3, 0xc8}, map[int]origin{cx: {Unclear, 0}}},
		{"CALL", []byte{0xe8, 0, 0, 0, 0}, map[int]origin{ax: {Made, 0}, cx: {Made, 0}, x0: {Made, 0}}},
		{"JNE", []byte{0x75, 0}, map[int]origin{ax: {Begun, 0}}},
	} {
		o := x86(c.code)
		for reg, want := range c.want {
			if kind, from := o.origin(reg); o.size != len(c.code) || (origin{kind, from}) != want {
				t.Errorf("%s: of %d: %v from %d, want %v", c.name, reg, kind, from, want)
			}
		}
	}
}

// The last instruction that a register has its value from is found, within a block.
func TestOriginInBlock(t *testing.T) {
	const entry, ax, cx = 0x1000, 0, 2
	s := &Stores{
		code: []byte{
			0x48, 0x01, 0xc1, // ADDQ AX, CX
			0x48, 0x89, 0xc8, // MOVQ CX, AX
			0x75, 0x00, // JNE
			0x48, 0xff, 0xc1, // INCQ CX
			0x06, // nothing that is known
		},
		f:      Function{Entry: entry, End: entry + 12},
		blocks: []block{{entry, entry + 8, nil}, {entry + 8, entry + 12, []int32{0}}},
	}
	for _, c := range []struct {
		pc   uint64
		reg  int
		want Origin
	}{
		{entry + 6, ax, Origin{OriginKind: Copied, PC: entry + 3, Reg: cx}},
		{entry + 6, cx, Origin{OriginKind: Made, PC: entry}},
		{entry + 8, cx, Origin{OriginKind: Begun, PC: entry + 8}},
		{entry + 11, ax, Origin{OriginKind: Begun, PC: entry + 8}},
		{entry + 11, cx, Origin{OriginKind: Made, PC: entry + 8}},
		{entry + 12, cx, Origin{}},
	} {
		if got := s.Origin(c.pc, c.reg); got != c.want {
			t.Errorf("of %d at %#x: %+v, want %+v", c.reg, c.pc, got, c.want)
		}
	}
	if got, want := s.OriginAtEnd(entry+8, cx), (Origin{OriginKind: Made, PC: entry}); got != want {
		t.Errorf("at the end of the first block: %+v, want %+v", got, want)
	}
	if got := s.Before(entry + 9); !slices.Equal(got, []uint64{entry + 8}) {
		t.Errorf("before the second block: %#x", got)
	}
	if s.Joins(entry+8) || !s.Joins(entry) {
		t.Error("the second block is reached from the first alone, the first from elsewhere")
	}
}
