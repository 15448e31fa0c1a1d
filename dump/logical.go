package dump

import (
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// An iterator of iter.Pull runs in a goroutine of its own, while the one that
// called next or stop waits for it: two stacks, but one sequence of calls. The
// frames of such a goroutine are followed by those of the one that waits for it.

// Coroutine reports whether it runs an iterator of iter.Pull.
func (g Goroutine) Coroutine() bool { return g.head().flags&model.GoCoroutine != 0 }

// Resumer is the goroutine that waits in iter.Pull's next or stop for this one,
// an iterator that runs; false if none does, or it is not in the dump.
func (g Goroutine) Resumer() (Goroutine, bool) {
	h := g.head()
	if h.resumer == 0 {
		return Goroutine{}, false
	}
	return g.d.Goroutine(GoID(h.resumer))
}

// maxResumers bounds how many goroutines are taken for one stack.
const maxResumers = 1000

// line gives the goroutines whose stacks make up g's: g, its resumer, the
// resumer's … Where they are in a circle, which only a broken dump has, it
// ends, and where one has no frames: what would follow is not its caller. All
// together have no more frames than one stack may have.
func (g Goroutine) line() iter.Seq[Goroutine] {
	return func(yield func(Goroutine) bool) {
		frames := g.NumOwnFrames()
		for n, part := 0, g; n < maxResumers && yield(part); n++ {
			next, ok := part.Resumer()
			if !ok || next == g || next.NumOwnFrames() == 0 {
				return
			}
			if frames += next.NumOwnFrames(); frames > maxFrames {
				return
			}
			part = next
		}
	}
}

// NumOwnFrames counts the frames on the goroutine's own stack, which are the
// first of its frames.
func (g Goroutine) NumOwnFrames() int { return g.stack().logical() }

// NumFrames counts its frames; calls that were inlined count, and so do the
// frames of its [Goroutine.Resumer].
func (g Goroutine) NumFrames() int {
	n := 0
	if g.head().resumer == 0 {
		return g.NumOwnFrames()
	}
	for part := range g.line() {
		n += part.NumOwnFrames()
	}
	return n
}

// Frames lists its frames, innermost first, and then those of its
// [Goroutine.Resumer]: [Frame.Goroutine] tells whose they are.
func (g Goroutine) Frames() iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		shift := int32(0)
		for part := range g.line() {
			n := int32(part.NumOwnFrames())
			for i := range n {
				if !yield(Frame{g.d, part.row, i, shift}) {
					return
				}
			}
			shift += n
		}
	}
}

// Frame gives the frame with index i, 0 being the innermost.
func (g Goroutine) Frame(i int) (Frame, bool) {
	if i < 0 {
		return Frame{}, false
	}
	if i < g.NumOwnFrames() {
		return Frame{g.d, g.row, int32(i), 0}, true
	}
	shift := 0
	for part := range g.line() {
		n := part.NumOwnFrames()
		if i-shift < n {
			return Frame{g.d, part.row, int32(i - shift), int32(shift)}, true
		}
		shift += n
	}
	return Frame{}, false
}

// New reports whether it has not run yet: it has no frames.
func (g Goroutine) New() bool { return g.head().flags&model.GoNew != 0 }

// Started is what a goroutine that has not run yet will call, with what that
// captured, the arguments of its go statement among them; false for others, and
// where the dump does not know it.
func (g Goroutine) Started() (FuncValue, bool) {
	if !g.New() {
		return FuncValue{}, false
	}
	return g.d.funcValue(g.rec().Closure)
}

// OnSystemStack reports whether it was running on its thread's system stack:
// its own is as it was when it went there.
func (g Goroutine) OnSystemStack() bool { return g.head().flags&model.GoSystemStack != 0 }
