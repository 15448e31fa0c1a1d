package values

import (
	"context"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// visitObjects keeps the bytes of objects and looks through them.
func (w *Walker) visitObjects(ctx context.Context, pieces [][]object) {
	visited := 0
	for _, part := range pieces {
		if w.spans = w.spans[:0]; cap(w.spans) < len(part) {
			w.spans = make([]span, 0, 2*len(part))
		}
		for i := range part {
			if w.stop != mock.Unknown {
				w.refuse(&part[i], w.stop)
				continue
			}
			w.spans = append(w.spans, span{part[i].addr, w.size(&part[i]), i})
		}
		w.reads.each(w.spans, func(s span, b []byte, err error) {
			if visited++; visited%4096 == 0 {
				w.watch(ctx)
			}
			w.visitObject(&part[s.i], b, err)
		})
		w.done(part)
	}
}

// visitObject handles one object; b are the whole words in which it lies.
func (w *Walker) visitObject(o *object, b []byte, err error) {
	if err != nil {
		w.unreadable(o)
		return
	}
	if w.stop != mock.Unknown {
		w.refuse(o, w.stop)
		return
	}
	w.figures.Objects++
	if !o.stored && !w.keep(o.addr&^(granule-1), b) {
		w.refuse(o, mock.ByteLimit)
		return
	}
	if o.follow {
		w.chain = o.chain
		w.scanAll(w.cfg.Types.ByID(o.typ), b[o.addr%granule:], o.n)
		w.chain = 0
	}
}

// keep puts memory in the dump as far as it is not there yet, unless that
// would exceed the budget.
func (w *Walker) keep(addr uint64, b []byte) bool {
	if w.figures.Bytes+int64(len(b)) > w.lim.Bytes && !w.cover.has(addr, addr+uint64(len(b))) {
		return false
	}
	w.cover.add(addr, addr+uint64(len(b)), func(lo, hi uint64) {
		w.figures.Bytes += int64(hi - lo)
		w.out.add(lo, b[lo-addr:hi-addr])
	})
	return true
}

// refuse leaves a stub where an object would have been kept.
func (w *Walker) refuse(o *object, why mock.Reason) {
	if o.stored {
		w.lose(why)
		return
	}
	if o.typ != 0 {
		w.cfg.Types.ByID(o.typ).ID() // notes that a record names it
	}
	w.stub(model.StubObj{Addr: o.addr, Size: w.size(o), Type: o.typ, Reason: why, Len: -1})
}

// unreadable keeps what can be read of an object that lies partly or wholly
// outside the mapped memory.
func (w *Walker) unreadable(o *object) {
	size := uint64(w.size(o))
	if o.stored || size <= granule {
		w.refuse(o, mock.Unreadable)
		return
	}
	lo, end := o.addr, o.addr+size
	var b [pageSize]byte
	for lo < end { // page by page, up to the first that is not there
		from := lo &^ (granule - 1)
		next := min(end, lo&^(pageSize-1)+pageSize)
		part := b[:(next+granule-1)&^(granule-1)-from]
		if w.reads.read(part, from) != nil || !w.keep(from, part) {
			break
		}
		lo = next
	}
	// Elements that are there whole are looked through by themselves.
	unit := size / uint64(o.n)
	there, rest := *o, *o
	there.n = int64((lo - o.addr) / unit)
	rest.n -= there.n
	rest.addr += uint64(there.n) * unit
	if there.n > 0 && o.follow {
		w.add(&w.wave.objects, there)
	}
	w.refuse(&rest, mock.Unreadable)
}
