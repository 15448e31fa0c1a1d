package dump

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt
	n atomic.Int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// noise is memory that does not compress.
func noise(n int) []byte {
	p := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(p)
	return p
}

// large gives a dump with many goroutines and megabytes of values.
func large(goroutines int, values int) *builder {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	ptr := b.pointer(i64)
	f := b.function("main.worker", model.FuncUser)
	loc := b.loc(model.LocFrame{Func: f, Line: 9, Vars: []model.Var{{Name: "p", Type: ptr, Place: model.PlaceCFA, Off: -8}}})
	stack := b.stack(model.Stack{Frames: []model.StackFrame{{Loc: loc, CFA: 0x100}}, Spans: []model.Span{{Off: 0x80, Len: 0x80}}})
	random := noise(goroutines * 0x80)
	for i := range goroutines {
		image := random[i*0x80 : (i+1)*0x80]
		copy(image[0x78:], words(0x10000000+uint64(i)%uint64(max(values, 8)/8)*8))
		b.goroutines = append(b.goroutines, &model.Goroutine{ID: model.GoID(i + 1), Status: model.StatusWaiting,
			WaitReason: "select", Stack: stack, Base: 0xc000000000 + uint64(i)*0x1000, Image: image})
	}
	b.cause.Goroutine, b.cause.Frame = 1, 0
	b.long = true
	if values > 0 {
		b.put(0x10000000, noise(values))
	}
	return b
}

func TestReadsOnlyWhatIsNeeded(t *testing.T) {
	file := large(5_000, 8<<20).bytes(t)
	size := int64(len(file))
	r := &counting{ReaderAt: bytes.NewReader(file)}
	d, err := NewReader(r, size)
	if err != nil {
		t.Fatal(err)
	}
	step := func(what string, most int64) {
		t.Helper()
		if n := r.n.Swap(0); n > most {
			t.Errorf("%s read %d of %d bytes, want at most %d", what, n, size, most)
		}
	}
	if d.Cause().Text != "boom" {
		t.Errorf("cause %q", d.Cause().Text)
	}
	step("opening", size/500)
	n := 0
	for g := range d.Goroutines() {
		n += len(g.WaitReason())
	}
	if n != 5_000*len("select") {
		t.Errorf("wait reasons of %d bytes", n)
	}
	step("listing goroutines", size/25)
	g, _ := d.Goroutine(2_500)
	f, _ := g.Frame(0)
	v := f.Variables()[0].Value()
	if f.Function().Name() != "main.worker" || v.Pointer() == 0 {
		t.Errorf("p in %s is %#x", f.Function(), v.Pointer())
	}
	step("one variable of one frame", size/15)
	if _, ok := v.Elem().Int(); !ok {
		t.Error("*p is not there")
	}
	step("what it points to", size/15)
	if _, ok := v.Elem().Int(); !ok {
		t.Error("*p is not there")
	}
	step("the same again", 0)
}

func TestSourceReadsItsSectionsOnly(t *testing.T) {
	file := rich().bytes(t)
	big := rich()
	big.put(0x90000000, noise(4<<20))
	bigFile := big.bytes(t)
	r := &counting{ReaderAt: bytes.NewReader(bigFile)}
	d, err := NewReader(r, int64(len(bigFile)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Source("/src/main.go"); err != nil {
		t.Fatal(err)
	}
	if n := r.n.Load(); n > int64(len(file)) {
		t.Errorf("read %d bytes of %d", n, len(bigFile))
	}
}

func TestEachSourceIsReadOnce(t *testing.T) {
	b := newBuilder()
	const n = 200
	text := func(i int) []byte { return append(noise(20_000), byte(i)) }
	for i := range n {
		hash := sha256.Sum256(text(i))
		b.sources = append(b.sources, &model.SourceFile{Path: fmt.Sprint(i), Hash: hash[:], State: model.SourceEmbedded})
		b.texts = append(b.texts, &model.SourceText{Hash: hash[:], Text: text(i)})
	}
	file := b.bytes(t)
	r := &counting{ReaderAt: bytes.NewReader(file)}
	d, err := NewReader(r, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for i := n - 1; i >= 0; i-- {
		got, err := d.Source(fmt.Sprint(i))
		if err != nil || !bytes.Equal(got, text(i)) {
			t.Fatalf("file %d: %d bytes, %v", i, len(got), err)
		}
	}
	// All sections once to find the last text, then one section for each.
	section := int64(len(file)) / 10
	if got := r.n.Load(); got > int64(len(file))+n*section {
		t.Errorf("read %d bytes of a file of %d", got, len(file))
	}
}

func TestCacheStaysWithinItsBound(t *testing.T) {
	loads := 0
	c := cache[[]byte]{max: 100, load: func(int) ([]byte, int64) { loads++; return make([]byte, 40), 40 }}
	for range 3 {
		for sec := range 2 {
			c.get(sec)
		}
	}
	if loads != 2 {
		t.Errorf("%d loads of two sections that fit", loads)
	}
	for sec := range 10 {
		c.get(sec)
	}
	if c.size > c.max || c.byAge.Len() != 2 || len(c.bySec) != 2 {
		t.Errorf("keeps %d bytes in %d sections", c.size, c.byAge.Len())
	}
	c.max = 1
	if c.get(99); c.byAge.Len() != 1 {
		t.Errorf("keeps %d sections where none fits", c.byAge.Len())
	}
}
