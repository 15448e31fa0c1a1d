package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gopostmortem/postmortem/internal/model"
)

func TestRecords(t *testing.T) {
	const minute = int64(60e9)
	trace := mustParse(t, crash)
	trace.Goroutines = append(trace.Goroutines, trace.Goroutines[1]) // an equal stack
	trace.Goroutines[4].ID = 9
	r := trace.Records(Program{}, 10*minute)

	g := r.Goroutines[0]
	if g.Status != model.StatusRunning || g.WaitReason != "" || g.Flags != model.GoLocked || g.Parent != 1 || g.Start == 0 || g.Created == 0 {
		t.Errorf("goroutine 18: %+v", g)
	}
	if g := r.Goroutines[1]; g.Status != model.StatusWaiting || g.WaitReason != "chan receive (nil chan)" || g.WaitSince != 7*minute {
		t.Errorf("goroutine 1: %+v", g)
	}
	if g := r.Goroutines[2]; len(g.Errors) != 1 || g.Start != 0 {
		t.Errorf("goroutine 7 lost its oldest frames: %+v, want an error and no start function", g)
	}
	if g := r.Goroutines[3]; g.Stack != 0 || len(g.Errors) != 1 {
		t.Errorf("goroutine 8: %+v, want no stack and an error", g)
	}
	if r.Goroutines[1].Stack != r.Goroutines[4].Stack {
		t.Error("equal stacks are two records")
	}

	first := r.Stacks[g.Stack-1]
	if len(first.Frames) != 3 {
		t.Fatalf("goroutine 18 has %d physical frames, want 3: one call is inlined", len(first.Frames))
	}
	loc := r.Locs[first.Frames[1].Loc-1]
	if len(loc.Frames) != 2 || !loc.Frames[0].Inlined || loc.Frames[1].Inlined || loc.Frames[0].Line != 12 {
		t.Errorf("location of the inlined call: %+v", loc)
	}
	if l := r.Locs[first.Frames[0].Loc-1]; l.PC != 0x45f8b2 || r.Funcs[l.Frames[0].Func-1].Entry != 0x45f8b2-0x132 {
		t.Errorf("location with a PC: %+v", l)
	}
	if s := r.Stacks[r.Goroutines[2].Stack-1]; s.Elided != 23 || s.ElidedAt != 1 || len(s.Frames) != 2 {
		t.Errorf("elided frames: %+v", s)
	}
}

func TestFunctions(t *testing.T) {
	prog := Program{Main: "example.com/shop", Modules: []string{"example.com/shopping", "gopkg.in/yaml.v3", "dotless/dep"}}
	tests := []struct {
		name, pkg string
		flags     uint64
	}{
		{"main.main", "main", model.FuncUser},
		{"example.com/shop/cart.(*T).M", "example.com/shop/cart", model.FuncUser},
		{"example.com/shop.F[...]", "example.com/shop", model.FuncUser},
		{"example.com/shopping.F", "example.com/shopping", 0},
		{"gopkg.in/yaml%2ev3.Unmarshal.func1", "gopkg.in/yaml.v3", 0},
		{"dotless/dep.F", "dotless/dep", 0},
		{"runtime.gopanic", "runtime", model.FuncRuntime | model.FuncStd},
		{"runtime/debug.Stack", "runtime/debug", model.FuncRuntime | model.FuncStd},
		{"internal/runtime/maps.fatal", "internal/runtime/maps", model.FuncRuntime | model.FuncStd},
		{"net/http.(*conn).serve", "net/http", model.FuncStd},
		{"slices.SortFunc[...]", "slices", model.FuncStd},
	}
	for _, tt := range tests {
		pkg := PackageOf(tt.name)
		if pkg != tt.pkg || prog.flags(pkg) != tt.flags {
			t.Errorf("%s: package %q, flags %b, want %q, %b", tt.name, pkg, prog.flags(pkg), tt.pkg, tt.flags)
		}
	}
	if f := (Program{}).flags("example.com/any"); f != model.FuncUser {
		t.Errorf("without build information a package has flags %b, want the user's", f)
	}
}

// FuzzParse: any text gives records whose references hold, in bounded number.
func FuzzParse(f *testing.F) {
	f.Add(crash)
	f.Add(everyLine(func(_ int, s string) string { return "10:00:00 " + s }))
	f.Add("goroutine 1 [running]:\n...5 frames elided...\nmain.f(...)\n\t/x.go:1\n...5 frames elided...\n")
	f.Add("goroutine 1 [] {a: b}:\npanic: x\ngoroutine 1 [running]:\n")
	f.Fuzz(func(t *testing.T, s string) {
		limits := Limits{Goroutines: 8, Frames: 64}
		p := NewParser(strings.NewReader(s), limits)
		for range 1000 {
			trace, err := p.Next()
			if err == ErrNoTraceback {
				return
			}
			if err != nil || len(trace.Goroutines) == 0 || len(trace.Goroutines) > limits.Goroutines {
				t.Fatalf("%d goroutines, %v", len(trace.Goroutines), err)
			}
			check(t, trace.Records(Program{Main: "m"}, 1<<50))
			again := trace.Records(Program{Main: "m"}, 1<<50)
			if diff := cmp.Diff(again, trace.Records(Program{Main: "m"}, 1<<50)); diff != "" {
				t.Fatalf("records differ from one call to the next:\n%s", diff)
			}
		}
	})
}

// check verifies that every reference in r leads to a record.
func check(t *testing.T, r *Records) {
	frames := 0
	for _, l := range r.Locs {
		if len(l.Frames) == 0 || l.Frames[len(l.Frames)-1].Inlined {
			t.Fatalf("location %+v does not end in a physical frame", l)
		}
		for _, f := range l.Frames {
			if f.Func == 0 || int(f.Func) > len(r.Funcs) || f.Line < 0 {
				t.Fatalf("frame %+v refers to nothing", f)
			}
		}
	}
	for _, s := range r.Stacks {
		frames += len(s.Frames)
		if s.Elided < 0 || s.ElidedAt < 0 || s.ElidedAt > int64(len(s.Frames)) {
			t.Fatalf("stack %+v leaves out what it cannot", s)
		}
		for _, f := range s.Frames {
			if f.Loc == 0 || int(f.Loc) > len(r.Locs) {
				t.Fatalf("stack frame %+v refers to nothing", f)
			}
		}
	}
	for _, g := range r.Goroutines {
		if g.ID == 0 || int(g.Stack) > len(r.Stacks) || int(g.Created) > len(r.Locs) || int(g.Start) > len(r.Funcs) {
			t.Fatalf("goroutine %+v refers to nothing", g)
		}
	}
	if frames > 64 {
		t.Fatalf("%d frames, beyond the limit", frames)
	}
}
