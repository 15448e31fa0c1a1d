package dump

import (
	"fmt"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
)

// objects are the side tables, by address: what the image's bytes mean where
// only the runtime would know.
type objects struct {
	maps  map[uint64]*model.MapObj
	chans map[uint64]*model.ChanObj
	funcs map[uint64]*model.FuncObj
	stubs stubIndex
}

func (d *Dump) objects() *objects {
	d.objsOnce.Do(func() {
		o := &objects{
			maps:  make(map[uint64]*model.MapObj),
			chans: make(map[uint64]*model.ChanObj),
			funcs: make(map[uint64]*model.FuncObj),
		}
		var stubs []model.StubObj
		room := d.budget.share()
		d.each(groupObjects, func(_ int, rec any) error {
			if _, ok := rec.(*model.TypeWord); ok {
				return nil
			}
			if err := room.take(objectWeight(rec)); err != nil {
				return err
			}
			if s, ok := rec.(*model.StubObj); ok {
				stubs = append(stubs, *s)
				return nil
			}
			return o.add(rec)
		})
		o.stubs = indexStubs(stubs)
		d.objs = o
	})
	return d.objs
}

// typeWords tell the types behind the first words of interfaces. They are few,
// and most values need nothing else of the side tables.
func (d *Dump) typeWords() map[uint64]model.TypeID {
	d.wordsOnce.Do(func() {
		words := make(map[uint64]model.TypeID)
		room := d.budget.share()
		d.decode(groupObjects, d.store.typeWords, func(_ int, rec any) error {
			if err := room.take(entryWeight); err != nil {
				return err
			}
			w, ok := rec.(*model.TypeWord)
			if ok && !enter(words, w.Addr, w.Type) {
				return errTwice
			}
			return nil
		})
		d.words = words
	})
	return d.words
}

// errTwice says that of two records of a kind one cannot be found.
var errTwice = fmt.Errorf("%w: two objects of a kind at one address", ErrMalformed)

// add enters a record; of two at one address the first counts.
func (o *objects) add(rec any) error {
	twice := false
	switch r := rec.(type) {
	case *model.MapObj:
		twice = !enter(o.maps, r.Addr, r)
	case *model.ChanObj:
		twice = !enter(o.chans, r.Addr, r)
	case *model.FuncObj:
		twice = !enter(o.funcs, r.Addr, r)
	}
	if twice {
		return errTwice
	}
	return nil
}

// enter adds to a table what is not in it yet.
func enter[K comparable, T any](m map[K]T, key K, v T) bool {
	if _, dup := m[key]; dup {
		return false
	}
	m[key] = v
	return true
}

// entryWeight estimates what an entry takes in the map that finds a record.
const entryWeight = 40

// objectWeight estimates what a side table's record takes in memory.
func objectWeight(rec any) int64 {
	switch r := rec.(type) {
	case *model.MapObj:
		return int64(unsafe.Sizeof(*r)) + entryWeight
	case *model.ChanObj:
		return int64(unsafe.Sizeof(*r)) + entryWeight + int64(len(r.Recv)+len(r.Send))*int64(unsafe.Sizeof(model.Waiter{}))
	case *model.FuncObj:
		return int64(unsafe.Sizeof(*r)) + entryWeight
	case *model.StubObj:
		// Two ends and two segments in the index besides the record.
		return int64(unsafe.Sizeof(*r)) + int64(len(r.Detail)) + 4*16
	}
	return 0
}
