package values

import (
	"context"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// visitObjects keeps the bytes of objects and looks through them.
func (w *Walker) visitObjects(ctx context.Context, list []object) {
	if len(list) == 0 {
		return
	}
	spans := make([]span, 0, len(list))
	for i := range list {
		if w.stop != mock.Unknown {
			w.refuse(&list[i], w.stop)
			continue
		}
		spans = append(spans, span{list[i].addr, list[i].size(), i})
	}
	visited := 0
	w.reads.each(spans, func(s span, b []byte, err error) {
		if visited++; visited%4096 == 0 {
			w.watch(ctx)
		}
		w.visitObject(&list[s.i], b, err)
	})
}

// visitObject handles one object; b are the whole words in which it lies.
func (w *Walker) visitObject(o *object, b []byte, err error) {
	if err != nil {
		w.unreadable(o)
		return
	}
	if w.figures.Objects >= w.lim.Objects {
		w.stop = mock.ObjectLimit
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
		w.scanAll(o.typ, b[o.addr%granule:], o.n)
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
	s := model.StubObj{Addr: o.addr, Size: o.size(), Reason: why, Len: -1}
	if o.typ != nil {
		s.Type = o.typ.ID()
	}
	w.stub(s)
}

// unreadable keeps what can be read of an object that lies partly or wholly
// outside the mapped memory.
func (w *Walker) unreadable(o *object) {
	if o.stored || o.size() <= granule {
		w.refuse(o, mock.Unreadable)
		return
	}
	lo := o.addr
	end := o.addr + uint64(o.size())
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
	rest := *o
	if lo > o.addr && o.typ != nil && (lo-o.addr)/uint64(o.typ.Size()) > 0 {
		whole := *o // elements that are there are looked through again by themselves
		whole.n = int64((lo - o.addr) / uint64(o.typ.Size()))
		w.wave.objects = append(w.wave.objects, whole)
		rest.addr, rest.n = o.addr+uint64(whole.size()), o.n-whole.n
	} else if o.typ == nil {
		rest.addr, rest.n = lo, o.n-int64(lo-o.addr)
	}
	w.refuse(&rest, mock.Unreadable)
}
