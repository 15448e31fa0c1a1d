package dump

import (
	"sync"

	"github.com/gopostmortem/postmortem/internal/model"
)

// inlineBytes finds the bytes of a frame's registers. Where there are many, a
// table is made for the goroutine that was asked for last: a dump may have as
// many of them as variables that lie in them.
type inlineBytes struct {
	mu      sync.Mutex
	rec     *model.Goroutine
	byFrame map[int64][]byte
}

// fewInline are looked through as fast as a table.
const fewInline = 32

// of gives the bytes of a physical frame; nil if there are none.
func (x *inlineBytes) of(rec *model.Goroutine, phys int64) (found []byte) {
	if len(rec.Inline) <= fewInline {
		for _, in := range rec.Inline {
			if in.Frame == phys {
				found = in.Bytes
			}
		}
		return found
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.rec != rec {
		x.rec, x.byFrame = rec, make(map[int64][]byte, len(rec.Inline))
		for _, in := range rec.Inline {
			x.byFrame[in.Frame] = in.Bytes
		}
	}
	return x.byFrame[phys]
}
