package image

import "encoding/binary"

// Indices and layouts of internal/abi/symtab.go and runtime/stack.go, Go 1.25 to 1.27.
const (
	pcdataStackMapIndex  = 1
	funcdataArgsMaps     = 0
	funcdataLocalsMaps   = 1
	funcdataStackObjects = 2

	stackMapHeader  = 8 // number of maps, bits in each
	stackObjectSize = 16
	maxStackObjects = 1 << 16
)

// Liveness says which pointers in a frame the garbage collector follows: the
// others are of variables that the function needs no longer, and what they
// point to may be gone.
type Liveness struct {
	args, locals bitmap
	objects      []stackObject
}

// bitmap has a bit for each word.
type bitmap struct {
	bits []byte
	n    int64
}

// stackObject is a variable whose address is taken: it lives as long as a
// pointer to it does. Its place is relative to the locals' end, or to the
// arguments' begin.
type stackObject struct{ off, size int64 }

// Liveness gives the map for the call before a return address, for which pass
// pc-1; false where the compiler has not left one.
func (f Function) Liveness(pc uint64) (Liveness, bool) {
	index, ok := f.pcdata(pcdataStackMapIndex, pc)
	if !ok {
		return Liveness{}, false
	}
	index = max(index, 0) // as runtime.stkframe.getStackMap does: the entry's map
	l := Liveness{
		args:   bitmapAt(f.funcdata(funcdataArgsMaps), index),
		locals: bitmapAt(f.funcdata(funcdataLocalsMaps), index),
	}
	if b := f.funcdata(funcdataStackObjects); len(b) >= 8 {
		n := binary.LittleEndian.Uint64(b)
		for b = b[8:]; n > 0 && n < maxStackObjects && len(b) >= stackObjectSize; n-- {
			l.objects = append(l.objects, stackObject{int64(int32(binary.LittleEndian.Uint32(b))), int64(int32(binary.LittleEndian.Uint32(b[4:])))})
			b = b[stackObjectSize:]
		}
	}
	return l, l.args.n > 0 || l.locals.n > 0
}

// bitmapAt reads the index-th of a list of maps.
func bitmapAt(b []byte, index int32) bitmap {
	if len(b) < stackMapHeader {
		return bitmap{}
	}
	count, n := int32(binary.LittleEndian.Uint32(b)), int64(int32(binary.LittleEndian.Uint32(b[4:])))
	size := (n + 7) / 8
	at := stackMapHeader + int64(index)*size
	if n <= 0 || index >= count || at+size > int64(len(b)) {
		return bitmap{}
	}
	return bitmap{b[at : at+size], n}
}

func (m bitmap) bit(i int64) (set, covered bool) {
	if i < 0 || i >= m.n {
		return false, false
	}
	return m.bits[i/8]&(1<<(i%8)) != 0, true
}

// Local reports whether the pointer at a distance from the end of the frame's
// locals is alive, and whether that is known.
func (l *Liveness) Local(off int64) (alive, known bool) {
	if off%8 != 0 || off >= 0 || l.isObject(off, func(o int64) bool { return o < 0 }) {
		return false, false
	}
	return l.locals.bit(l.locals.n + off/8)
}

// Argument is the same for a distance from the begin of the arguments.
func (l *Liveness) Argument(off int64) (alive, known bool) {
	if off%8 != 0 || off < 0 || l.isObject(off, func(o int64) bool { return o >= 0 }) {
		return false, false
	}
	return l.args.bit(off / 8)
}

func (l *Liveness) isObject(off int64, side func(int64) bool) bool {
	for _, o := range l.objects {
		if side(o.off) && off >= o.off && off < o.off+o.size {
			return true
		}
	}
	return false
}
