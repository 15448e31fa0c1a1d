package dump

import (
	"sort"

	"github.com/gopostmortem/postmortem/internal/model"
)

// stackTable is a stack with what is needed to find a logical frame, and a
// byte, in it. A nil stackTable has no frames.
type stackTable struct {
	rec     *model.Stack
	last    []int32 // logical frames up to and including each physical one
	spanOff []int64 // where each span begins in a goroutine's Image
}

// maxFrames bounds the logical frames of a stack; those beyond are not shown.
const maxFrames = 1 << 20

// count fills the tables in, once all locations are known. A frame whose
// location is unknown counts as one.
func (s *stackTable) count(defs *definitions) {
	n := 0
	s.last = make([]int32, 0, len(s.rec.Frames))
	for _, f := range s.rec.Frames {
		frames := 1
		if loc := defs.locs[f.Loc]; loc != nil {
			frames = max(1, len(loc.Frames))
		}
		if n+frames > maxFrames {
			break
		}
		n += frames
		s.last = append(s.last, int32(n))
	}
	var off int64
	for _, sp := range s.rec.Spans {
		if sp.Len < 0 || off+sp.Len < off {
			break // this span and those behind it cannot be found
		}
		s.spanOff = append(s.spanOff, off)
		off += sp.Len
	}
}

// logical is the number of logical frames.
func (s *stackTable) logical() int {
	if s == nil || len(s.last) == 0 {
		return 0
	}
	return int(s.last[len(s.last)-1])
}

// locate finds logical frame i: its physical frame, -1 if there is none, and
// its index among the frames of that one's location.
func (s *stackTable) locate(i int) (phys, inLoc int) {
	if i < 0 || i >= s.logical() {
		return -1, 0
	}
	phys = sort.Search(len(s.last), func(p int) bool { return int(s.last[p]) > i })
	return phys, i - s.firstLogical(int64(phys))
}

// firstLogical is the number of logical frames before physical frame phys.
func (s *stackTable) firstLogical(phys int64) int {
	if phys <= 0 || s.logical() == 0 {
		return 0
	}
	return int(s.last[min(phys, int64(len(s.last)))-1])
}

// spans gives the spans that the image can have, with their place in it.
func (s *stackTable) spans() ([]model.Span, []int64) {
	if s == nil {
		return nil, nil
	}
	return s.rec.Spans[:len(s.spanOff)], s.spanOff
}
