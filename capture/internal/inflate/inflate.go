// Package inflate decompresses the sections of an executable: zlib streams
// (RFC 1950, 1951) whose length is known, from memory into memory. It is several
// times as fast as compress/zlib, which reads its input byte by byte and copies
// its output through a window; inflating takes most of a first capture's time.
package inflate

import (
	"encoding/binary"
	"errors"
)

// ErrDamaged says that the input is no zlib stream, or not one of that length.
var ErrDamaged = errors.New("damaged zlib stream")

const headerSize = 2

// Window is how far before a [Mark] the output must be there to go on from it.
const Window = 32 << 10

// Mark is a place between two blocks of a stream. The zero Mark is its beginning.
type Mark struct {
	bit int // of what follows the header
	Out int // bytes that the blocks before inflate to
}

// In is how many bytes of the stream lie before the mark.
func (m Mark) In() int { return headerSize + m.bit/8 }

// Zlib fills dst with what src inflates to. The checksum at the end is not
// looked at. After each block, passed is told where it ends.
func Zlib(dst, src []byte, passed func(Mark)) error {
	const deflate, dictionary = 8, 0x20
	if len(src) < headerSize || src[0]&15 != deflate || src[1]&dictionary != 0 || (uint(src[0])<<8|uint(src[1]))%31 != 0 {
		return ErrDamaged
	}
	d := &decoder{in: src[headerSize:], out: dst}
	for last := false; !last; {
		if last = d.next(); d.bad {
			return ErrDamaged
		}
		passed(d.mark())
	}
	if d.n != len(dst) {
		return ErrDamaged
	}
	return nil
}

// Again inflates once more what lies between two marks that Zlib gave for src,
// into its place in dst, which has the [Window] before it.
func Again(dst, src []byte, from, to Mark) error {
	if len(src) < headerSize || from.Out > to.Out || to.Out > len(dst) || from.In() > len(src) {
		return ErrDamaged
	}
	d := &decoder{in: src[headerSize:], out: dst[:to.Out], pos: from.bit / 8, n: from.Out}
	d.take(uint(from.bit % 8))
	for d.mark().bit < to.bit {
		if d.next(); d.bad {
			return ErrDamaged
		}
	}
	if d.mark() != to {
		return ErrDamaged
	}
	return nil
}

// mark is the place that the decoder has come to.
func (d *decoder) mark() Mark { return Mark{8*d.pos - int(d.nbit), d.n} }

// next decodes a block. It reports whether that is the last one.
func (d *decoder) next() (last bool) {
	last = d.take(1) != 0
	switch d.take(2) {
	case 0:
		d.stored()
	case 1:
		d.fixed()
		d.block()
	case 2:
		d.dynamic()
		d.block()
	default:
		d.bad = true
	}
	return last
}

// decoder is the state between blocks.
type decoder struct {
	in   []byte
	pos  int    // of the next byte of in
	bits uint64 // read and not used, the next one lowest
	nbit uint   // how many those are
	out  []byte
	n    int // bytes in out
	bad  bool

	lit, dist table
}

// refill makes sure of 56 bits as long as the input has them; behind its end
// there are zeros.
func (d *decoder) refill() {
	if d.pos+8 <= len(d.in) {
		d.bits |= binary.LittleEndian.Uint64(d.in[d.pos:]) << d.nbit
		d.pos += int(63-d.nbit) >> 3
		d.nbit |= 56
		return
	}
	for ; d.nbit <= 56; d.nbit += 8 {
		if d.pos < len(d.in) {
			d.bits |= uint64(d.in[d.pos]) << d.nbit
		} else if d.pos > len(d.in)+16 {
			d.bad = true
			return
		}
		d.pos++
	}
}

// take reads n bits, at most 16.
func (d *decoder) take(n uint) uint64 {
	if d.nbit < n {
		d.refill()
	}
	v := d.bits & (1<<n - 1)
	d.bits >>= n
	d.nbit -= min(n, d.nbit)
	return v
}

// stored copies a block that is not compressed.
func (d *decoder) stored() {
	d.pos -= int(d.nbit / 8) // whole bytes that were read ahead
	d.bits, d.nbit = 0, 0
	if d.pos < 0 || d.pos+4 > len(d.in) {
		d.bad = true
		return
	}
	n, inverse := binary.LittleEndian.Uint16(d.in[d.pos:]), binary.LittleEndian.Uint16(d.in[d.pos+2:])
	d.pos += 4
	if n != ^inverse || int(n) > len(d.in)-d.pos || int(n) > len(d.out)-d.n {
		d.bad = true
		return
	}
	copy(d.out[d.n:], d.in[d.pos:d.pos+int(n)])
	d.pos += int(n)
	d.n += int(n)
}

