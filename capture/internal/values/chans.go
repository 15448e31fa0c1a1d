package values

import (
	"context"
	"encoding/binary"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// maxWaiters bounds the queue of one channel.
const maxWaiters = 4096

// visitChans reads channels that variables of this wave hold.
func (w *Walker) visitChans(ctx context.Context, list []place) {
	if len(list) == 0 {
		return
	}
	l, err := w.cfg.Types.Channels()
	size := int64(granule)
	if err == nil {
		size = l.Size
	}
	spans := w.spans[:0]
	for i, c := range list {
		if left, ok := w.chans.Get(c.addr); !ok || left < w.left {
			spans = append(spans, span{c.addr, size, i})
		}
	}
	w.spans = spans
	w.reads.each(spans, func(s span, b []byte, readErr error) {
		left, again := w.chans.Get(s.addr)
		if again && left >= w.left {
			return // twice in this list
		}
		w.chans.Set(s.addr, w.left)
		c := chanWalk{w: w, place: list[s.i], l: l, first: !again}
		switch {
		case readErr != nil || s.addr%granule != 0:
			c.stub(mock.Unreadable, "")
		case err != nil:
			c.stub(mock.Unsupported, err.Error())
		case w.stop != mock.Unknown:
			c.stub(w.stop, "")
		case w.queued >= w.lim.Objects:
			c.stub(mock.ObjectLimit, "")
		default:
			w.queued++
			c.visit(b)
		}
		w.watch(ctx)
	})
}

// chanWalk reads one channel.
type chanWalk struct {
	place
	w     *Walker
	l     *types.ChanLayout
	first bool // not seen before in this dump
}

func (c *chanWalk) stub(why mock.Reason, detail string) {
	c.w.stub(model.StubObj{Addr: c.addr, Size: granule, Type: c.typ.ID(), Reason: why, Len: -1, Detail: detail})
}

func (c *chanWalk) visit(h []byte) {
	w, l := c.w, c.l
	if c.typ == nil {
		c.typ = w.channelOf(word(h, l.ElemType))
	}
	var elem *types.Type
	if c.typ != nil {
		elem = c.typ.Elem()
	}
	if elem == nil {
		c.stub(mock.Unsupported, "element type is not known")
		return
	}
	n, size := int64(word(h, l.Count)), int64(word(h, l.Cap))
	recvx := int64(word(h, l.RecvX))
	elemSize := int64(binary.LittleEndian.Uint16(h[l.ElemSize:]))
	if n < 0 || size < n || size > 1<<40 || recvx < 0 || recvx > 0 && recvx >= size || elemSize != elem.Size() {
		c.stub(mock.Corrupt, "channel contradicts itself")
		return
	}
	w.figures.Objects++
	w.figures.Chans++
	c.typ.Emit()
	elem.Emit()
	rec := &model.ChanObj{Addr: c.addr, Type: c.typ.ID(), Len: n, Cap: size, Closed: binary.LittleEndian.Uint32(h[l.Closed:]) != 0, Base: w.synth}
	buf := c.buffered(rec, elem, word(h, l.Buf), recvx)
	if t := word(h, l.Timer); t != 0 {
		rec.When, rec.Period = w.timer(t)
	}
	rec.Recv = c.waiters(word(h, l.RecvQ), elem)
	rec.Send = c.waiters(word(h, l.SendQ), elem)
	if c.first {
		w.synthesize(buf)
		w.cfg.Emit(rec)
		if rec.Reason != mock.Unknown {
			w.lost[rec.Reason]++
		}
	}
	w.scanAll(elem, buf, rec.Count)
}

// buffered copies the elements out of the ring, the next to be received first.
func (c *chanWalk) buffered(rec *model.ChanObj, elem *types.Type, buf uint64, recvx int64) []byte {
	w, size := c.w, elem.Size()
	keep, why := min(rec.Len, w.lim.Elements), mock.ElementLimit
	if n := w.room(size, c.first); n < keep {
		keep, why = n, mock.ByteLimit
	}
	out := make([]byte, keep*size)
	first := min(keep, rec.Cap-recvx) // before the end of the ring
	if len(out) > 0 && (w.reads.read(out[:first*size], buf+uint64(recvx*size)) != nil ||
		keep > first && w.reads.read(out[first*size:], buf) != nil) {
		keep, why, out = 0, mock.Unreadable, nil
	}
	if rec.Count = keep; keep < rec.Len {
		rec.Reason = why
	}
	return out
}

// waiters lists the goroutines in a queue and keeps the elements they hand over.
func (c *chanWalk) waiters(sudog uint64, elem *types.Type) []model.Waiter {
	w, l := c.w, c.l
	var out []model.Waiter
	if int64(len(w.waiter)) < l.SudogSize {
		w.waiter = make([]byte, l.SudogSize)
	}
	b := w.waiter[:l.SudogSize]
	for range maxWaiters {
		if sudog == 0 {
			return out
		}
		if w.reads.read(b, sudog) != nil {
			w.lose(mock.Unreadable)
			return out
		}
		g := word(b, l.SudogG)
		who := w.goroutine(g, l)
		if who == 0 {
			w.lose(mock.Unreadable)
			return out
		}
		at := word(b, l.SudogElem)
		out = append(out, model.Waiter{Goroutine: who, Elem: at})
		if at != 0 && elem.Size() > 0 {
			w.push(at, elem, 1)
		}
		sudog = word(b, l.SudogNext)
	}
	w.lose(mock.ElementLimit)
	return out
}

// goroutine gives the id of the goroutine at g, 0 if it can't be read.
func (w *Walker) goroutine(g uint64, l *types.ChanLayout) model.GoID {
	if w.cfg.Goroutine != nil {
		if id := w.cfg.Goroutine(g); id != 0 {
			return id
		}
	}
	var id [granule]byte
	if w.reads.read(id[:], g+uint64(l.GoID)) != nil {
		return 0
	}
	return model.GoID(word(id[:], 0))
}

// channelOf gives the type of channels whose elements have the type at rtype.
func (w *Walker) channelOf(rtype uint64) *types.Type {
	elem, err := w.cfg.Types.FromRType(rtype)
	if err != nil {
		return nil
	}
	t, err := w.cfg.Types.ChanOf(elem)
	if err != nil {
		return nil
	}
	return t
}

// timer tells when the timer that feeds a channel fires, and how often.
func (w *Walker) timer(addr uint64) (when, period int64) {
	l := w.cfg.Types.Timers()
	var b [64]byte
	if l == nil || l.Size > int64(len(b)) || w.reads.read(b[:l.Size], addr) != nil {
		return 0, 0
	}
	return int64(word(b[:], l.When)), int64(word(b[:], l.Period))
}
