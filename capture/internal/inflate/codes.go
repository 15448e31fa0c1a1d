package inflate

// The codes of RFC 1951 §3.2.5 to §3.2.7.

const (
	endOfBlock = 256
	maxLit     = 286
	maxDist    = 30
)

// litEntry is what a symbol of the first alphabet means.
func litEntry(s int) entry {
	switch {
	case s < endOfBlock:
		return entry(s)<<16 | literal<<10
	case s == endOfBlock:
		return end << 10
	case s >= maxLit:
		return 0
	case s == maxLit-1:
		return 258<<16 | base<<10
	case s < 265:
		return entry(s-254)<<16 | base<<10
	}
	extra := (s - 261) / 4
	return entry(3+(4+(s-261)%4)<<extra)<<16 | base<<10 | entry(extra)<<5
}

// distEntry is what a symbol of the second alphabet means.
func distEntry(s int) entry {
	switch {
	case s >= maxDist:
		return 0
	case s < 4:
		return entry(s+1)<<16 | base<<10
	}
	extra := s/2 - 1
	return entry(1+(2+s%2)<<extra)<<16 | base<<10 | entry(extra)<<5
}

// fixed sets up the codes that need no description.
func (d *decoder) fixed() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	d.bad = !d.lit.make(lengths[:], litEntry) || d.bad
	for i := range 32 {
		lengths[i] = 5
	}
	d.bad = !d.dist.make(lengths[:32], distEntry) || d.bad
}

// order is that of the lengths of the code for lengths.
var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block.
func (d *decoder) dynamic() {
	nlit, ndist, ncode := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	var lengths [maxLit + 2 + 32]uint8
	for i := range ncode {
		lengths[order[i]] = uint8(d.take(3))
	}
	if !d.lit.make(lengths[:len(order)], func(s int) entry { return entry(s)<<16 | literal<<10 }) {
		d.bad = true
		return
	}
	clear(lengths[:len(order)])
	for i := 0; i < nlit+ndist && !d.bad; {
		d.refill()
		e := d.lit.find(d.bits)
		if e.kind() != literal {
			d.bad = true
			return
		}
		d.use(e.length())
		value, n := uint8(e>>16), 1
		switch value {
		case 16:
			if i == 0 {
				d.bad = true
				return
			}
			value, n = lengths[i-1], 3+int(d.take(2))
		case 17:
			value, n = 0, 3+int(d.take(3))
		case 18:
			value, n = 0, 11+int(d.take(7))
		}
		if n > nlit+ndist-i {
			d.bad = true
			return
		}
		for ; n > 0; n-- {
			lengths[i] = value
			i++
		}
	}
	if d.bad || !d.lit.make(lengths[:nlit], litEntry) || !d.dist.make(lengths[nlit:nlit+ndist], distEntry) {
		d.bad = true
	}
}
