package image

import (
	"math/rand/v2"
	"testing"
)

// method is the wrapper of a deferred s.done(n, "x"), as Go 1.26 compiles it.
var method = []byte{
	0x49, 0x3b, 0x66, 0x10, // CMPQ SP, 0x10(R14)
	0x76, 0x27, // JBE
	0x55,             // PUSHQ BP
	0x48, 0x89, 0xe5, // MOVQ SP, BP
	0x48, 0x83, 0xec, 0x20, // SUBQ $0x20, SP
	0x48, 0x8b, 0x5a, 0x10, // MOVQ 0x10(DX), BX
	0x48, 0x8b, 0x42, 0x08, // MOVQ 0x8(DX), AX
	0x48, 0x8d, 0x0d, 0x53, 0x6f, 0x02, 0x00, // LEAQ 0x26f53(IP), CX
	0xbf, 0x01, 0x00, 0x00, 0x00, // MOVL $0x1, DI
	0xe8, 0x19, 0xf8, 0xff, 0xff, // CALL
}

func TestWrapperCode(t *testing.T) {
	w := wrapperCode{pc: 0x49ef60, code: method}
	if w.run() != stopCall || w.target != 0x49e7a0 {
		t.Errorf("calls %#x, want 0x49e7a0", w.target)
	}
	if ax, bx := w.ints[0].Captured, w.ints[3].Captured; ax != 8 || bx != 16 {
		t.Errorf("AX is from %d of the closure, BX from %d; want 8 and 16", ax, bx)
	}
	if cx, di := w.ints[1], w.ints[7]; cx.Captured != 0 || cx.Addr != 0x4c5ed0 || di != (loadedFrom{}) {
		t.Errorf("CX is %+v, DI %+v; want an address and nothing", cx, di)
	}
}

// With the race detector a wrapper keeps over a call what it has captured.
func TestRaceWrapperCode(t *testing.T) {
	race := []byte{
		0x48, 0x83, 0xec, 0x10, // SUBQ $0x10, SP
		0x48, 0x8b, 0x4a, 0x08, // MOVQ 0x8(DX), CX
		0x48, 0x89, 0x4c, 0x24, 0x08, // MOVQ CX, 0x8(SP)
		0x48, 0x8b, 0x44, 0x24, 0x18, // MOVQ 0x18(SP), AX
		0x0f, 0x1f, 0x40, 0x00, // NOPL
		0xe8, 0x00, 0x01, 0x00, 0x00, // CALL runtime.racefuncenter
		0x48, 0x8b, 0x44, 0x24, 0x08, // MOVQ 0x8(SP), AX
		0xe8, 0x00, 0x02, 0x00, 0x00, // CALL sync.(*Mutex).Unlock
	}
	w := wrapperCode{code: race, passed: func(target uint64) bool { return target == 0x11b }}
	if w.run() != stopCall || w.target != 0x225 || w.ints[0].Captured != 8 || w.ints[1] != (loadedFrom{}) {
		t.Errorf("calls %#x with %+v, want 0x225 with what is at 8 of the closure", w.target, w.ints)
	}
	w = wrapperCode{code: race}
	if w.run() != stopCall || w.target != 0x11b {
		t.Errorf("calls %#x, want 0x11b, which belongs to no race detector", w.target)
	}
}

func TestInterfaceWrapperCode(t *testing.T) {
	w := wrapperCode{code: []byte{
		0x48, 0x8b, 0x4a, 0x08, // MOVQ 0x8(DX), CX
		0x48, 0x8b, 0x42, 0x10, // MOVQ 0x10(DX), AX
		0x48, 0x8b, 0x49, 0x20, // MOVQ 0x20(CX), CX
		0xff, 0xd1, // CALL CX
	}}
	if w.run() != stopIndirect || w.called.behind != 8 || w.called.disp != 0x20 {
		t.Errorf("calls what is %+v, want 0x20 behind 8", w.called)
	}
}

// What is overwritten, or loaded from elsewhere than the closure, is not known.
func TestWrapperCodeForgets(t *testing.T) {
	for name, code := range map[string][]byte{
		"constant":       {0x48, 0x8b, 0x42, 0x08, 0xb8, 0x01, 0, 0, 0, 0xe8, 0, 0, 0, 0},
		"sum":            {0x48, 0x8b, 0x42, 0x08, 0x48, 0x83, 0xc0, 0x10, 0xe8, 0, 0, 0, 0},
		"minus one":      {0x48, 0x8b, 0x42, 0x08, 0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xe8, 0, 0, 0, 0},
		"byte":           {0x48, 0x8b, 0x42, 0x08, 0x88, 0xd8, 0xe8, 0, 0, 0, 0},
		"xor":            {0x48, 0x8b, 0x42, 0x08, 0x31, 0xc0, 0xe8, 0, 0, 0, 0},
		"closure gone":   {0x48, 0x8b, 0x52, 0x10, 0x48, 0x8b, 0x42, 0x08, 0xe8, 0, 0, 0, 0},
		"from the stack": {0x48, 0x8b, 0x44, 0x24, 0x08, 0xe8, 0, 0, 0, 0},
	} {
		w := wrapperCode{code: code}
		if at := w.run(); at != stopCall || w.ints[0].Captured != 0 {
			t.Errorf("%s: stopped at %d, AX is from %d of the closure", name, at, w.ints[0].Captured)
		}
	}
	unknown := wrapperCode{code: append([]byte{0xf4}, method...)}
	if unknown.run() != stopUnknown {
		t.Error("an instruction that is not known was passed")
	}
}

// Whatever the bytes are, decoding ends, within them.
func TestWrapperCodeBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.Uint32())
			if r.IntN(3) > 0 && i < len(method) {
				b[i] = method[i]
			}
		}
		if in := decode(b); in.size > len(b) {
			t.Fatalf("% x: an instruction of %d bytes", b, in.size)
		}
		(&wrapperCode{code: b}).run()
	}
}
