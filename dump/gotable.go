package dump

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
)

// goHead is what is kept in memory of every goroutine.
type goHead struct {
	id, parent       model.GoID
	resumer          model.GoID
	waitReason       string
	waitSince        int64
	thread           int64
	stackLo, stackHi uint64
	base             uint64
	flags            uint32
	created          model.LocID
	start            model.FuncID
	stack            model.StackID
	sec, index       int32 // of the whole record: section, and place in it
	status           model.Status
}

// goTable lists the goroutines of a dump. It is made by one pass over the
// goroutine sections, which are not kept.
type goTable struct {
	rows  [][]goHead // in the order of the file, in pieces that are never moved
	n     int
	order []int32 // the one that asked first, then by number
	byID  []int32 // rows by number
}

func (d *Dump) goTable() *goTable {
	d.gosOnce.Do(func() {
		room := d.budget.share()
		t := &goTable{}
		reasons := make(map[string]string)
		sec, index := -1, int32(0)
		d.eachHead(groupGoroutines, func(i int, rec any) error {
			g, ok := rec.(*model.Goroutine)
			if !ok {
				return nil
			}
			if i != sec {
				sec, index = i, 0
			}
			head := headOf(g, reasons)
			head.sec, head.index = int32(i), index
			index++
			const weight = int64(unsafe.Sizeof(goHead{})) + 2*4
			if err := room.take(weight); err != nil {
				return err
			}
			t.add(head)
			return nil
		})
		t.sort(d.cause.Goroutine)
		d.gos = t
	})
	return d.gos
}

// piece is how many goroutines a piece of the table has.
const piece = 1 << 10

func (t *goTable) add(h goHead) {
	if t.n%piece == 0 {
		t.rows = append(t.rows, make([]goHead, 0, piece))
	}
	last := &t.rows[len(t.rows)-1]
	*last = append(*last, h)
	t.n++
}

func (t *goTable) at(row int32) *goHead { return &t.rows[row/piece][row%piece] }

// maxReasons bounds how many different wait reasons are kept.
const maxReasons = 1000

func headOf(g *model.Goroutine, reasons map[string]string) goHead {
	reason, ok := reasons[g.WaitReason]
	if !ok && len(reasons) < maxReasons {
		reason = g.WaitReason[:min(len(g.WaitReason), 200)]
		reasons[g.WaitReason[:len(reason)]] = reason
	}
	return goHead{
		id: g.ID, parent: g.Parent, resumer: g.Resumer, waitReason: reason, waitSince: g.WaitSince, thread: g.Thread,
		stackLo: g.StackLo, stackHi: g.StackHi, base: g.Base,
		flags: uint32(g.Flags), created: g.Created, start: g.Start, stack: g.Stack, status: g.Status,
	}
}

func (t *goTable) sort(first model.GoID) {
	t.byID = make([]int32, t.n)
	for i := range t.byID {
		t.byID[i] = int32(i)
	}
	slices.SortStableFunc(t.byID, func(a, b int32) int { return cmp.Compare(t.at(a).id, t.at(b).id) })
	t.order = t.byID
	if at, ok := t.find(first); ok && at > 0 {
		t.order = make([]int32, 0, len(t.byID))
		t.order = append(t.order, t.byID[at])
		t.order = append(t.order, t.byID[:at]...)
		t.order = append(t.order, t.byID[at+1:]...)
	}
}

// find gives the place of a goroutine in byID.
func (t *goTable) find(id model.GoID) (int, bool) {
	return slices.BinarySearchFunc(t.byID, id, func(row int32, id model.GoID) int {
		return cmp.Compare(t.at(row).id, id)
	})
}

func (d *Dump) goOrder() []int32 { return d.goTable().order }

func (d *Dump) goByID(id model.GoID) (int32, bool) {
	t := d.goTable()
	at, ok := t.find(id)
	if !ok {
		return 0, false
	}
	return t.byID[at], true
}

func (d *Dump) goHead(row int32) *goHead {
	t := d.goTable()
	if row < 0 || int(row) >= t.n {
		return nil
	}
	return t.at(row)
}

// goRecord reads the whole record of a goroutine.
func (d *Dump) goRecord(row int32) *model.Goroutine {
	head := d.goHead(row)
	if head == nil {
		return nil
	}
	recs := d.goCache.get(int(head.sec))
	if int(head.index) >= len(recs) {
		return nil
	}
	return recs[head.index]
}

// loadGoroutines reads the whole records of a section; without the images
// where these are broken.
func (d *Dump) loadGoroutines(sec int) ([]*model.Goroutine, int64) {
	s := d.store.section(sec)
	out, weight, err := collectGoroutines(d.store.records, sec, d.largest)
	if err != nil {
		d.noteDamage(sectionError(s, err))
		heads, headWeight, _ := collectGoroutines(d.store.heads, sec, d.largest)
		if len(heads) > len(out) {
			heads = append(out, heads[len(out):]...)
			out, weight = heads, weight+headWeight
		}
	}
	return out, weight + s.raw
}

func collectGoroutines(read func(int, func(any) error) error, sec int, limit int64) ([]*model.Goroutine, int64, error) {
	var out []*model.Goroutine
	var weight int64
	err := read(sec, func(rec any) error {
		g, ok := rec.(*model.Goroutine)
		if !ok {
			return nil
		}
		if weight += goWeight(g); weight > limit {
			return ErrLimit
		}
		out = append(out, g)
		return nil
	})
	return out, weight, err
}

// goWeight estimates what a goroutine's record takes in memory, apart from
// the bytes that are its section's.
func goWeight(g *model.Goroutine) int64 {
	n := int64(unsafe.Sizeof(*g))
	n += int64(len(g.Inline)) * int64(unsafe.Sizeof(model.FrameInline{}))
	for _, l := range g.Labels {
		n += int64(unsafe.Sizeof(l)) + int64(len(l.Key)+len(l.Value))
	}
	for _, e := range g.Errors {
		n += 16 + int64(len(e))
	}
	n += int64(len(g.Defers))*int64(unsafe.Sizeof(model.Defer{})) +
		int64(len(g.Panics))*int64(unsafe.Sizeof(model.Panic{})) +
		int64(len(g.Waits))*int64(unsafe.Sizeof(model.Wait{}))
	return n
}
