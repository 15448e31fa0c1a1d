package dump

import (
	"errors"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// watched counts the sections that are read of a dump, and says of memory
// sections what addresses they have.
type watched struct {
	store
	directories int
	span        func(addrRange) addrRange
}

func watch(d *Dump) *watched {
	w := &watched{store: d.store, span: func(r addrRange) addrRange { return r }}
	d.store = w
	return w
}

func (w *watched) section(i int) section {
	s := w.store.section(i)
	s.span = w.span(s.span)
	return s
}

func (w *watched) ranges(i int, fn func(model.Range) error) error {
	w.directories++
	return w.store.ranges(i, fn)
}

// interlaced gives a dump of three memory sections whose addresses overlap,
// with an int in each at 0x1000, 0x2000 and 0x3000, and an interface of an int.
func interlaced() (b *builder, i64, iface model.TypeID) {
	b = newBuilder()
	i64 = b.basic("int", model.KindInt)
	iface = b.typ(model.Type{Kind: model.KindInterface, Name: "any", Size: 16})
	b.objects = append(b.objects, &model.TypeWord{Addr: 0x700, Type: i64}, &model.ChanObj{Addr: 0x800, Type: i64})
	for i := range uint64(3) {
		b.memory = append(b.memory, []model.Extent{
			{Addr: 0x1000 + i*0x1000, Bytes: words(i)}, {Addr: 0x9000 + i*0x1000, Bytes: words(0x700, 0x1000)}})
	}
	b.put(0x100000, words(4))
	return b, i64, iface
}

func TestOneValueReadsTheDirectoriesAroundIt(t *testing.T) {
	b, i64, _ := interlaced()
	d := b.open(t)
	w := watch(d)
	read := func(addr uint64, want int64, directories int) {
		t.Helper()
		if n, ok := d.At(Type{d, i64}, addr).Int(); n != want || !ok || w.directories > directories {
			t.Errorf("%#x: %d, %v after %d directories; want %d after at most %d", addr, n, ok, w.directories, want, directories)
		}
	}
	read(0x100000, 4, 1)
	read(0x1000, 0, 2)
	read(0x3000, 2, 4)
	read(0x2000, 1, 4)
	if d.gos != nil {
		t.Error("the goroutines were listed for values that lie in no stack")
	}
	if _, lost := d.At(Type{d, i64}, 0x5000).Stub(); !lost {
		t.Error("a value between the extents")
	}
}

func TestDynamicTypeReadsNoOtherObjects(t *testing.T) {
	b, _, iface := interlaced()
	d := b.open(t)
	v := d.At(Type{d, iface}, 0x9000)
	if n, ok := v.Elem().Int(); n != 0 || !ok || v.IsNil() {
		t.Errorf("the interface holds %d, %v", n, ok)
	}
	if d.objs != nil {
		t.Error("channels and maps were read for the type of an interface value")
	}
}

func TestRangesOfMemorySections(t *testing.T) {
	for name, c := range map[string]struct {
		span    func(addrRange) addrRange
		present bool
	}{
		"right":    {func(r addrRange) addrRange { return r }, true},
		"unknown":  {func(addrRange) addrRange { return addrRange{} }, true},
		"narrower": {func(r addrRange) addrRange { return addrRange{r.lo, r.lo} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b, i64, _ := interlaced()
			d := b.open(t)
			watch(d).span = c.span
			d.image().readAll()
			n, ok := d.At(Type{d, i64}, 0x3000).Int()
			if ok != c.present || ok && n != 2 {
				t.Errorf("got %d, %v", n, ok)
			}
			if damage := errors.Join(d.Damage()...); (damage == nil) != c.present || damage != nil && !errors.Is(damage, ErrMalformed) {
				t.Errorf("damage: %v", damage)
			}
		})
	}
}
