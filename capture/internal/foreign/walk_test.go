package foreign

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// memory is one stretch of addresses.
type memory struct {
	base  uint64
	bytes []byte
}

func (m memory) ReadMemory(p []byte, addr uint64) error {
	off := addr - m.base
	if addr < m.base || off > uint64(len(m.bytes)) || uint64(len(p)) > uint64(len(m.bytes))-off {
		return errors.New("unreadable")
	}
	copy(p, m.bytes[off:])
	return nil
}

func (m memory) put64(off int, words ...uint64) {
	for i, w := range words {
		binary.LittleEndian.PutUint64(m.bytes[off+8*i:], w)
	}
}

func (m memory) put32(off int, words ...int32) {
	for i, w := range words {
		binary.LittleEndian.PutUint32(m.bytes[off+4*i:], uint32(w))
	}
}

// Where the parts of the sample lie.
const (
	base      = 0x7f0000000000
	dynOff    = 0x200
	hdrOff    = 0x400
	fdeOff    = 0x500
	symOff    = 0x600
	namesOff  = 0x700
	hashOff   = 0x780
	textOff   = 0x1000
	stackOff  = 0x2000
	sampleLen = 0x3000
)

// sample is a library with two functions: leaf, which has its frame from the
// stack pointer, and outer, which has it from rbp; and their frames.
func sample() memory {
	m := memory{base, make([]byte, sampleLen)}
	copy(m.bytes, "\x7fELF\x02\x01\x01")
	m.put64(32, headerSize)
	binary.LittleEndian.PutUint16(m.bytes[54:], segmentSize)
	binary.LittleEndian.PutUint16(m.bytes[56:], 3)
	segment := func(i int, kind int32, addr, size uint64) {
		at := headerSize + segmentSize*i
		m.put32(at, kind)
		m.put64(at+8, addr, addr, addr, size, size)
	}
	segment(0, ptLoad, 0, sampleLen)
	segment(1, ptDynamic, dynOff, 0x100)
	segment(2, ptFrames, hdrOff, 0x100)
	m.put64(dynOff, dtSymtab, symOff, dtStrtab, namesOff, dtStrsz, 32, dtGNUHash, hashOff, 0, 0)

	copy(m.bytes[namesOff:], "\x00leaf\x00outer\x00")
	for i, s := range []struct {
		name int32
		at   uint64
	}{{0, 0}, {1, textOff}, {6, textOff + 0x40}} {
		m.put32(symOff+24*i, s.name, sttFunc)
		m.put64(symOff+24*i+8, s.at, 0x40)
	}
	m.put32(hashOff, 1, 1, 1, 0) // one bucket, from symbol 1 on, one word of bloom filter
	m.put32(hashOff+24, 1, 2, 3) // the bucket; the chain ends with its second

	copy(m.bytes[hdrOff:], []byte{1, 0x1b, 3, encData4})
	m.put32(hdrOff+8, 2, textOff-hdrOff, fdeOff+0x20-hdrOff, textOff+0x40-hdrOff, fdeOff+0x40-hdrOff)
	copy(m.bytes[fdeOff:], "\x1c\x00\x00\x00\x00\x00\x00\x00\x01zR\x00\x01\x78\x10\x01\x1b\x0c\x07\x08\x90\x01")
	fde := func(off, text int, program ...byte) {
		m.put32(off, 0x1c, int32(off+4-fdeOff), int32(text-(off+8)), 0x40)
		copy(m.bytes[off+17:], program)
	}
	fde(fdeOff+0x20, textOff, 0x44, 0x0e, 32, 0x86, 2)                     // from 4 on: 32 bytes, rbp saved below the return address
	fde(fdeOff+0x40, textOff+0x40, 0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6) // push rbp; mov rsp, rbp

	m.put64(stackOff+16, base+stackOff+0x60, base+textOff+0x50) // leaf's rbp and return address
	m.put64(stackOff+0x60, 0x1234, 0x400100)                    // outer's
	return m
}

// The two ways to have a frame, from the stack pointer and from rbp; and that a
// rbp which is not known ends the walk with what was found, and an error.
func TestWalk(t *testing.T) {
	m := sample()
	o, err := object(m, base)
	if err != nil {
		t.Fatal(err)
	}
	home := func(pc uint64) bool { return pc == 0x400100 }
	list, back, err := Walk(m, []*Object{o}, Stopped(base+textOff+8, base+stackOff), home)
	if err != nil || back != 0x400100 || len(list) != 2 {
		t.Fatalf("%d frames, back to %#x, %v; want 2 and 0x400100", len(list), back, err)
	}
	for i, want := range []string{"leaf", "outer"} {
		if name, start := o.Symbol(m, list[i].PC); name != want || start != base+textOff+0x40*uint64(i) {
			t.Errorf("frame %d is %q from %#x, want %s", i, name, start, want)
		}
	}
	list, _, err = Walk(m, []*Object{o}, Stopped(base+textOff+0x50, base+stackOff+0x40), home)
	if err == nil || len(list) != 1 {
		t.Errorf("without rbp: %d frames, %v; want 1 and an error", len(list), err)
	}
	regs := Called(base+textOff+0x50, base+stackOff+0x40)
	regs.Preserved([6]uint64{5: base + stackOff + 0x60})
	if list, back, err = Walk(m, []*Object{o}, regs, home); err != nil || back != 0x400100 || len(list) != 1 {
		t.Errorf("with rbp: %d frames, back to %#x, %v", len(list), back, err)
	}
}

// Damaged tables give errors or other frames, not more.
func TestDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	failed := 0
	for range 20000 {
		m := sample()
		for range 1 + random.IntN(4) {
			at := random.IntN(hashOff + 0x40)
			if random.IntN(2) == 0 {
				at = stackOff + random.IntN(0x80)
			}
			m.bytes[at] = byte(random.Uint32())
		}
		list, err := Objects(m, base)
		frames, _, err2 := Walk(m, list, Stopped(base+textOff+8, base+stackOff), func(pc uint64) bool { return pc == 0x400100 })
		if err != nil || err2 != nil {
			failed++
		}
		if len(frames) > maxFrames {
			t.Fatalf("%d frames", len(frames))
		}
		for _, f := range frames {
			if f.Object != nil {
				f.Object.Symbol(m, f.PC)
			}
		}
	}
	if failed == 0 || failed == 20000 {
		t.Errorf("%d of 20000 damaged samples are errors", failed)
	}
}
