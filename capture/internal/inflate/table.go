package inflate

import "math/bits"

// entry says what a code means: from its low end, 5 bits for the code's
// length, 5 for the number of bits that follow it, 2 for its kind; from bit 16
// on a literal, the base of a length or distance, or where a second table begins.
type entry uint32

const (
	none    = iota // no code
	literal        // a byte
	base           // of a length or distance
	end            // of the block
)

// longer is the kind of the codes that a second table has; only find sees it.
const longer = end + 1

func (e entry) length() uint { return uint(e & 31) }
func (e entry) extra() uint  { return uint(e >> 5 & 31) }
func (e entry) kind() uint   { return uint(e >> 10 & 7) }

// Sizes of tables.
const (
	firstBits = 10
	firstMask = 1<<firstBits - 1
	maxBits   = 15

	kinds = 7 << 10 // of an entry's bits
)

// table finds a code by the bits that begin with it.
type table struct {
	first  [1 << firstBits]entry
	second []entry
}

func (t *table) find(b uint64) entry {
	e := t.first[b&firstMask]
	if e.kind() == longer {
		return t.second[uint64(e>>16)+b>>firstBits&(1<<e.extra()-1)]
	}
	return e
}

// make builds the table for codes of the given lengths; what gives a symbol's
// entry without its length. It reports whether the lengths make a code.
func (t *table) make(lengths []uint8, what func(symbol int) entry) bool {
	var count, next [maxBits + 2]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	code := 0
	for n := 1; n <= maxBits; n++ {
		code = (code + count[n-1]) << 1
		next[n] = code
		if code+count[n] > 1<<n {
			return false
		}
	}
	clear(t.first[:])
	t.second = t.second[:0]
	t.reserve(lengths, next)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		reversed := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
		next[n]++
		e := what(symbol) | entry(n)
		part, step := t.first[:], 1<<n
		if n > firstBits {
			x := t.first[reversed&firstMask]
			from := int(x >> 16)
			part, reversed, step = t.second[from:from+1<<x.extra()], reversed>>firstBits, 1<<(n-firstBits)
		}
		for ; reversed < len(part); reversed += step {
			part[reversed] = e
		}
	}
	return true
}

// reserve makes the second tables, each as large as the longest code in it wants.
func (t *table) reserve(lengths []uint8, next [maxBits + 2]int) {
	for _, n := range lengths {
		if n <= firstBits {
			continue
		}
		reversed := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
		next[n]++
		x := &t.first[reversed&firstMask]
		*x = entry(longer)<<10 | entry(max(x.extra(), uint(n)-firstBits))<<5
	}
	for i := range t.first {
		if x := &t.first[i]; x.kind() == longer {
			*x |= entry(len(t.second)) << 16
			for range 1 << x.extra() {
				t.second = append(t.second, 0)
			}
		}
	}
}
