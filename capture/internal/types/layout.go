package types

import (
	"errors"

	"github.com/gopostmortem/postmortem/internal/model"
)

// structLayout is where the fields of one of the runtime's structs lie.
type structLayout struct {
	size   int64
	fields map[string]Field
}

// structLayout finds a struct of the runtime in DWARF; nil if it is not there.
func (ts *Types) structLayout(name string) *structLayout {
	if l, ok := ts.layouts[name]; ok {
		return l
	}
	ts.layouts[name] = nil
	own := ts.sources[0]
	if own.reader == nil {
		return nil
	}
	off, err := own.image.RuntimeType(name)
	if err != nil {
		return nil
	}
	t, err := ts.fromDWARF(own, off)
	if err != nil {
		return nil
	}
	l := layoutOf(t)
	ts.layouts[name] = l
	return l
}

func layoutOf(t *Type) *structLayout {
	if t == nil || t.Kind() != model.KindStruct || t.Err() != nil {
		return nil
	}
	l := &structLayout{size: t.Size(), fields: make(map[string]Field)}
	for _, f := range t.Fields() {
		l.fields[f.Name] = f
	}
	return l
}

// offset gives the offset of a field that is size bytes long.
func (l *structLayout) offset(name string, size int64) (int64, bool) {
	f, ok := l.fields[name]
	return f.Offset, ok && f.Type.Size() == size
}

// place is one field that a layout must have.
type place struct {
	name string
	size int64
	to   *int64
}

// fill looks places up and reports whether all are there.
func (l *structLayout) fill(places ...place) bool {
	for _, p := range places {
		off, ok := l.offset(p.name, p.size)
		if !ok {
			return false
		}
		*p.to = off
	}
	return true
}

// ErrLayout says that the runtime's own structs are not as this version knows them.
var ErrLayout = errors.New("types: unknown layout of the runtime")

// ChanLayout is where the runtime keeps the state of a channel.
type ChanLayout struct {
	Size                                                   int64 // of runtime.hchan, as far as it is read
	Count, Cap, Buf, ElemSize, Closed, RecvX, RecvQ, SendQ int64
	SudogSize                                              int64 // of runtime.sudog, as far as it is read
	SudogG, SudogNext, SudogElem                           int64
	GoID                                                   int64 // in runtime.g
	Timer, ElemType                                        int64
}

// TimerLayout is where the runtime keeps the times of a timer.
type TimerLayout struct{ Size, When, Period int64 }

// Timers gives the layout of timers; nil where it is not known.
func (ts *Types) Timers() *TimerLayout {
	s := ts.structLayout("runtime.timer")
	l := new(TimerLayout)
	if s == nil || !s.fill(place{"when", 8, &l.When}, place{"period", 8, &l.Period}) {
		return nil
	}
	l.Size = max(l.When, l.Period) + 8
	return l
}

// Channels gives the layout of channels: from DWARF, or where the program has
// none as it is from Go 1.25 to 1.27.
func (ts *Types) Channels() (*ChanLayout, error) {
	l := &ChanLayout{
		Size: 96, Count: 0, Cap: 8, Buf: 16, ElemSize: 24, Closed: 28, RecvX: 56, RecvQ: 64, SendQ: 80,
		Timer: 32, ElemType: 40, SudogSize: 32, SudogG: 0, SudogNext: 8, SudogElem: 24, GoID: 152,
	}
	if ts.sources[0].reader == nil {
		if ts.minor < 25 || ts.minor > 27 {
			return nil, ErrLayout
		}
		if ts.minor > 25 { // a pair of words; the second is the truth
			l.SudogElem, l.SudogSize = 32, 40
		}
		return l, nil
	}
	h, s, g := ts.structLayout("runtime.hchan"), ts.structLayout("runtime.sudog"), ts.structLayout("runtime.g")
	if h == nil || s == nil || g == nil || h.size > maxGroup || s.size > maxGroup {
		return nil, ErrLayout
	}
	ok := h.fill(place{"qcount", 8, &l.Count}, place{"dataqsiz", 8, &l.Cap}, place{"buf", 8, &l.Buf}, place{"elemsize", 2, &l.ElemSize},
		place{"closed", 4, &l.Closed}, place{"timer", 8, &l.Timer}, place{"elemtype", 8, &l.ElemType}, place{"recvx", 8, &l.RecvX}, place{"recvq", 16, &l.RecvQ}, place{"sendq", 16, &l.SendQ}) &&
		s.fill(place{"g", 8, &l.SudogG}, place{"next", 8, &l.SudogNext}) && g.fill(place{"goid", 8, &l.GoID})
	elem, has := s.fields["elem"]
	if !ok || !has {
		return nil, ErrLayout
	}
	l.SudogElem = elem.Offset
	if pair := layoutOf(elem.Type); pair != nil { // from Go 1.26 on
		vu, ok := pair.offset("vu", 8)
		if !ok {
			return nil, ErrLayout
		}
		l.SudogElem += vu
	}
	l.Size = max(l.RecvQ, l.SendQ) + 16
	l.SudogSize = max(l.SudogG, l.SudogNext, l.SudogElem) + 8
	return l, nil
}
