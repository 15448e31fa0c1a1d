//go:build linux && amd64

package values

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// session is a walk that a test drives step by step.
type session struct {
	*Walker
	d *dumped
	t testing.TB
	h *holder
}

func (h *holder) session(t testing.TB, mem Memory, lim Limits) *session {
	d, ts := newDumped(t), h.types("DWARF")
	ts.Begin(mem, d.typ)
	w := New(Config{Types: ts, Mem: mem, Limits: lim, Emit: d.add, Func: d.fn(h.img), Code: h.img.Code})
	return &session{w, d, t, h}
}

// root queues a variable of the fixture.
func (s *session) root(name string, stored bool) held {
	s.t.Helper()
	v := s.h.value(s.t, name)
	t, err := s.cfg.Types.FromRType(v.RType)
	if err != nil {
		s.t.Fatal(err)
	}
	s.d.roots[name] = t.ID()
	s.Root(t, v.Addr, stored)
	return v
}

func (s *session) finish() *dumped {
	s.t.Helper()
	s.d.losses = s.Finish()
	s.cfg.Types.Finish()
	s.d.figures = s.Figures()
	s.d.check()
	return s.d
}

func (d *dumped) named(name string, addr uint64) string { return d.at(d.roots[name], addr) }

// loss gives how often something was lost for a reason.
func (d *dumped) loss(why mock.Reason) int64 {
	for _, l := range d.losses {
		if l.Reason == why {
			return l.Count
		}
	}
	return 0
}

func fixture(t testing.TB) *holder { return start(t, build(t, "", ""), "") }

// TestDepth counts references: a list is cut after as many nodes, what a value
// holds itself costs nothing. B2.6
func TestDepth(t *testing.T) {
	h := fixture(t)
	for depth := 1; depth <= 3; depth++ {
		d := h.walk(t, h.types("DWARF"), h, Limits{Depth: depth})
		list := d.named("list", h.value(t, "list").Addr)
		want := strings.Repeat("&{next:", depth) + "&<depth limit>"
		for i := range depth {
			want += fmt.Sprintf(" val:%d}", 1000-depth+i)
		}
		if list != want {
			t.Errorf("depth %d: %s, want %s", depth, list, want)
		}
		for _, name := range []string{"boxes in boxes", "slice nested", "maps int map", "any nil", "map of 10000"} {
			v := h.value(t, name)
			if name == "map of 10000" {
				continue // longer than the default limit of elements
			}
			if got := d.named(name, v.Addr); got != v.Want {
				t.Errorf("depth %d: %s: %.200s, want %.200s", depth, name, got, v.Want)
			}
		}
		if got := d.loss(mock.DepthLimit); got == 0 {
			t.Errorf("depth %d: no loss is recorded", depth)
		}
	}
	// The edge keeps its type, and keys keep theirs.
	d := h.walk(t, h.types("DWARF"), h, Limits{Depth: 1}, "tree", "maps string string")
	for _, s := range d.stubs {
		if s.Reason != mock.DepthLimit || d.types[s.Type].Name != "main.tree" || s.Size != 48 {
			t.Errorf("stub %+v of type %s", s, d.types[s.Type].Name)
		}
	}
	if len(d.stubs) != 2 {
		t.Errorf("%d stubs, want those of the tree's two branches", len(d.stubs))
	}
}

// TestSharing reaches an object first at the edge of the depth and then from a
// variable nearby, in one run and in two. B2.9
func TestSharing(t *testing.T) {
	h := fixture(t)
	for _, runs := range []int{1, 2} {
		s := h.session(t, h, Limits{Depth: 1})
		v := s.root("deep", false) // ***point, at depth 1 only the first step
		if runs == 2 {
			s.Run(t.Context())
		}
		s.root("pointer", false) // the same point, one step away
		s.Run(t.Context())
		d := s.finish()
		p := h.value(t, "pointer")
		if got := d.named("pointer", p.Addr); got != p.Want {
			t.Errorf("%d runs: %s, want %s", runs, got, p.Want)
		}
		if got := d.named("deep", v.Addr); got != v.Want {
			t.Errorf("%d runs: %s, want %s", runs, got, v.Want)
		}
	}
}

// TestStored keeps what a variable refers to, but not its own bytes.
func TestStored(t *testing.T) {
	h := fixture(t)
	s := h.session(t, h, Limits{Depth: 3})
	v := s.root("slice of strings", true)
	inner := s.root("pointer into", false)
	s.Stored(h.value(t, "pointer").Addr, 8)
	s.root("pointer to pointer", false)
	s.Run(t.Context())
	d := s.finish()
	if d.bytes(v.Addr, 24) != nil {
		t.Error("the slice's header is in the image")
	}
	if d.bytes(h.value(t, "pointer").Addr, 8) != nil {
		t.Error("what was stored is in the image")
	}
	var header [24]byte
	if err := h.ReadMemory(header[:], v.Addr); err != nil {
		t.Fatal(err)
	}
	if got := d.value(d.types[d.roots["slice of strings"]], header[:]); got != v.Want {
		t.Errorf("elements: %s, want %s", got, v.Want)
	}
	if got := d.named("pointer into", inner.Addr); got != inner.Want {
		t.Errorf("%s, want %s", got, inner.Want)
	}
}

// TestRootBytes follows a variable whose bytes are at hand.
func TestRootBytes(t *testing.T) {
	h := fixture(t)
	s := h.session(t, h, everything)
	for _, name := range []string{"generic", "anys", "chan", "closure", "direct", "maps any any", "ring"} {
		v := h.value(t, name)
		typ, err := s.cfg.Types.FromRType(v.RType)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, typ.Size())
		if err := h.ReadMemory(b, v.Addr); err != nil {
			t.Fatal(err)
		}
		s.RootBytes(typ, b)
		defer func() {
			got, want := s.d.value(s.d.types[typ.ID()], b), v.Want
			if got, want = contexts.ReplaceAllString(got, "$1"), contexts.ReplaceAllString(want, "$1"); got != want && name != "ring" {
				t.Errorf("%s: %.300s, want %.300s", name, got, want)
			}
		}()
	}
	s.Run(t.Context())
	s.finish()
}

