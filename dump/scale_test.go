package dump

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// live is the memory in use once the collector has run.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestHundredThousandGoroutines(t *testing.T) {
	const n = 100_000
	file := large(n, 0).bytes(t)
	before := live()
	d, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	buckets := make(map[uint64]int)
	for g := range d.Goroutines() {
		buckets[g.StackID()]++
	}
	if len(buckets) != 1 || buckets[1] != n {
		t.Errorf("buckets %v", buckets)
	}
	if used := live() - before; used > 24<<20 {
		t.Errorf("listing keeps %d bytes", used)
	}
	// Every variable of every goroutine, in order.
	pointers := 0
	for g := range d.Goroutines() {
		f, _ := g.Frame(0)
		if f.Variables()[0].Value().Pointer() != 0 {
			pointers++
		}
	}
	if pointers != n {
		t.Errorf("%d pointers", pointers)
	}
	if used := live() - before; used > 64<<20 {
		t.Errorf("reading all variables keeps %d bytes", used)
	}
	runtime.KeepAlive(d)
}

func TestManySmallExtents(t *testing.T) {
	const n = 400_000
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	ext := make([]model.Extent, n)
	for i := range ext {
		ext[i] = model.Extent{Addr: 0x1000 + uint64(i)*24, Bytes: words(uint64(i))}
	}
	b.memory, b.long = [][]model.Extent{ext}, true
	file := b.bytes(t)
	before := live()
	d, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += 997 {
		if got, ok := d.At(Type{d, i64}, 0x1000+uint64(i)*24).Int(); got != int64(i) || !ok {
			t.Fatalf("value %d is %d, %v", i, got, ok)
		}
	}
	if used := live() - before; used > 48<<20 {
		t.Errorf("keeps %d bytes", used)
	}
	runtime.KeepAlive(d)
}

func TestTablesBeyondTheBound(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	for i := range 100_000 {
		b.objects = append(b.objects, &model.StubObj{Addr: uint64(i+1) * 64, Size: 8, Reason: mock.DepthLimit, Len: -1})
	}
	b.put(0x10, words(4))
	d := b.open(t, MaxMemory(8<<20))
	if n, ok := d.At(Type{d, i64}, 0x10).Int(); n != 4 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	if s, lost := d.At(Type{d, i64}, 64).Stub(); !lost || s.Reason != mock.DepthLimit {
		t.Errorf("first stub: %v, %v", s, lost)
	}
	if s, lost := d.At(Type{d, i64}, 100_000*64).Stub(); !lost || s.Reason != mock.Damaged {
		t.Errorf("last stub: %v, %v", s, lost)
	}
	if errs := d.Damage(); len(errs) == 0 {
		t.Error("nothing said of the tables that were cut")
	}
}

func TestEnormousString(t *testing.T) {
	b := newBuilder()
	str := b.basic("string", model.KindString)
	b.put(0x1000, words(0x2000, math.MaxInt64))
	b.put(0x2000, bytes.Repeat([]byte{'x'}, 3000))
	d := b.open(t, MaxMemory(1))
	s, stub, ok := d.At(Type{d, str}, 0x1000).Text(-1)
	if len(s) != 3000 || !ok || stub.Len != math.MaxInt64 {
		t.Errorf("%d bytes, %v, %v", len(s), stub, ok)
	}
}

func BenchmarkListGoroutines(b *testing.B) {
	file := large(100_000, 0).bytes(b)
	b.ReportAllocs()
	for b.Loop() {
		d, err := open(file)
		if err != nil {
			b.Fatal(err)
		}
		if d.NumGoroutines() != 100_000 {
			b.Fatal(d.NumGoroutines())
		}
	}
}
