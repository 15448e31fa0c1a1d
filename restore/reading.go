package restore

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// Reading bounds how much of a dump is decompressed for one command. In a dump
// made to do harm, values that are shown side by side lie in sections that do
// not fit in memory together, so that each has to be read again for each value.
//
// It bounds as well what is searched to tell how the program's code writes what
// goroutines wait for: a dump may have very many of them with very many values each.
type Reading struct {
	d        *dump.Dump
	from     int64
	searched int64 // values
	walked   int64 // frames and variables
}

// maxReading is what one command may decompress, in bytes: many times what
// shows all variables of a large dump.
const maxReading = 1 << 30

// What one command may look at in search of names. A goroutine takes some 200
// values on average.
const (
	searching     = 1 << 20 // values
	searchingEach = 1000    // for each goroutine of the dump
)

// How many frames and variables one command may look at that it does not show:
// those that rules or the compiler hide, or that lie beyond what it shows. Many goroutines
// of a dump may share one stack with very many.
const (
	walking     = 1 << 22
	walkingEach = 100 // for each goroutine of the dump
)

// NewReading begins a command.
func NewReading(d *dump.Dump) *Reading {
	if d == nil {
		return &Reading{}
	}
	return &Reading{d: d, from: d.BytesRead()}
}

// Spent reports whether the command has read too much to go on.
func (r *Reading) Spent() bool {
	return r.d != nil && (r.d.BytesRead()-r.from > maxReading || r.Lost())
}

// Walk counts frames, or variables, that the command looks at.
func (r *Reading) Walk(n int) { r.walked += int64(n) }

// Lost reports whether the command has looked at too many of them to go on.
func (r *Reading) Lost() bool {
	return r.d != nil && r.walked > walking && r.walked > walking+walkingEach*int64(r.d.NumGoroutines())
}

// search takes n values from those that the command may look at; false if none are left.
func (r *Reading) search(n int) bool {
	r.searched += int64(n)
	return !r.Unsearched()
}

// Unsearched reports whether the command has looked at so many values that
// names, contexts and the states of channels are left out from here on.
func (r *Reading) Unsearched() bool {
	return r.d != nil && r.searched > searching && r.searched > searching+searchingEach*int64(r.d.NumGoroutines())
}

// StaleMark follows a value that may be an earlier one of its variable.
const StaleMark = "[possibly stale]"

// FormatValue is like the function of that name, within the bound.
func (r *Reading) FormatValue(v dump.Value, cfg LoadConfig) string {
	l := newLoader(cfg)
	l.reading = r
	n := l.load(v, at{})
	return formatNode(&n, "")
}

// outOfDate reports whether what is shown of a variable may be out of date: its own
// value, or, where that is followed, what it leads to. An escaped one lies where
// a pointer of its frame leads.
func outOfDate(v dump.Variable, followed bool) bool {
	_, absent := v.Value().Stub()
	return !absent && (v.Stale() || (followed || v.Escaped()) && mayBeGone(v))
}

// FormatVariable is like the function of that name, within the bound.
func (r *Reading) FormatVariable(v dump.Variable, cfg LoadConfig) string {
	name := Printable(v.Name())
	if v.Shadowed() {
		name = "(" + name + ")"
	}
	return name + " = " + r.variableValue(v, cfg)
}

func (r *Reading) variableValue(v dump.Variable, cfg LoadConfig) string {
	value := v.Value()
	if !value.Valid() {
		return Printable(stubText(mock.Stub{Len: -1}, v.Type().Name(), 0))
	}
	l := newLoader(cfg)
	l.reading = r
	n := l.load(value, at{})
	text := formatNode(&n, "")
	if outOfDate(v, l.followed) {
		text += " " + StaleMark
	}
	return text
}