// TestOrder walks in two runs: what the first reached comes first.
func TestOrder(t *testing.T) {
	h := fixture(t)
	s := h.session(t, h, everything)
	s.root("maps int int", false)
	s.Run(t.Context())
	maps, bytes := len(s.d.maps), len(s.d.extents)
	if maps == 0 || bytes == 0 {
		t.Fatalf("after the first run: %d maps, %d extents", maps, bytes)
	}
	s.root("maps string string", false)
	s.Run(t.Context())
	if len(s.d.maps) <= maps {
		t.Error("the second run found nothing")
	}
	s.finish()
}

// TestElementLimits cuts strings, slices, maps and arrays, and says where.
func TestElementLimits(t *testing.T) {
	h := fixture(t)
	d := h.walk(t, h.types("DWARF"), h, Limits{Depth: -1, Elements: 2, String: 10})
	for name, want := range map[string]string{
		"slice":            "[1 2 <element limit>]",
		"slice of strings": `["a" "" <element limit>]`,
		"bytes":            "[115 111 109 101 32 98 121 116 101 115]",
		"string part":      `"34567"`,
		"string long":      "<string limit>",
	} {
		if got := d.named(name, h.value(t, name).Addr); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	long := h.value(t, "string long")
	at := u64(d.bytes(long.Addr, 8))
	if got := string(d.bytes(at, 10)); got != "0123456789" {
		t.Errorf("beginning of the long string: %q", got)
	}
	for _, m := range d.maps {
		if m.Count != min(m.Len, 2) || (m.Reason == mock.ElementLimit) != (m.Len > 2) {
			t.Errorf("map %+v", m)
		}
	}
	for _, s := range d.stubs {
		if s.Reason == mock.StringLimit && s.Addr == at+10 && (s.Len != 50000 || s.Size != 49990) {
			t.Errorf("stub of the string's tail: %+v", s)
		}
	}
}

// TestBudgets exhausts each budget in turn: the walk ends, keeps within it, and
// says what is missing.
func TestBudgets(t *testing.T) {
	h := fixture(t)
	for _, tc := range []struct {
		lim Limits
		why mock.Reason
	}{
		{Limits{Depth: -1, Bytes: 20000}, mock.ByteLimit},
		{Limits{Depth: -1, Objects: 100}, mock.ObjectLimit},
	} {
		d := h.walk(t, h.types("DWARF"), h, tc.lim)
		if d.loss(tc.why) == 0 {
			t.Errorf("%v: no loss is recorded: %+v", tc.why, d.losses)
		}
		if tc.lim.Bytes > 0 && d.figures.Bytes > tc.lim.Bytes || tc.lim.Objects > 0 && d.figures.Objects > tc.lim.Objects {
			t.Errorf("%v: %+v", tc.why, d.figures)
		}
		for _, v := range h.values { // whatever is there, nothing is without a reason
			if got := d.named(v.Name, v.Addr); strings.Contains(got, "<absent") {
				t.Errorf("%v: %s: %.200s", tc.why, v.Name, got)
			}
		}
	}
	s := h.session(t, h, everything)
	v := s.root("tree", false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx)
	if d := s.finish(); d.named("tree", v.Addr) != "<time limit>" || d.loss(mock.TimeLimit) != 1 {
		t.Errorf("after the deadline: %s, %+v", d.named("tree", v.Addr), d.losses)
	}
}

// chain is larger than the budget allows for a million.
type chain struct {
	next *chain
	pad  [9]int
}

// TestMillionNodes follows a list of a million nodes within the default
// budgets: it ends at the budget for bytes, with a stub for the tail. B2.7
func TestMillionNodes(t *testing.T) {
	nodes := make([]chain, 1_000_000)
	for i := range nodes[:len(nodes)-1] {
		nodes[i].next = &nodes[i+1]
	}
	head := &nodes[0]
	h, ts := self(t)
	d := newDumped(t)
	ts.Begin(h, d.typ)
	w := New(Config{Types: ts, Mem: h, Limits: Limits{Depth: -1}, Emit: d.add, Func: func(uint64) model.FuncID { return 0 }, Code: func(uint64) bool { return false }})
	var zero any = head
	typ, err := ts.FromRType(*(*uint64)(unsafe.Pointer(&zero)))
	if err != nil {
		t.Fatal(err)
	}
	w.Root(typ, uint64(uintptr(unsafe.Pointer(&head))), false)
	w.Run(t.Context())
	d.losses = w.Finish()
	ts.Finish()
	d.check()
	kept := Defaults.Bytes / int64(unsafe.Sizeof(chain{}))
	if got := w.Figures().Bytes; got > Defaults.Bytes || got < Defaults.Bytes-1000 {
		t.Errorf("%d bytes kept", got)
	}
	if len(d.stubs) != 1 || d.stubs[0].Reason != mock.ByteLimit || d.types[d.stubs[0].Type].Name != typ.Elem().Name() {
		t.Fatalf("stubs: %+v", d.stubs)
	}
	last := uint64(uintptr(unsafe.Pointer(&nodes[kept])))
	if at := d.stubs[0].Addr; at < last-400 || at > last+400 {
		t.Errorf("the tail begins %d bytes from where the budget ends", int64(at-last))
	}
	runtime.KeepAlive(nodes)
}
