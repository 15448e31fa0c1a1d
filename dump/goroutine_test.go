package dump

import (
	"slices"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// service adds a crash: goroutine 7 in main.handle, into which main.parse was
// inlined, called by main.main; and goroutines 1 and 9, which wait.
func service(b *builder) {
	i64 := b.basic("int", model.KindInt)
	ptr := b.pointer(i64)
	eface := b.typ(model.Type{Kind: model.KindInterface, Name: "interface {}", Flags: model.TypeEmptyIface})
	chan64 := b.typ(model.Type{Kind: model.KindChan, Name: "chan int", Elem: i64, Dir: 3})
	parse, handle := b.function("main.parse", model.FuncUser), b.function("main.handle", model.FuncUser)
	mainFn, park := b.function("main.main", model.FuncUser), b.function("runtime.gopark", model.FuncRuntime)
	top := b.loc(
		model.LocFrame{Func: parse, Line: 12, Inlined: true, Vars: []model.Var{
			{Name: "n", Type: i64, Kind: model.VarParam, Place: model.PlaceRegs, Off: 8},
			{Name: "k", Type: i64, Place: model.PlaceConst, Const: words(31)},
		}},
		model.LocFrame{Func: handle, Line: 20, Vars: []model.Var{
			{Name: "req", Type: ptr, Kind: model.VarParam, Place: model.PlaceCFA, Off: 8},
			{Name: "total", Type: i64, Place: model.PlaceCFA, Off: -16, Flags: model.VarEscaped, DeclLine: 19},
			{Name: "late", Type: i64, Place: model.PlaceCFA, Off: -8, Flags: model.VarEscaped, Scope: 1},
			{Name: "gone", Type: i64, Place: model.PlaceNone, Reason: mock.OptimizedOut},
		}})
	bottom := b.loc(model.LocFrame{Func: mainFn, Line: 40, File: "/src/gen.go", Reason: mock.DepthLimit})
	waiting := b.loc(model.LocFrame{Func: park, Line: 5, Hidden: true})
	crash := b.stack(model.Stack{
		Frames:   []model.StackFrame{{Loc: top, CFA: 0x20, SP: 0}, {Loc: bottom, CFA: 0x100, SP: 0x20}},
		Spans:    []model.Span{{Off: 0x10, Len: 0x20}, {Off: 0x80, Len: 8}},
		ElidedAt: 1, Elided: 5,
	})
	parked := b.stack(model.Stack{Frames: []model.StackFrame{{Loc: waiting, CFA: 0x10}}})
	b.goroutines = []*model.Goroutine{
		{ID: 9, Status: model.StatusWaiting, WaitReason: "chan send", WaitSince: 400_000, Parent: 1, Created: bottom, Start: handle,
			Stack: parked, Base: 0x80000, Waits: []model.Wait{{Addr: 0xc000, Type: chan64, Kind: "chan send", Elem: 0x2000}}},
		{ID: 7, Status: model.StatusRunning, Flags: model.GoAsked | model.GoLocked, Thread: 44, Labels: []model.KV{{Key: "k", Value: "v"}},
			Stack: crash, Base: 0x70000, Image: words(0x2000, 0, 0xdead, 0x3000, 1234)[:40],
			Inline: []model.FrameInline{{Frame: 0, Bytes: words(1, 21)}},
			Defers: []model.Defer{{Frame: 0, Func: handle, Line: 18}, {Frame: 1, Func: parse, Line: 39, Running: true}, {Frame: -1, Func: mainFn}},
			Panics: []model.Panic{{Type: eface, Addr: 0x5000, Frame: 1}, {Goexit: true, Frame: -1}},
			Errors: []string{"frame 2: unreadable"}},
		{ID: 1, Status: model.StatusWaiting, WaitReason: "chan receive", Stack: parked, Base: 0x60000},
	}
	b.cause.Type, b.cause.Addr, b.cause.Frame, b.cause.AskFrame = eface, 0x5000, 1, 2
	b.put(0x2000, words(55))
	b.put(0x3000, words(66))
	b.put(0x5000, words(0x500000, 0x2000))
	b.objects = append(b.objects, &model.TypeWord{Addr: 0x500000, Type: i64}, &model.ChanObj{Addr: 0xc000, Type: chan64})
	b.globals = append(b.globals, &model.Global{Name: "main.counter", Type: i64, Addr: 0x3000})
}

func TestGoroutines(t *testing.T) {
	b := newBuilder()
	service(b)
	d := b.open(t)

	var ids []GoID
	for g := range d.Goroutines() {
		ids = append(ids, g.ID())
	}
	if !slices.Equal(ids, []GoID{7, 1, 9}) {
		t.Errorf("order %v, want the one that asked and then by number", ids)
	}
	if d.NumGoroutines() != 3 {
		t.Errorf("%d goroutines", d.NumGoroutines())
	}
	g, ok := d.Goroutine(9)
	if !ok || g.Status() != StatusWaiting || g.Status().String() != "waiting" || g.WaitReason() != "chan send" || g.Parent() != 1 {
		t.Errorf("goroutine 9: %v %v %q", ok, g.Status(), g.WaitReason())
	}
	if wait, ok := g.WaitTime(); wait != 600*time.Microsecond || !ok {
		t.Errorf("waits since %v, %v", wait, ok)
	}
	if c := g.Created(); c.Function.Name() != "main.main" || c.File != "/src/gen.go" || c.Line != 40 {
		t.Errorf("created by %+v", c)
	}
	if f, ok := g.Start(); !ok || f.Name() != "main.handle" {
		t.Errorf("starts with %v", f)
	}
	w := g.Waits()
	if len(w) != 1 || w[0].Kind != "chan send" {
		t.Fatalf("waits for %+v", w)
	}
	if ch, ok := w[0].Chan(); !ok || ch.Pointer() != 0xc000 {
		t.Errorf("waits for %#x", ch.Pointer())
	}
	if e, ok := w[0].Elem(); !ok {
		t.Error("sends nothing")
	} else if n, _ := e.Int(); n != 55 {
		t.Errorf("sends %d", n)
	}
	if _, ok := d.Goroutine(8); ok {
		t.Error("goroutine 8 exists")
	}
	one, _ := d.Goroutine(1)
	if one.StackID() != g.StackID() || one.StackID() == 0 {
		t.Error("equal stacks have different numbers")
	}
	asked, _ := d.Asked()
	if asked.ID() != 7 || !asked.Asked() || !asked.Locked() || asked.Thread() != 44 || asked.Labels()[0] != (KV{"k", "v"}) {
		t.Errorf("goroutine %d asked", asked.ID())
	}
	if before, n := asked.Elided(); before != 2 || n != 5 { // B2.15
		t.Errorf("%d frames left out before %d", n, before)
	}
	if len(asked.Errors()) != 1 {
		t.Errorf("errors %v", asked.Errors())
	}
}

func TestFramesAndVariables(t *testing.T) {
	b := newBuilder()
	service(b)
	d := b.open(t)
	g, _ := d.Asked()

	var names []string
	for f := range g.Frames() {
		names = append(names, f.Function().Name())
	}
	if !slices.Equal(names, []string{"main.parse", "main.handle", "main.main"}) {
		t.Fatalf("frames %v", names)
	}
	f, _ := g.Frame(1)
	if f.Line() != 20 || f.File() != "/src/main.go" || f.Inlined() || f.CFA() != 0x70020 || f.SP() != 0x70000 {
		t.Errorf("frame 1 at %s:%d, CFA %#x, SP %#x", f.File(), f.Line(), f.CFA(), f.SP())
	}
	ints := map[string]int64{}
	for f := range g.Frames() {
		for _, v := range f.Variables() {
			if n, ok := v.Value().Int(); ok {
				ints[v.Name()] = n
			}
		}
	}
	want := map[string]int64{"n": 21, "k": 31, "total": 55}
	for name, n := range want {
		if ints[name] != n {
			t.Errorf("%s = %d, want %d", name, ints[name], n)
		}
	}
	vars := f.Variables()
	if n, ok := vars[0].Value().Elem().Int(); n != 66 || !ok {
		t.Errorf("*req = %d, %v", n, ok)
	}
	if !vars[1].Escaped() || vars[1].Value().Addr() != 0x2000 || vars[1].DeclLine() != 19 {
		t.Errorf("total at %#x", vars[1].Value().Addr())
	}
	for i, reason := range map[int]mock.Reason{2: mock.Dead, 3: mock.OptimizedOut} {
		if s, lost := vars[i].Value().Stub(); !lost || s.Reason != reason || s.Type != "int" {
			t.Errorf("%s: %v, %v", vars[i].Name(), s, lost)
		}
	}
	last, _ := g.Frame(2)
	if s, none := last.NoVariables(); !none || s.Reason != mock.DepthLimit { // B2.5
		t.Errorf("variables of main: %v, %v", s, none)
	}
	if _, none := f.NoVariables(); none {
		t.Error("frame 1 says that it has no variables")
	}
	for v := range d.Globals() {
		if n, _ := v.Value().Int(); v.Name() != "main.counter" || v.Kind() != VarGlobal || n != 66 { // B2.12
			t.Errorf("%s = %d", v.Name(), n)
		}
	}
}

func TestStackMemory(t *testing.T) {
	b := newBuilder()
	service(b)
	d := b.open(t)
	p := make([]byte, 64)
	n, stub := d.ReadMemory(0x70010, p)
	if n != 0x20 || stub.Reason != mock.Disabled || stub.Addr != 0x70030 {
		t.Errorf("read %d bytes of the first span, %v", n, stub)
	}
	if n, _ := d.ReadMemory(0x70080, p); n != 8 || le.Uint64(p) != 1234 {
		t.Errorf("read %d bytes of the second span: %d", n, le.Uint64(p))
	}
	if n, _ := d.ReadMemory(0x70000, p); n != 0 {
		t.Errorf("read %d bytes before the first span", n)
	}
}

func TestPendingCallsAndPanics(t *testing.T) {
	b := newBuilder()
	service(b)
	d := b.open(t)
	g, _ := d.Asked()
	if len(g.Defers()) != 3 {
		t.Fatalf("%d deferred calls", len(g.Defers()))
	}
	for i, want := range []int{0: 0, 1: 18, 2: 39} {
		f, _ := g.Frame(i)
		switch x := f.Defers(); {
		case want == 0 && len(x) != 0:
			t.Errorf("frame %d defers %+v", i, x)
		case want != 0 && (len(x) != 1 || x[0].Line != want):
			t.Errorf("frame %d defers %+v", i, x)
		}
	}
	p := g.Panics()
	if len(p) != 2 || !p[1].Goexit || p[1].Value().Valid() {
		t.Fatalf("panics %+v", p)
	}
	if n, ok := p[0].Value().Elem().Int(); n != 55 || !ok {
		t.Errorf("panicked with %d, %v", n, ok)
	}
	if f, ok := p[0].Frame(); !ok || f.Function().Name() != "main.handle" {
		t.Errorf("panicked in %v", f.Function())
	}
	c := d.Cause()
	if n, _ := c.Value().Elem().Int(); n != 55 || c.Kind != CausePanic || c.Text != "boom" {
		t.Errorf("cause %+v", c)
	}
	if f, ok := c.Frame(); !ok || f.Index() != 1 {
		t.Errorf("culprit %d, %v", f.Index(), ok)
	}
	if f, ok := c.AskFrame(); !ok || f.Index() != 2 {
		t.Errorf("asked in %d, %v", f.Index(), ok)
	}
}
