package values

import (
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// stubKey tells stubs apart: what is absent as two types has two.
type stubKey struct {
	addr uint64
	typ  model.TypeID
}

// maxStubs bounds the stubs of one dump; those beyond it are only counted.
const maxStubs = 1 << 18

// stub notes that a range is not in the dump. Stubs go out when the walk ends,
// since what is out of reach of one variable may be reached from another.
func (w *Walker) stub(s model.StubObj) {
	s.Size = max(s.Size, 1)
	if s.Addr+uint64(s.Size) < s.Addr {
		s.Size = 1
		if s.Addr+1 == 0 {
			return
		}
	}
	k := stubKey{s.Addr, s.Type}
	old, dup := w.stubs[k]
	switch {
	case dup && old.Size >= s.Size:
		return
	case !dup && len(w.stubs) >= maxStubs:
		w.lose(s.Reason)
		return
	}
	s.Len = max(s.Len, -1)
	w.stubs[k] = s
}

// corrupt notes a value that contradicts itself: nothing of it is kept.
func (w *Walker) corrupt(addr uint64, t *types.Type, n int64, what string) {
	w.stub(model.StubObj{Addr: addr, Size: 1, Type: t.ID(), Reason: mock.Corrupt, Len: max(n, -1), Detail: what})
}

// lose counts what has neither value nor stub.
func (w *Walker) lose(why mock.Reason) { w.lost[why]++ }

// emitStubs emits the stubs of what the dump does not have after all.
func (w *Walker) emitStubs() {
	list := make([]model.StubObj, 0, len(w.stubs))
	for _, s := range w.stubs {
		switch s.Reason {
		case mock.Corrupt: // about the value, whatever lies at the address
		default:
			if s.Size <= maxObject && w.cover.has(s.Addr, s.Addr+uint64(s.Size)) {
				continue
			}
		}
		list = append(list, s)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := &list[i], &list[j]
		return a.Addr < b.Addr || a.Addr == b.Addr && a.Type < b.Type
	})
	for i := range list {
		w.lost[list[i].Reason]++
		w.figures.Stubs++
		w.cfg.Emit(&list[i])
	}
	clear(w.stubs)
}

// losses sums up by reason.
func (w *Walker) losses() []model.Loss {
	var out []model.Loss
	if w.seen.full > 0 {
		w.lost[mock.ByteLimit] += w.seen.full
	}
	for why, n := range w.lost {
		out = append(out, model.Loss{Area: "values", Reason: why, Count: n})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Reason < out[j].Reason })
	return out
}
