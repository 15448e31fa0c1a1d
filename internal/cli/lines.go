package cli

import (
	"context"
	"errors"

	"github.com/gopostmortem/postmortem/restore"
)

// errTooMuch ends a list for which the same parts of the dump have to be read
// again and again.
var errTooMuch = errors.New("takes too much reading: ask for a part of it")

// lines bounds a list on a terminal, where nobody reads a hundred thousand lines.
type lines struct {
	ctx     context.Context
	out     *screen
	reading *restore.Reading
	limit   int // 0: none
	written int
	cut     bool
}

func (c *call) lines() *lines {
	l := &lines{ctx: c.ctx, out: c.out, reading: c.reading}
	if c.terminal {
		l.limit = c.conf.maxLines
	}
	return l
}

// next reports whether one more line may be written.
func (l *lines) next() bool {
	if l.ctx.Err() != nil || l.reading.Spent() {
		return false
	}
	if l.limit > 0 && l.written >= l.limit {
		l.cut = true
		return false
	}
	l.written++
	return true
}

// end says that lines are missing.
func (l *lines) end() error {
	if l.ctx.Err() != nil {
		return errInterrupted
	}
	if l.reading.Spent() {
		return errTooMuch
	}
	if l.cut {
		l.out.printf("(cut after %d lines: give a filter, or config max-list-lines 0)\n", l.limit)
	}
	return nil
}
