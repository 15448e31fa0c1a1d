package image

import "testing"

func TestStore(t *testing.T) {
	for _, c := range []struct {
		name string
		code []byte
		disp int64
		size int64 // 0: no store to the frame
		reg  int
	}{
		{"MOVQ CX, 0x28(SP)", []byte{0x48, 0x89, 0x4c, 0x24, 0x28}, 0x28, 8, 2},
		{"MOVQ R11, 0x28(SP)", []byte{0x4c, 0x89, 0x5c, 0x24, 0x28}, 0x28, 8, 11},
		{"MOVQ AX, 0xe8(SP)", []byte{0x48, 0x89, 0x84, 0x24, 0xe8, 0, 0, 0}, 0xe8, 8, 0},
		{"MOVL AX, 0x10(SP)", []byte{0x89, 0x44, 0x24, 0x10}, 0x10, 4, 0},
		{"MOVW AX, 0x10(SP)", []byte{0x66, 0x89, 0x44, 0x24, 0x10}, 0x10, 2, 0},
		{"MOVB AL, 0x7(SP)", []byte{0x88, 0x44, 0x24, 0x07}, 7, 1, 0},
		{"MOVSD X0, 0x90(SP)", []byte{0xf2, 0x0f, 0x11, 0x84, 0x24, 0x90, 0, 0, 0}, 0x90, 8, 17},
		{"MOVSD X9, 0x10(SP)", []byte{0xf2, 0x44, 0x0f, 0x11, 0x4c, 0x24, 0x10}, 0x10, 8, 26},
		{"MOVSS X1, 0x10(SP)", []byte{0xf3, 0x0f, 0x11, 0x4c, 0x24, 0x10}, 0x10, 4, 18},
		{"MOVUPS X15, 0x10(SP)", []byte{0x44, 0x0f, 0x11, 0x7c, 0x24, 0x10}, 0x10, 16, 32},
		{"MOVQ AX, 0(SP)", []byte{0x48, 0x89, 0x04, 0x24}, 0, 8, 0},
		{"MOVQ $1, 8(SP)", []byte{0x48, 0xc7, 0x44, 0x24, 0x08, 1, 0, 0, 0}, 8, 8, -1},
		{"INCQ 8(SP)", []byte{0x48, 0xff, 0x44, 0x24, 0x08}, 8, 8, -1},
		{"CMPQ 8(SP), AX", []byte{0x48, 0x39, 0x44, 0x24, 0x08}, 8, 0, 0},
		{"MOVQ AX, 0x28(R12)", []byte{0x49, 0x89, 0x44, 0x24, 0x28}, 0x28, 0, 0},
		{"MOVQ 0x28(SP), CX", []byte{0x48, 0x8b, 0x4c, 0x24, 0x28}, 0x28, 0, 0},
		{"LEAQ 0x28(SP), CX", []byte{0x48, 0x8d, 0x4c, 0x24, 0x28}, 0x28, 0, 0},
	} {
		o := x86(c.code)
		s, ok := o.store(0)
		if o.size != len(c.code) || ok != (c.size > 0) || ok && (s.Size != c.size || s.Off != c.disp || s.Reg != c.reg) {
			t.Errorf("%s: %d of %d bytes, %+v, %v", c.name, o.size, len(c.code), s, ok)
		}
	}
}

// A diamond, and behind it a loop: the stores that can be the last ones are
// those of all ways that lead to a place.
func TestLastStores(t *testing.T) {
	s := &Stores{
		list: []Store{{PC: 2, Off: -16, Size: 8}, {PC: 12, Off: -16, Size: 8}, {PC: 22, Off: -16, Size: 4}, {PC: 34, Off: -8, Size: 8}},
		blocks: []block{
			{0, 10, nil},
			{10, 20, []int32{0}},
			{20, 30, []int32{0}},
			{30, 40, []int32{1, 2, 3}},
		},
	}
	for _, c := range []struct {
		pc        uint64
		off, size int64
		want      []uint64
		none      bool
	}{
		{1, -16, 8, nil, true},
		{3, -16, 8, []uint64{2}, false},
		{31, -16, 8, []uint64{22, 2, 12}, false},
		{31, -12, 4, []uint64{2, 12}, false},
		{31, -8, 8, []uint64{34}, true},
		{36, -8, 8, []uint64{34}, false},
	} {
		var got []uint64
		none := s.Last(c.pc, c.off, c.size, func(s Store) { got = append(got, s.PC) })
		if len(got) != len(c.want) || none != c.none {
			t.Fatalf("at %d, %d bytes at %d: %d (%v), want %d (%v)", c.pc, c.size, c.off, got, none, c.want, c.none)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("at %d, %d bytes at %d: %d, want %d", c.pc, c.size, c.off, got, c.want)
			}
		}
	}
}
