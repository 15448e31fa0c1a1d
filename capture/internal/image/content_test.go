package image

import (
	"bytes"
	"compress/zlib"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/inflate"
	"github.com/gopostmortem/postmortem/capture/internal/offheap"
)

// packedText is content of n bytes of which all parts were let go, and the text.
func packedText(t *testing.T, n int) (*content, []byte) {
	t.Helper()
	var text []byte
	for r := rand.New(rand.NewPCG(1, 2)); len(text) < n; {
		text = append(text, strings.Repeat("abcdefgh"[:1+r.IntN(8)], 1+r.IntN(9))...)
		text = append(text, byte(r.Uint32()))
	}
	var z bytes.Buffer
	w, _ := zlib.NewWriterLevel(&z, zlib.BestSpeed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := offheap.Make(len(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { offheap.Free(all) })
	c := &content{all: all, stream: z.Bytes()}
	if err := inflate.Zlib(all, c.stream, func(m inflate.Mark) { c.passed(m); c.letGo(m.Out, nil) }); err != nil {
		t.Fatal(err)
	}
	return c, text
}

// What was let go is there again where it is asked for, in whatever order.
func TestContent(t *testing.T) {
	const size = 3 << 20
	c, text := packedText(t, size)
	if n := len(c.parts); n < 10 || n > 16 {
		t.Errorf("%d parts", n)
	}
	if offheap.Discard(make([]byte, 0)) {
		t.Error("nothing was discarded")
	}
	for i, at := range rand.New(rand.NewPCG(3, 4)).Perm(100) {
		pos := at * size / 100
		got := c.upTo(uint64(pos))
		if len(got) <= pos || !bytes.Equal(got[pos:min(pos+100, len(got))], text[pos:min(pos+100, len(got))]) {
			t.Fatalf("step %d: at %d other bytes", i, pos)
		}
	}
	if got, err := c.span(0, size); err != nil || !bytes.Equal(got, text[:size]) {
		t.Errorf("the whole: %v", err)
	}
	if slices.ContainsFunc(c.parts, func(p part) bool { return p.away }) {
		t.Error("not all is here")
	}
}

// A view reads across the ends of parts, and not beyond the end it is told.
func TestView(t *testing.T) {
	c, text := packedText(t, 1<<20)
	v := view{content: c}
	for _, p := range c.parts[1:] {
		at := uint64(p.from.Out - 7)
		var got []byte
		next, ok := v.read(at, at+14, func(c *cursor) { got = c.take(14) })
		if !ok || next != at+14 || !bytes.Equal(got, text[at:at+14]) {
			t.Errorf("at %d: % x, %v, want % x", at, got, ok, text[at:at+14])
		}
		if _, ok := v.read(at, at+13, func(c *cursor) { c.take(14) }); ok {
			t.Errorf("at %d: read beyond the end", at)
		}
	}
	if _, ok := v.read(uint64(len(text)), 1<<40, func(c *cursor) { c.byte() }); ok {
		t.Error("read behind the content")
	}
}

// A file that changes under the reader is damage, no panic.
func TestContentChanged(t *testing.T) {
	c, _ := packedText(t, 1<<20)
	if !slices.ContainsFunc(c.parts, func(p part) bool { return p.away }) {
		t.Skip("nothing can be let go here")
	}
	for i := range c.stream {
		c.stream[i] = 0xff
	}
	if got := c.upTo(0); len(got) != 0 {
		t.Errorf("%d bytes", len(got))
	}
	if _, err := c.span(100, 200); err == nil {
		t.Error("no error")
	}
}
