package dump

import (
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Cause says why the dump exists.
type Cause struct {
	Kind      CauseKind
	Text      string // the value's Error or String, or its formatted basic value
	TextError string // why Text could not be had from the value's method, "" if it was
	TypeName  string // dynamic type of the value given as cause
	Signal    string // for faults: SIGSEGV …
	FaultAddr uint64
	Name      string // of a snapshot
	Lost      bool   // with a damaged part of the file: nothing else is known

	d   *Dump
	rec *model.Cause
}

// Cause says why the dump exists.
func (d *Dump) Cause() Cause {
	c := d.cause
	return Cause{
		Kind: CauseKind(c.Kind), Text: c.Text, TextError: c.TextError, TypeName: c.TypeName,
		Signal: c.Signal, FaultAddr: c.FaultAddr, Name: c.Name, Lost: d.causeLost, d: d, rec: c,
	}
}

// Value is the interface value that was given as the cause; not valid if there is none.
func (c Cause) Value() Value {
	switch {
	case c.Lost:
		return c.d.lost(Type{d: c.d}, mock.Stub{Reason: mock.Damaged, Len: -1})
	case c.d == nil || c.rec.Type == 0:
		return Value{}
	}
	return c.d.At(Type{c.d, c.rec.Type}, c.rec.Addr)
}

// Goroutine is the one that asked for the dump.
func (c Cause) Goroutine() (Goroutine, bool) {
	if c.d == nil {
		return Goroutine{}, false
	}
	return c.d.Asked()
}

// Frame is the culprit: the frame that panicked or, if that is of the standard
// library, its first caller that is not; the one that asked where there was no
// panic. [Panic.Frame] is the frame that panicked in any case.
func (c Cause) Frame() (Frame, bool) {
	if c.d == nil {
		return Frame{}, false
	}
	g, _ := c.Goroutine()
	return g.frameAt(c.rec.Frame)
}

// AskFrame is the frame that asked for the dump.
func (c Cause) AskFrame() (Frame, bool) {
	if c.d == nil {
		return Frame{}, false
	}
	g, _ := c.Goroutine()
	return g.frameAt(c.rec.AskFrame)
}