// Slack at the ends of input and output up to which block works without looking.
const (
	inSlack  = 24          // what the symbols of one turn and their extra bits take at most
	outSlack = 2 + 258 + 8 // two literals, a longest match, and the rest of a word
)

// block decodes symbols up to the end of the block: first as long as there is
// slack, with the state in local variables, then with care.
func (d *decoder) block() {
	for !d.bad {
		if d.pos+inSlack <= len(d.in) && d.n+outSlack <= len(d.out) {
			if d.quick() {
				return
			}
			continue
		}
		if d.symbol() {
			return
		}
	}
}

// quick decodes symbols while there is slack. It reports the end of the block.
func (d *decoder) quick() (ended bool) {
	lit, dist, in, out := &d.lit, &d.dist, d.in, d.out
	pos, bits, nbit, n := d.pos, d.bits, d.nbit, d.n
	for pos+inSlack <= len(in) && n+outSlack <= len(out) {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbit & 63)
		pos += int(63-nbit) >> 3
		nbit |= 56
		e := lit.first[bits&firstMask]
		if e&kinds == literal<<10 { // two literals and a code take 45 bits at most
			bits >>= e & 31
			nbit -= uint(e & 31)
			out[n] = byte(e >> 16)
			n++
			e = lit.first[bits&firstMask]
			if e&kinds == literal<<10 {
				bits >>= e & 31
				nbit -= uint(e & 31)
				out[n] = byte(e >> 16)
				n++
				e = lit.first[bits&firstMask]
			}
		}
		if e&kinds == longer<<10 {
			e = lit.second[uint64(e>>16)+bits>>firstBits&(1<<e.extra()-1)]
		}
		bits >>= e & 31
		nbit -= uint(e & 31)
		if e&kinds == literal<<10 {
			out[n] = byte(e >> 16)
			n++
			continue
		}
		if e&kinds != base<<10 {
			d.bad = e&kinds != end<<10
			ended = true
			break
		}
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbit & 63)
		pos += int(63-nbit) >> 3
		nbit |= 56 // 5, 15 and 13 of them are used
		size := int(e>>16) + int(bits&(1<<e.extra()-1))
		bits >>= e.extra() & 63
		nbit -= e.extra()
		e = dist.first[bits&firstMask]
		if e&kinds == longer<<10 {
			e = dist.second[uint64(e>>16)+bits>>firstBits&(1<<e.extra()-1)]
		}
		bits >>= e & 31
		nbit -= uint(e & 31)
		back := int(e>>16) + int(bits&(1<<e.extra()-1))
		bits >>= e.extra() & 63
		nbit -= e.extra()
		if e&kinds != base<<10 || back > n {
			d.bad, ended = true, true
			break
		}
		repeat(out, n, size, back)
		n += size
	}
	d.pos, d.bits, d.nbit, d.n = pos, bits, nbit, n
	return ended
}

// repeat copies what lies so far back to at; there is room for a word behind it.
func repeat(out []byte, at, size, back int) {
	const word = 8
	if back < word {
		for i := at; i < at+size; i++ {
			out[i] = out[i-back]
		}
		return
	}
	to, from := out[at:at+size+word], out[at-back:at+size]
	for i := 0; i < size; i += word {
		binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
	}
}

// symbol decodes one symbol. It reports the end of the block.
func (d *decoder) symbol() (ended bool) {
	d.refill()
	e := d.lit.find(d.bits)
	d.use(e.length())
	switch e.kind() {
	case literal:
		if d.n >= len(d.out) {
			d.bad = true
			return true
		}
		d.out[d.n] = byte(e >> 16)
		d.n++
		return false
	case base:
	default:
		d.bad = d.bad || e.kind() != end
		return true
	}
	d.refill()
	size := int(e>>16) + d.extra(e)
	e = d.dist.find(d.bits)
	d.use(e.length())
	back := int(e>>16) + d.extra(e)
	if e.kind() != base || back > d.n || size > len(d.out)-d.n {
		d.bad = true
		return true
	}
	for range size {
		d.out[d.n] = d.out[d.n-back]
		d.n++
	}
	return false
}

func (d *decoder) use(n uint) {
	d.bits >>= n
	d.nbit -= n
}

// extra reads the bits that follow a length or distance code.
func (d *decoder) extra(e entry) int {
	n := e.extra()
	v := int(d.bits & (1<<n - 1))
	d.use(n)
	return v
}
