package dump

import (
	"iter"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

// GoID is the runtime's number of a goroutine.
type GoID uint64

// Goroutine is one goroutine at the freeze. The zero Goroutine is not valid.
type Goroutine struct {
	d   *Dump
	row int32 // in the table of goroutines
}

// Goroutines lists the goroutines: the one that asked for the dump first, then by number.
func (d *Dump) Goroutines() iter.Seq[Goroutine] {
	return func(yield func(Goroutine) bool) {
		for _, row := range d.goOrder() {
			if !yield(Goroutine{d, row}) {
				return
			}
		}
	}
}

// NumGoroutines counts the goroutines in the dump. [Meta] tells how many the process had.
func (d *Dump) NumGoroutines() int { return len(d.goOrder()) }

// Goroutine finds a goroutine by number.
func (d *Dump) Goroutine(id GoID) (Goroutine, bool) {
	row, ok := d.goByID(model.GoID(id))
	if !ok {
		return Goroutine{}, false
	}
	return Goroutine{d, row}, true
}

// Asked is the goroutine that asked for the dump.
func (d *Dump) Asked() (Goroutine, bool) {
	return d.Goroutine(GoID(d.cause.Goroutine))
}

// head gives what is kept of every goroutine, or zeros.
func (g Goroutine) head() *goHead {
	if g.d != nil {
		if h := g.d.goHead(g.row); h != nil {
			return h
		}
	}
	return &noGoHead
}

// rec reads the whole record, or gives one of zeros.
func (g Goroutine) rec() *model.Goroutine {
	if g.d != nil {
		if r := g.d.goRecord(g.row); r != nil {
			return r
		}
	}
	return &noGoroutine
}

var (
	noGoHead    goHead
	noGoroutine model.Goroutine
)

// Valid reports whether g is a goroutine of a dump.
func (g Goroutine) Valid() bool { return g.head() != &noGoHead }

// ID is the goroutine's number.
func (g Goroutine) ID() GoID { return GoID(g.head().id) }

// Status is what it was doing.
func (g Goroutine) Status() Status { return Status(g.head().status) }

// WaitReason is the runtime's word for what it waited for, "" if it was not waiting.
func (g Goroutine) WaitReason() string { return g.head().waitReason }

// WaitTime is for how long it had been waiting at least: the runtime's clock
// starts at the first garbage collection of the wait. It is false until then.
func (g Goroutine) WaitTime() (time.Duration, bool) {
	since := g.head().waitSince
	if since <= 0 || g.d.meta.Monotonic < since {
		return 0, false
	}
	return time.Duration(g.d.meta.Monotonic - since), true
}

// Parent is the goroutine that started it, 0 if there is none.
func (g Goroutine) Parent() GoID { return GoID(g.head().parent) }

// Created is the place of the go statement that started it; zero if unknown.
func (g Goroutine) Created() Location {
	if h := g.head(); h.created != 0 {
		return g.d.location(h.created)
	}
	return Location{}
}

// Start is the function that the go statement called.
func (g Goroutine) Start() (Function, bool) {
	f := Function{g.d, g.head().start}
	return f, f.Valid()
}

// Labels are the goroutine's pprof labels.
func (g Goroutine) Labels() []KV { return kvsOf(g.rec().Labels) }

// Thread is the number of the OS thread it ran on or was locked to, 0 if there was none.
func (g Goroutine) Thread() int64 { return g.head().thread }

// Locked reports whether it was locked to its thread.
func (g Goroutine) Locked() bool { return g.head().flags&model.GoLocked != 0 }

// System reports whether the runtime started it for itself.
func (g Goroutine) System() bool { return g.head().flags&model.GoSystem != 0 }

// Asked reports whether it asked for the dump.
func (g Goroutine) Asked() bool { return g.head().flags&model.GoAsked != 0 }

// InC reports whether it was in a cgo call.
func (g Goroutine) InC() bool { return g.head().flags&model.GoInC != 0 }

// Dumper reports whether it belongs to the capture itself.
func (g Goroutine) Dumper() bool { return g.head().flags&model.GoDumper != 0 }

// AsyncPreempted reports whether it was stopped at an arbitrary instruction.
func (g Goroutine) AsyncPreempted() bool { return g.head().flags&model.GoAsyncPreempted != 0 }

// StackBounds is the range of addresses that its stack has.
func (g Goroutine) StackBounds() (lo, hi uint64) { h := g.head(); return h.stackLo, h.stackHi }

// StackID is equal for goroutines whose stacks are equal, frame for frame.
func (g Goroutine) StackID() uint64 { return uint64(g.head().stack) }

// Errors tells what went wrong while the goroutine was captured.
func (g Goroutine) Errors() []string { return g.rec().Errors }

// Elided tells how many physical frames the capture left out, and before
// which of its own frames they belong.
func (g Goroutine) Elided() (before, n int) {
	s := g.stack()
	if s == nil || s.rec.Elided <= 0 {
		return 0, 0
	}
	return s.firstLogical(s.rec.ElidedAt), int(s.rec.Elided)
}

// stack is the goroutine's stack; nil, which has no frames, if there is none.
func (g Goroutine) stack() *stackTable {
	if g.d == nil {
		return nil
	}
	return g.d.stackTable(g.head().stack)
}
