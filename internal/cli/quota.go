package cli

import (
	"errors"
	"io"
)

// quota bounds what one command writes: a dump made to do harm may be a
// thousand million times as long as text.
type quota struct {
	left int64  // bytes; no bound where stop is nil
	stop func() // ends the command
}

// metered is a writer for what commands write.
type metered struct {
	w io.Writer
	q *quota
}

var errTooLong = errors.New("writes more than config max-output allows: ask for a part of it")

// Write implements io.Writer.
func (m metered) Write(p []byte) (int, error) {
	if m.q.stop != nil {
		if m.q.left -= int64(len(p)); m.q.left < 0 {
			m.q.stop()
			return 0, errTooLong
		}
	}
	return m.w.Write(p)
}
