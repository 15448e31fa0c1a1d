package dump

import (
	"math"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

func TestInterface(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("main.Count", model.KindInt)
	ptr := b.pointer(i64)
	eface := b.typ(model.Type{Kind: model.KindInterface, Name: "interface {}", Flags: model.TypeEmptyIface})
	b.objects = append(b.objects,
		&model.TypeWord{Addr: 0x500000, Type: i64}, &model.TypeWord{Addr: 0x500100, Type: ptr},
		&model.TypeWord{Addr: 0x500200, Type: eface})
	b.put(0x1000, words(0x500000, 0x2000, 0x500100, 0x2000, 0, 0, 0x599999, 0x2000, 0x500200, 0x1000))
	b.put(0x2000, words(42))
	d := b.open(t)
	at := func(i uint64) Value { return d.At(Type{d, eface}, 0x1000+16*i) }

	if n, ok := at(0).Elem().Int(); n != 42 || !ok {
		t.Errorf("boxed value: %d, %v", n, ok)
	}
	if dyn, ok := at(0).Dynamic(); !ok || dyn.Name() != "main.Count" {
		t.Errorf("dynamic type %v, %v", dyn, ok)
	}
	if n, ok := at(1).Elem().Elem().Int(); n != 42 || !ok {
		t.Errorf("value behind the pointer in the data word: %d, %v", n, ok)
	}
	if !at(2).IsNil() || at(2).Elem().Valid() {
		t.Error("nil interface has a value")
	}
	if s, lost := at(3).Elem().Stub(); !lost || s.Reason != mock.Disabled {
		t.Errorf("unknown dynamic type: %v, %v", s, lost)
	}
	if s, lost := at(4).Elem().Stub(); !lost {
		t.Errorf("an interface as dynamic type: %v, %v", s, lost)
	}
	inRegs := d.Held(Type{d, eface}, words(0x500100, 0x2000))
	if n, ok := inRegs.Elem().Elem().Int(); n != 42 || !ok {
		t.Errorf("interface in registers: %d, %v", n, ok)
	}
}

func TestMap(t *testing.T) {
	b := newBuilder()
	i8 := b.basic("int8", model.KindInt8)
	i64 := b.basic("int", model.KindInt)
	m := b.typ(model.Type{Kind: model.KindMap, Name: "map[int8]int", Key: i8, Elem: i64, Flags: model.TypeDirect})
	const base = 0xF000000000000000
	entries := append(append([]byte{1}, words(10)...), append([]byte{2}, words(20)...)...)
	b.put(base, entries)
	b.put(0x1000, words(0xc000, 0, 0xd000, 0xe000, 0xe100, 0xf000))
	b.objects = append(b.objects,
		&model.MapObj{Addr: 0xc000, Type: m, Len: 5, Count: 2, Base: base, Reason: mock.ElementLimit},
		&model.MapObj{Addr: 0xd000, Type: m, Len: math.MaxInt64, Count: math.MaxInt64, Base: base}, // lies
		&model.StubObj{Addr: 0xe000, Size: 48, Reason: mock.DepthLimit, Len: 9},
		&model.MapObj{Addr: 0xf000, Type: m, Base: base, Reason: mock.Corrupt})
	d := b.open(t)
	at := func(i uint64) Value { return d.At(Type{d, m}, 0x1000+8*i) }

	got := map[int64]int64{}
	for k, e := range at(0).Entries() {
		key, _ := k.Int()
		got[key], _ = e.Int()
	}
	if len(got) != 2 || got[1] != 10 || got[2] != 20 {
		t.Errorf("entries %v", got)
	}
	if n, ok := at(0).Len(); n != 5 || !ok {
		t.Errorf("length %d, %v", n, ok)
	}
	if kept, s := at(0).Kept(); kept != 2 || s.Reason != mock.ElementLimit || s.Len != 5 {
		t.Errorf("kept %d, %v", kept, s)
	}
	if n, ok := at(1).Len(); n != 0 || !ok || !at(1).IsNil() {
		t.Errorf("nil map has length %d, %v", n, ok)
	}
	if kept, s := at(2).Kept(); kept != 2 || s.Reason != mock.Disabled || s.Len != math.MaxInt64 {
		t.Errorf("map that lies: kept %d, %v", kept, s)
	}
	if n, ok := at(3).Len(); n != 9 || !ok { // B2.6
		t.Errorf("map at the edge: length %d, %v", n, ok)
	}
	if kept, s := at(3).Kept(); kept != 0 || s.Reason != mock.DepthLimit || s.Type != "map[int8]int" {
		t.Errorf("map at the edge: kept %d, %v", kept, s)
	}
	if _, ok := at(4).Len(); ok {
		t.Error("a map of which nothing is known has a length")
	}
	if _, ok := at(5).Len(); ok {
		t.Error("a map that contradicts itself has a length")
	}
	if kept, s := at(5).Kept(); kept != 0 || s.Reason != mock.Corrupt {
		t.Errorf("map that contradicts itself: kept %d, %v", kept, s)
	}
}

func TestMapOfNothing(t *testing.T) {
	b := newBuilder()
	none := b.typ(model.Type{Kind: model.KindStruct, Name: "struct {}"})
	m := b.typ(model.Type{Kind: model.KindMap, Name: "map[struct {}]struct {}", Key: none, Elem: none})
	b.put(0x1000, words(0xc000))
	b.objects = append(b.objects, &model.MapObj{Addr: 0xc000, Type: m, Len: math.MaxInt64, Count: math.MaxInt64, Base: 0xF000000000000000})
	d := b.open(t)
	n := 0
	for range d.At(Type{d, m}, 0x1000).Entries() {
		n++
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestChannel(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	ch := b.typ(model.Type{Kind: model.KindChan, Name: "chan int", Elem: i64, Dir: 3})
	const base = 0xF000000000001000
	b.put(base, words(7, 8))
	b.put(0x1000, words(0xc000, 0))
	b.put(0x9000, words(99))
	b.objects = append(b.objects, &model.ChanObj{Addr: 0xc000, Type: ch, Len: 3, Cap: 4, Closed: true, Count: 2,
		Base: base, Reason: mock.ByteLimit, Send: []model.Waiter{{Goroutine: 12, Elem: 0x9000}, {Goroutine: 13}}})
	d := b.open(t)

	v := d.At(Type{d, ch}, 0x1000)
	info, ok := v.ChanInfo()
	if !ok || info.Len != 3 || info.Cap != 4 || !info.Closed || len(info.Recv) != 0 || len(info.Send) != 2 {
		t.Fatalf("got %+v, %v", info, ok)
	}
	if n, _ := info.Send[0].Elem.Int(); n != 99 || info.Send[0].Goroutine != 12 || info.Send[1].Elem.Valid() {
		t.Errorf("waiters %+v", info.Send)
	}
	if n, _ := v.Index(1).Int(); n != 8 {
		t.Errorf("second element %d", n)
	}
	if s, lost := v.Index(2).Stub(); !lost || s.Reason != mock.ByteLimit {
		t.Errorf("third element: %v, %v", s, lost)
	}
	null := d.At(Type{d, ch}, 0x1008)
	if _, ok := null.ChanInfo(); ok || !null.IsNil() {
		t.Error("nil channel has a state")
	}
}

func TestClosure(t *testing.T) { // B2.11
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	uptr := b.basic("uintptr", model.KindUintptr)
	ctx := b.typ(model.Type{Kind: model.KindStruct, Name: "struct { F uintptr; n int }", Size: 16,
		Fields: []model.Field{{Name: "F", Type: uptr}, {Name: "n", Type: i64, Offset: 8}}})
	fn := b.typ(model.Type{Kind: model.KindFunc, Name: "func()"})
	f := b.function("main.run.func1", model.FuncUser)
	b.put(0x1000, words(0xc000, 0))
	b.put(0xc000, words(0x401000, 77))
	b.objects = append(b.objects, &model.FuncObj{Addr: 0xc000, Func: f, Context: ctx})
	d := b.open(t)

	got, ok := d.At(Type{d, fn}, 0x1000).Func()
	if !ok || got.Function.Name() != "main.run.func1" || len(got.Captured) != 1 {
		t.Fatalf("got %+v, %v", got, ok)
	}
	if n, _ := got.Captured[0].Value().Int(); n != 77 || got.Captured[0].Name() != "n" || got.Captured[0].Kind() != VarCaptured {
		t.Errorf("captured %s = %d", got.Captured[0].Name(), n)
	}
	if _, ok := d.At(Type{d, fn}, 0x1008).Func(); ok {
		t.Error("nil func has a function")
	}
}

func TestLargestStubWins(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	stub := func(addr uint64, size int64, r mock.Reason) {
		b.objects = append(b.objects, &model.StubObj{Addr: addr, Size: size, Reason: r, Len: -1})
	}
	stub(0x1000, 0x100, mock.DepthLimit)
	stub(0x1010, 0x10, mock.Foreign)
	stub(0x10f0, 0x200, mock.ByteLimit)
	stub(0x1020, 0x10000, mock.StringLimit)
	stub(math.MaxUint64-8, 8, mock.TimeLimit)
	b.put(0x1040, words(3)) // the image wins
	d := b.open(t)
	for addr, want := range map[uint64]mock.Reason{
		0xff8: mock.Disabled, 0x1000: mock.DepthLimit, 0x1010: mock.DepthLimit, 0x1020: mock.DepthLimit, 0x10f0: mock.ByteLimit,
		0x12e8: mock.ByteLimit, 0x12f0: mock.StringLimit, 0x11020: mock.Disabled, math.MaxUint64 - 8: mock.TimeLimit,
	} {
		if s, lost := d.At(Type{d, i64}, addr).Stub(); !lost || s.Reason != want {
			t.Errorf("at %#x: %v, %v, want %v", addr, s, lost, want)
		}
	}
	if n, ok := d.At(Type{d, i64}, 0x1040).Int(); n != 3 || !ok {
		t.Errorf("at 0x1040: %d, %v", n, ok)
	}
}

// A record of one type is not shown as a value of another that has its address.
func TestMapOfAnotherType(t *testing.T) {
	b := newBuilder()
	i8, i64 := b.basic("int8", model.KindInt8), b.basic("int", model.KindInt)
	old := b.typ(model.Type{Kind: model.KindMap, Name: "map[int8]int", Key: i8, Elem: i64, Flags: model.TypeDirect})
	named := b.typ(model.Type{Kind: model.KindMap, Name: "main.Table", Key: i8, Elem: i64, Flags: model.TypeDirect})
	other := b.typ(model.Type{Kind: model.KindMap, Name: "map[int]int", Key: i64, Elem: i64, Flags: model.TypeDirect})
	const base = 0xF000000000000000
	b.put(base, append([]byte{1}, words(10)...))
	b.put(0x1000, words(0xc000))
	b.objects = append(b.objects, &model.MapObj{Addr: 0xc000, Type: old, Len: 1, Count: 1, Base: base})
	d := b.open(t)
	for typ, want := range map[model.TypeID]bool{old: true, named: true, other: false} {
		v := d.At(Type{d, typ}, 0x1000)
		if _, got := v.Len(); got != want {
			t.Errorf("a %s: its length is known: %v, want %v", v.Type().Name(), got, want)
		}
	}
}

// What a container holds cannot be read without the type of it: that is why
// nothing is there, and not that it was never captured.
func TestElementsOfLostType(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	const lost = 999
	slice := b.typ(model.Type{Kind: model.KindSlice, Name: "[]main.lost", Elem: lost, Size: 24})
	array := b.typ(model.Type{Kind: model.KindArray, Name: "[2]main.lost", Elem: lost, Len: 2, Size: 16})
	table := b.typ(model.Type{Kind: model.KindMap, Name: "map[main.lost]int", Key: lost, Elem: i64, Flags: model.TypeDirect})
	b.put(0x1000, words(0x2000, 2, 2, 0xc000))
	b.put(0x2000, words(1, 2))
	b.objects = append(b.objects, &model.MapObj{Addr: 0xc000, Type: table, Len: 2, Count: 2, Base: 0x2000})
	d := b.open(t)
	for _, v := range []Value{d.At(Type{d, slice}, 0x1000), d.At(Type{d, array}, 0x2000), d.At(Type{d, table}, 0x1018)} {
		if n, why := v.Kept(); n != 0 || why.Reason != mock.Damaged || why.Detail != "its type is missing" {
			t.Errorf("%s: %d elements, %v", v.Type(), n, why)
		}
	}
}
