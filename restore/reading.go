package restore

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// Reading bounds how much of a dump is decompressed for one command. In a dump
// made to do harm, values that are shown side by side lie in sections that do
// not fit in memory together, so that each has to be read again for each value.
type Reading struct {
	d    *dump.Dump
	from int64
}

// maxReading is what one command may decompress, in bytes: many times what
// shows all variables of a large dump.
const maxReading = 1 << 30

// NewReading begins a command.
func NewReading(d *dump.Dump) *Reading {
	if d == nil {
		return &Reading{}
	}
	return &Reading{d, d.BytesRead()}
}

// Spent reports whether the command has read too much to go on.
func (r *Reading) Spent() bool { return r.d != nil && r.d.BytesRead()-r.from > maxReading }

// StaleMark follows a value that may be an earlier one of its variable.
const StaleMark = "[possibly stale]"

// FormatValue is like the function of that name, within the bound.
func (r *Reading) FormatValue(v dump.Value, cfg LoadConfig) string {
	l := newLoader(cfg)
	l.reading = r
	n := l.load(v, at{})
	return formatNode(&n, "")
}

// stale reports whether the loaded value of a variable may be out of date, or
// what it leads to: an escaped one lies where a pointer of its frame leads.
func (l *loader) stale(v dump.Variable) bool {
	_, absent := v.Value().Stub()
	return !absent && (v.Stale() || (l.followed || v.Escaped()) && mayBeGone(v))
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
	if l.stale(v) {
		text += " " + StaleMark
	}
	return text
}
