package dump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// rich gives a dump that has every kind of section.
func rich() *builder {
	b := newBuilder()
	service(b)
	text := []byte("package main\n")
	hash := sha256.Sum256(text)
	b.sources = append(b.sources,
		&model.SourceFile{Path: "/src/main.go", Size: int64(len(text)), Hash: hash[:], State: model.SourceEmbedded},
		&model.SourceFile{Path: "/src/gen.go", State: model.SourceAbsent, Reason: "no such file"})
	b.texts = append(b.texts, &model.SourceText{Hash: hash[:], Text: text})
	b.losses = append(b.losses, &model.Loss{Area: "values", Reason: mock.ByteLimit, Count: 3})
	return b
}

// boundaries gives the offset behind each section of a file.
func boundaries(t testing.TB, file []byte) []int64 {
	t.Helper()
	r, err := model.NewReader(bytes.NewReader(file), int64(len(file)), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var out []int64
	for _, s := range r.Sections() {
		out = append(out, s.Offset)
	}
	return out
}

func open(file []byte, opts ...OpenOption) (*Dump, error) {
	return NewReader(bytes.NewReader(file), int64(len(file)), opts...)
}

func TestWholeDump(t *testing.T) {
	d := rich().open(t)
	if err := d.Verify(context.Background()); err != nil {
		t.Errorf("verify: %v", err)
	}
	if err := d.Check(context.Background()); err != nil || d.Damage() != nil {
		t.Errorf("check gives %v, damage %v", err, d.Damage())
	}
	if len(d.Stats()) != 1 || d.Meta().Program != "svc" {
		t.Errorf("stats %v, program %q", d.Stats(), d.Meta().Program)
	}
	for l := range d.Losses() {
		if l.Reason != mock.ByteLimit || l.Count != 3 {
			t.Errorf("loss %+v", l)
		}
	}
}

func TestCutAtEverySection(t *testing.T) {
	file := rich().bytes(t)
	cuts := append(boundaries(t, file), int64(len(file)-30))
	for i, cut := range cuts {
		d, err := open(file[:cut])
		if d == nil || !errors.Is(err, ErrTruncated) {
			t.Errorf("cut before section %d: %v", i, err)
			continue
		}
		var where *FormatError
		if !errors.As(err, &where) {
			t.Errorf("cut before section %d: error %T", i, err)
		}
		if i > 0 && i < len(cuts)-1 && !strings.Contains(err.Error(), fmt.Sprintf("ends after section %d", i)) {
			t.Errorf("cut before section %d: %v", i, err)
		}
		walk(d, 10_000)
		if v := d.Verify(context.Background()); !errors.Is(v, ErrTruncated) {
			t.Errorf("cut before section %d: verify gives %v", i, v)
		}
	}
}

func TestEachWholeSectionCounts(t *testing.T) {
	b := rich()
	file := b.bytes(t)
	for i, cut := range boundaries(t, file) {
		d, _ := open(file[:cut])
		if got := d.Cause().Text; i >= 2 && got != "boom" {
			t.Errorf("%d sections: cause %q", i, got)
		}
		if n := d.NumGoroutines(); i > 9 && n != 3 {
			t.Errorf("%d sections: %d goroutines", i, n)
		}
	}
	// Behind the goroutines, in front of the values: these are stubs.
	names := sectionNames(t, file)
	for i, cut := range boundaries(t, file) {
		if names[i] != "MEMORY" {
			continue
		}
		d, err := open(file[:cut])
		if !strings.Contains(err.Error(), "missing: values, ") || strings.Contains(err.Error(), "rules") {
			t.Errorf("cut before the values: %v", err)
		}
		g, ok := d.Asked()
		if !ok || g.NumFrames() != 3 {
			t.Fatalf("cut before the values: no stack")
		}
		f, _ := g.Frame(1)
		req := f.Variables()[0].Value()
		if req.Pointer() != 0x3000 {
			t.Errorf("req is %#x", req.Pointer())
		}
		if s, lost := req.Elem().Stub(); !lost || s.Reason != mock.Damaged {
			t.Errorf("*req: %v, %v", s, lost)
		}
		return
	}
	t.Error("no section where goroutines end and values begin")
}

func sectionNames(t testing.TB, file []byte) []string {
	t.Helper()
	r, err := model.NewReader(bytes.NewReader(file), int64(len(file)), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range r.Sections() {
		out = append(out, s.Kind.String())
	}
	return out
}

func TestChangedByteIsFound(t *testing.T) {
	file := rich().bytes(t)
	cuts := boundaries(t, file)
	for i, at := range cuts {
		bad := bytes.Clone(file)
		bad[at+32] ^= 1 // the first byte behind a section's header
		d, err := open(bad)
		if d == nil {
			t.Fatalf("section %d: %v", i, err)
		}
		if v := d.Verify(context.Background()); !errors.Is(v, ErrChecksum) {
			t.Errorf("section %d: verify gives %v", i, v)
		}
		if err := d.Check(context.Background()); err != nil || !errors.Is(errors.Join(d.Damage()...), ErrChecksum) || len(d.Damage()) > 2 {
			t.Errorf("section %d: check gives %v, damage %v", i, err, d.Damage())
		}
		d, _ = open(bad)
		walk(d, 10_000)
		if !errors.Is(errors.Join(d.Damage()...), ErrChecksum) && i < len(cuts)-1 && i > 0 {
			t.Errorf("section %d: damage %v", i, d.Damage())
		}
	}
}

func TestNotADump(t *testing.T) {
	for name, file := range map[string]string{"empty": "", "text": "panic: boom\n\ngoroutine 1 [running]:\n", "zeros": strings.Repeat("\x00", 100)} {
		d, err := open([]byte(file))
		if d != nil || !errors.Is(err, ErrNotDump) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
		var where *FormatError
		if !errors.As(err, &where) {
			t.Errorf("%s: error %T", name, err)
		}
	}
	if d, err := Open(t.TempDir() + "/none"); d != nil || err == nil {
		t.Errorf("a file that does not exist: %v, %v", d, err)
	}
}

var errDisk = errors.New("disk on fire")

// failing is a reader that fails from some offset on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		n, _ := f.ReaderAt.ReadAt(p[:max(0, min(int64(len(p)), f.from-off))], off)
		return n, errDisk
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReaderThatFails(t *testing.T) {
	file := rich().bytes(t)
	for from := int64(0); from < int64(len(file)); from += 37 {
		d, err := NewReader(failing{bytes.NewReader(file), from}, int64(len(file)))
		if err == nil {
			t.Errorf("failure at %d: no error", from)
		}
		if d != nil {
			walk(d, 10_000)
		}
	}
}

func TestSizeThatIsNotTheFiles(t *testing.T) {
	file := rich().bytes(t)
	for _, size := range []int64{-1, 0, 1, int64(len(file)) - 1, int64(len(file)) + 1, 1 << 60} {
		d, err := NewReader(bytes.NewReader(file), size)
		if err == nil {
			t.Errorf("size %d: no error", size)
		}
		if d != nil {
			walk(d, 10_000)
		}
	}
}

func TestSources(t *testing.T) { // B2.14
	d := rich().open(t)
	text, err := d.Source("/src/main.go")
	if string(text) != "package main\n" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	for _, path := range []string{"/src/gen.go", "/src/other.go"} {
		_, err := d.Source(path)
		var why *SourceError
		if !errors.Is(err, ErrNoSource) || !errors.As(err, &why) || why.Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
	n := 0
	for f := range d.Sources() {
		if n++; f.Path == "/src/gen.go" && (f.State != SourceAbsent || f.Reason != "no such file") {
			t.Errorf("%+v", f)
		}
	}
	if n != 2 {
		t.Errorf("%d files", n)
	}
}

func TestVerifyFindsContradictions(t *testing.T) {
	tests := map[string]struct {
		break_ func(*builder)
		want   string
	}{
		"culprit": {func(b *builder) { b.cause.Frame = 40 }, "frames 40 and 2, of the cause, where there are 3"},
		"asked":   {func(b *builder) { b.cause.Goroutine = 40 }, "goroutine 40, of the cause, is not there"},
		"field": {func(b *builder) {
			b.typ(model.Type{Kind: model.KindStruct, Name: "S", Size: 4, Fields: []model.Field{{Name: "x", Type: 1}}})
		}, `field "x" at offset 0 does not fit`},
		"array":     {func(b *builder) { b.typ(model.Type{Kind: model.KindArray, Name: "A", Size: 4, Len: 9, Elem: 1}) }, "9 elements do not make a size of 4"},
		"kind":      {func(b *builder) { b.typ(model.Type{Kind: model.KindInt, Name: "I", Size: 3}) }, "size 3 of kind int"},
		"map":       {func(b *builder) { b.objects = append(b.objects, &model.MapObj{Addr: 1, Type: 1}) }, "type 1 has kind int, should be map"},
		"text":      {func(b *builder) { b.texts = nil }, "is missing"},
		"reference": {func(b *builder) { b.pointer(999) }, "type 999 is not defined"},
		"overlap":   {func(b *builder) { b.put(0x2004, words(1)) }, "twice"},
		"statistic": {func(b *builder) { b.stats = nil }, "missing: statistics"},
		"cyclic": {func(b *builder) {
			b.typ(model.Type{Kind: model.KindArray, Name: "A", Len: 1, Elem: model.TypeID(b.ids["type"] + 1)})
		}, "contains itself"},
	}
	for name, tt := range tests {
		b := rich()
		tt.break_(b)
		d, _ := b.openDamaged(t)
		err := d.Verify(context.Background())
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q and nothing else", name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rich().open(t).Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("verify under a cancelled context: %v", err)
	}
}

func TestManyReadersAtOnce(t *testing.T) {
	d := rich().open(t)
	want := walk(d, 100_000)
	d = rich().open(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := walk(d, 100_000); got != want {
				t.Errorf("visited %d values, want %d", got, want)
			}
		})
	}
	wg.Wait()
}
