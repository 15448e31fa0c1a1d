package dump

import (
	"fmt"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// losses are those of a value's bytes that the dump does not have.
type losses struct {
	lost   []model.Span // ascending
	reason mock.Reason
}

// heldInPart is like Held, but the lost parts of data mean nothing.
func (d *Dump) heldInPart(t Type, data []byte, lost []model.Span, reason mock.Reason) Value {
	if len(lost) == 1 && lost[0].Off <= 0 && lost[0].Len >= int64(len(data)) && len(data) > 0 {
		return d.lost(t, mock.Stub{Reason: reason, Len: -1})
	}
	v := d.Held(t, data)
	if len(lost) > 0 {
		v.held.lost = losses{lost, reason}
	}
	return v
}

// within reports whether a part of n bytes at off is lost.
func (p losses) within(off, n int64) bool {
	for _, l := range p.lost {
		if l.Off < off+n && off < l.Off+l.Len {
			return true
		}
	}
	return false
}

// cut gives what is lost of n bytes at off, relative to them.
func (p losses) cut(off, n int64) (out []model.Span) {
	for _, l := range p.lost {
		lo, hi := max(l.Off, off), min(l.Off+l.Len, off+n)
		if lo < hi {
			out = append(out, model.Span{Off: lo - off, Len: hi - lo})
		}
	}
	return out
}

// kept counts the elements of a size that come before the first lost part.
func (p losses) kept(size, n int64) int64 {
	if len(p.lost) == 0 || size <= 0 {
		return n
	}
	return min(n, p.lost[0].Off/size)
}

// broken is the stub for a value of which a part is lost, with what the rest tells.
func (v Value) broken() mock.Stub {
	t := v.Type()
	s := mock.Stub{Reason: v.held.lost.reason, Type: t.Name(), Len: -1}
	switch t.Kind() {
	case KindString, KindSlice:
		if n, ok := v.word(wordSize); ok && int64(n) >= 0 {
			s.Len = int64(n)
		}
		if p, ok := v.word(0); ok {
			s.Detail = fmt.Sprintf("its bytes lie at %#x", p)
			if t.Kind() == KindSlice {
				s.Detail = fmt.Sprintf("its elements lie at %#x", p)
			}
		}
	case KindInterface:
		if typ, ok := v.Dynamic(); ok {
			s.Detail = "of type " + typ.Name()
		}
	}
	return s
}
