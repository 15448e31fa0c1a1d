package main

// Zstandard frames by hand (RFC 8878): raw, run-length and repeating blocks.

const blockMax = 128 << 10

// frame is a frame with a window of 1 MiB and the blocks.
func frame(blocks ...[]byte) []byte {
	return append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3}, join(blocks...)...)
}

// block is a block: raw 0, run-length 1, compressed 2.
func block(last bool, kind, size int, content []byte) []byte {
	h := uint32(size)<<3 | uint32(kind)<<1
	if last {
		h |= 1
	}
	return append([]byte{byte(h), byte(h >> 8), byte(h >> 16)}, content...)
}

func zstdRaw(b []byte) []byte { return frame(block(true, 0, len(b), b)) }

// zstdHugeWindow is zstdRaw with a window of 1 GiB.
func zstdHugeWindow(b []byte) []byte {
	f := zstdRaw(b)
	f[5] = 20 << 3
	return f
}

// zeros is a frame of n zero bytes, behind the bytes of first.
func zeros(n int, first ...byte) []byte {
	var blocks [][]byte
	if len(first) > 0 {
		blocks = append(blocks, block(false, 0, len(first), first))
	}
	for n > 0 {
		size := min(n, blockMax)
		n -= size
		blocks = append(blocks, block(n == 0, 1, size, []byte{0}))
	}
	return frame(blocks...)
}

// repeated is a compressed LOSSES section of count records rec, each of two bytes.
func repeated(rec []byte, count int) section {
	s := sec(LOSSES)
	s.flags, s.count, s.raw, s.payload = 1, count, len(rec)*count, frame(repeatBlock(rec, count, true))
	return s
}

// repeatBlock is a compressed block: pattern, of two bytes, count times.
func repeatBlock(pattern []byte, count int, last bool) []byte {
	literals := append([]byte{byte(len(pattern)) << 3}, pattern...) // raw, length in 5 bits
	sequence := oneSequence(len(pattern)*(count-1), len(pattern))
	content := append(literals, sequence...)
	return block(last, 2, len(content), content)
}

// oneSequence is a sequences section: two literals, then a match of length bytes
// two bytes back. The codes are run-length tables, so only extra bits follow.
func oneSequence(length, literals int) []byte {
	base, code, bits := 0, 0, 0
	for i, m := range matchCodes {
		if length >= m.base {
			base, code, bits = m.base, 43+i, m.bits
		}
	}
	// Offset 2 is coded as value 5: code 2, two extra bits 01. They come
	// first; bits are read from the end, behind the highest 1.
	stream := uint64(1)<<(2+bits) | uint64(1)<<bits | uint64(length-base)
	b := []byte{1, 1<<6 | 1<<4 | 1<<2, byte(literals), 2, byte(code)}
	for ; stream > 0; stream >>= 8 {
		b = append(b, byte(stream))
	}
	return b
}

// matchCodes are the match length codes from 43 on: base value and extra bits.
var matchCodes = []struct{ base, bits int }{
	{131, 7}, {259, 8}, {515, 9}, {1027, 10}, {2051, 11}, {4099, 12}, {8195, 13}, {16387, 14}, {32771, 15}, {65539, 16},
}
