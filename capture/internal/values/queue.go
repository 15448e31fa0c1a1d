package values

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// objectList is a list of objects in pieces of one size, outside the heap: a
// capture of a hundred thousand goroutines queues millions.
type objectList struct {
	pieces [][]object // all but the last are full
}

// pieceObjects is how many objects a piece holds; so many are sorted and read together.
const pieceObjects = 1 << 14

// add appends an object, unless there is no memory for it.
func (w *Walker) add(l *objectList, o object) bool {
	n := len(l.pieces)
	if n == 0 || len(l.pieces[n-1]) == pieceObjects {
		p := w.newPiece()
		if p == nil {
			return false
		}
		l.pieces = append(l.pieces, p)
		n++
	}
	l.pieces[n-1] = append(l.pieces[n-1], o)
	w.waiting++
	return true
}

// newPiece gives an empty piece, nil when there is no more memory.
func (w *Walker) newPiece() []object {
	if n := len(w.spare); n > 0 {
		p := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return p
	}
	b, err := offheap.Make(pieceObjects * int(unsafe.Sizeof(object{})))
	if err != nil {
		return nil
	}
	w.buffers = append(w.buffers, b)
	return unsafe.Slice((*object)(unsafe.Pointer(&b[0])), pieceObjects)[:0]
}

// done gives back a piece that has been worked off.
func (w *Walker) done(piece []object) {
	w.waiting -= len(piece)
	w.spare = append(w.spare, piece[:0])
}

// Waiting is the number of objects that are queued for [Walker.Run].
func (w *Walker) Waiting() int { return w.waiting + w.wave.places() + w.deeper.places() }

// Close releases the walk's memory. It may be called again, but nothing else may.
func (w *Walker) Close() {
	for _, b := range w.buffers {
		offheap.Free(b)
	}
	w.buffers, w.spare = nil, nil
	w.seen.free()
	w.slices.index.Free()
	w.cover.free()
	w.chans.Free()
	w.reads.close()
	w.out.close()
}
