//go:build linux && amd64

package hostile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// graphSessions are the commands that follow what leads from goroutine to
// goroutine, from context to context, and from frame to source.
var graphSessions = [][]string{
	{"open", "-c", "goroutines"}, {"open", "-c", "tree"}, {"open", "-c", "tree -a -l"},
	{"open", "-c", "waits", "-c", "locks -a", "-c", "contexts"}, {"open", "-c", "goroutines -exec waits"},
	{"open", "-c", "rules", "-c", "bt 1000", "-c", "bt -full", "-c", "locals"},
	{"export", "--limit", "16"}, {"export", "--text", "-g", "1"}, {"info"},
}

// TestBombsOfGraphs is TestBombs for those commands.
func TestBombsOfGraphs(t *testing.T) { explode(t, graphBombs, graphSessions) }

// graphBombs lead from one thing to very many others.
var graphBombs = map[string]func(b *bomb){
	"frames in many files": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		b.put(1<<40, make([]byte, 8))
		v := at("v", t, 1<<40)
		v.DeclLine = 1
		s := &model.Stack{ID: model.StackID(b.id())}
		var files []string
		for i := range 2000 {
			f := &model.Func{ID: model.FuncID(b.id()), Name: "main.f", File: fmt.Sprint("/", i), Flags: model.FuncUser}
			loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1, Vars: []model.Var{v}}}}
			b.add(f, loc)
			s.Frames = append(s.Frames, model.StackFrame{Loc: loc.ID})
			files = append(files, f.File, fmt.Sprintf("package main; func main() { v := %d; v = 2; _ = v }", i))
		}
		b.meta.Optimized = true
		b.sources(files...)
		b.add(s, &model.Goroutine{ID: 1, Stack: s.ID, Flags: model.GoAsked})
	},
	"chain of parents": func(b *bomb) {
		b.crash()
		b.add(repeat(most, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Parent: model.GoID(i + 1)} })...)
	},
	"way into a circle of parents": func(b *bomb) {
		b.crash()
		b.add(repeat(most, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Parent: model.GoID(max(2, i+1))} })...)
		b.add(&model.Goroutine{ID: most + 3, Parent: most + 2})
	},
	"circle of parents": func(b *bomb) {
		b.crash()
		b.add(repeat(most, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Parent: model.GoID((i+1)%most + 2)} })...)
	},
	"unlike children": func(b *bomb) { // of one stack, each started with another function
		b.crash()
		b.add(repeat(most/4, func(i int) any { return &model.Func{ID: model.FuncID(i + 10), Name: fmt.Sprint("main.f", i)} })...)
		b.add(repeat(most/4, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Parent: 1, Stack: 3, Start: model.FuncID(i + 10)}
		})...)
	},
	"circle of resumers": func(b *bomb) {
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked | model.GoCoroutine, Resumer: 1})
		b.add(repeat(20, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: model.StackID(b.ids), Resumer: model.GoID((i+1)%20 + 2), Flags: model.GoCoroutine}
		})...)
	},
	"chain of resumers": func(b *bomb) {
		b.crash()
		b.add(repeat(500, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: 3, Resumer: model.GoID(i + 1), Flags: model.GoCoroutine}
		})...)
	},
	"resumers without frames": func(b *bomb) {
		b.crash()
		b.add(repeat(most, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Resumer: model.GoID(i + 1), Flags: model.GoCoroutine}
		})...)
	},
	"registers of frames": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		g := &model.Goroutine{ID: 1, Flags: model.GoAsked}
		for range most {
			g.Inline = append(g.Inline, model.FrameInline{Bytes: []byte{1}})
		}
		var vars []model.Var
		for range most / 16 {
			vars = append(vars, model.Var{Name: "v", Type: t, Place: model.PlaceRegs})
		}
		b.frames(10, g, vars...)
	},
	"foreign frames": func(b *bomb) {
		c := make([]model.CFrame, most)
		for i := range c {
			c[i] = model.CFrame{PC: 1, Frame: int64(i)}
		}
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked, Foreign: c})
	},
	"locks of one goroutine": func(b *bomb) {
		b.locks(most/2, most/2, func(int) uint64 { return 0x5000 })
	},
	"many locks of one goroutine": func(b *bomb) {
		b.locks(most/2, most/2, func(i int) uint64 { return 0x5000 + uint64(i)*8 })
	},
	"many goroutines at one lock": func(b *bomb) {
		b.locks(1, 1, func(int) uint64 { return 0x5000 })
		unlock := &model.Func{ID: model.FuncID(b.id()), Name: "sync.(*Mutex).Unlock"}
		b.add(unlock)
		b.add(repeat(most/4, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 10), Stack: 3, Waits: []model.Wait{{Kind: "semaphore", Object: 0x5000, ObjectType: "sync.Mutex"}},
				Defers: []model.Defer{{Func: unlock.ID, Target: unlock.ID, Receiver: 0x5000}}}
		})...)
	},
	"variables of many goroutines": func(b *bomb) { // each with as much as is shown of one
		t := b.typ(model.Type{Kind: model.KindArray, Elem: b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"}), Len: 1000, Size: 1000, Name: "[1000]int8"})
		b.put(1<<40, make([]byte, 1000))
		var vars []model.Var
		for range 500 {
			vars = append(vars, at("v", t, 1<<40))
		}
		b.frames(100, &model.Goroutine{ID: 1, Flags: model.GoAsked}, vars...)
		stack := model.StackID(b.ids)
		b.add(repeat(most/16, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack} })...)
	},
	"waits for many types": func(b *bomb) {
		b.crash()
		b.add(repeat(most/8, func(i int) any {
			return &model.Type{ID: model.TypeID(b.id()), Kind: model.KindInt8, Size: 1, Name: "int8"}
		})...)
		b.add(repeat(most/16, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Waits: []model.Wait{{Kind: "poll", Object: 1, ObjectType: fmt.Sprint(i)}}}
		})...)
	},
	"locks behind much of the standard library": func(b *bomb) {
		f := &model.Func{ID: model.FuncID(b.id()), Name: "sync.f", Flags: model.FuncStd}
		unlock := &model.Func{ID: model.FuncID(b.id()), Name: "sync.(*Mutex).Unlock"}
		loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1}}}
		s := &model.Stack{ID: model.StackID(b.id()), Frames: make([]model.StackFrame, most)}
		for i := range s.Frames {
			s.Frames[i].Loc = loc.ID
		}
		b.add(f, unlock, loc, s)
		b.add(repeat(1000, func(i int) any {
			g := &model.Goroutine{ID: model.GoID(i + 1), Stack: s.ID, Waits: []model.Wait{{Kind: "semaphore", Object: 0x5000, ObjectType: "sync.Mutex"}}}
			for range 200 {
				g.Defers = append(g.Defers, model.Defer{Func: unlock.ID, Target: unlock.ID, Receiver: 0x5000, Frame: most - 1})
			}
			return g
		})...)
	},
	"readers at one lock": func(b *bomb) { // which nobody is known to hold
		b.crash()
		b.add(repeat(most/2, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), WaitReason: "sync.RWMutex.RLock", Waits: []model.Wait{{Kind: "semaphore", Object: 0x5000, ObjectType: "sync.RWMutex"}}}
		})...)
	},
	"writers behind readers": func(b *bomb) {
		unlock := &model.Func{ID: model.FuncID(b.id()), Name: "sync.(*RWMutex).RUnlock"}
		b.add(unlock)
		b.crash()
		b.add(repeat(most/2, func(i int) any {
			g := &model.Goroutine{ID: model.GoID(i + 2)}
			if i < 200 {
				g.Defers = []model.Defer{{Func: unlock.ID, Target: unlock.ID, Receiver: 0x5000}}
			} else {
				g.Waits = []model.Wait{{Kind: "semaphore", Object: 0x5000, ObjectType: "sync.RWMutex"}}
			}
			return g
		})...)
	},
	"locks of many variables": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: "int"})
		vars := make([]model.Var, most/4)
		for i := range vars {
			vars[i] = at("v", t, 1<<40)
		}
		b.put(1<<40, make([]byte, 8))
		b.locks(most/2, most/2, func(i int) uint64 { return 0x5000 + uint64(i)*8 }, vars...)
	},
	"contexts of fields": func(b *bomb) {
		b.contexts(most/16, 1)
	},
	"contexts of contexts": func(b *bomb) {
		b.contexts(1000, most/8)
	},
	"source of loops": func(b *bomb) { // one in another, around many assignments
		const deep = 900
		b.assigning("package p\nfunc f() {" + strings.Repeat("for{", deep) + strings.Repeat("x=1;", 110_000) + strings.Repeat("}", deep) + "}")
	},
	"source of names": func(b *bomb) {
		b.assigning("package p\nfunc f() {" + strings.Repeat("x,", 250_000) + "x=1}")
	},
	"source of little": func(b *bomb) {
		b.assigning("package p\nfunc f() {" + strings.Repeat(";", 500_000) + "}")
	},
	"source of depth": func(b *bomb) {
		b.assigning("package p\nfunc f() {x=" + strings.Repeat("(", 500_000) + "}")
	},
	"source of brackets": func(b *bomb) {
		b.assigning("package p\nfunc f() {x=" + strings.Repeat("!", 90_000) + "1}")
	},
	"sources of assignments": func(b *bomb) { // a file for each frame
		b.meta.Optimized = true
		t := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: "int"})
		b.put(1<<40, make([]byte, 8))
		v := at("x", t, 1<<40)
		v.DeclLine = 2
		s := &model.Stack{ID: 1}
		for i := range 12 {
			file := fmt.Sprintf("/%d.go", i)
			b.source(file, []byte("package p\nfunc f() {for{for{for{"+strings.Repeat("for{x=1};", 55_000)+file[1:len(file)-3]+"}}}}"))
			f := &model.Func{ID: model.FuncID(b.id()), Name: "main.f", File: file}
			loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1, Vars: []model.Var{v}}}}
			b.add(f, loc)
			s.Frames = append(s.Frames, model.StackFrame{Loc: loc.ID})
		}
		b.add(s, &model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: 1})
	},
	"frames with much source": func(b *bomb) {
		b.source("/main.go", []byte(strings.Repeat("\n", 16<<20-1000)))
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked})
	},
	"rules": func(b *bomb) {
		name := "main." + strings.Repeat("a", 1<<20)
		f := &model.Func{ID: 1, Name: name}
		b.ids = 1
		b.add(f)
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked})
		text := strings.Repeat("hide *a*a*a*a*a*a*b\ninsert * \"{x+x+x+x+x+x+x+x+x+x+x+x+x}\"\n", 500)
		b.add(repeat(500, func(i int) any { return &model.Rule{Origin: model.RuleLibrary, Name: fmt.Sprint(i), Text: text} })...)
	},
	"rules for many functions": func(b *bomb) { // each in a goroutine of its own
		b.crash()
		var all []any
		for i := range 3000 {
			f := &model.Func{ID: model.FuncID(b.id()), Name: "main." + strings.Repeat("a", 4000) + fmt.Sprint(i)}
			loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1}}}
			s := &model.Stack{ID: model.StackID(b.id()), Frames: []model.StackFrame{{Loc: loc.ID}}}
			all = append(all, f, loc, s, &model.Goroutine{ID: model.GoID(i + 2), Stack: s.ID})
		}
		b.add(all...)
		b.add(&model.Rule{Text: strings.Repeat("hide *a*a*a*a*a*a*b\n", 900)})
	},
	"rules for wrappers": func(b *bomb) {
		f := &model.Func{ID: 1, Name: "main." + strings.Repeat("a", 1<<20)}
		loc := &model.Loc{ID: 1, PC: 1, Frames: []model.LocFrame{{Func: f.ID, Hidden: true}}}
		b.ids = 1
		s := &model.Stack{ID: 1, Frames: make([]model.StackFrame, most)}
		for i := range s.Frames {
			s.Frames[i].Loc = 1
		}
		b.add(f, loc, &model.Loc{ID: 2, PC: 2, Frames: []model.LocFrame{{Line: 1}}})
		s.Frames[0].Loc = 2
		b.add(s, &model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: 1}, &model.Rule{Text: "hide x"})
	},
	"labels of many goroutines": func(b *bomb) { // with as much as is shown of a value
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		for range 3 {
			t = b.typ(model.Type{Kind: model.KindArray, Elem: t, Len: 8, Size: 8, Name: "[8]T"})
		}
		b.put(1<<40, make([]byte, 8))
		b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, at("x", t, 1<<40))
		stack := model.StackID(b.ids)
		b.add(repeat(1000, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack} })...)
		b.add(&model.Rule{Text: "insert * \"" + strings.Repeat("{x}", 16) + "\""})
	},
	"labels that compute": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindArray, Elem: b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"}), Len: 1 << 16, Size: 1 << 16, Name: "[65536]int8"})
		b.put(1<<40, make([]byte, 1<<16))
		b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, at("x", t, 1<<40))
		b.add(&model.Rule{Text: "insert * \"" + strings.Repeat("{x==x&&x==x}", 16) + "\""})
	},
	"labels that compare": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindString, Size: 16, Name: "string"})
		b.put(1<<40, words(2<<40, 1<<20))
		b.put(2<<40, make([]byte, 1<<20))
		b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, at("x", t, 1<<40))
		b.add(&model.Rule{Text: "insert * \"" + strings.Repeat("{x==x"+strings.Repeat("&&x==x", 500)+"}", 16) + "\""})
	},
	"labels that concatenate": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindString, Size: 16, Name: "string"})
		b.put(1<<40, words(2<<40, 1<<20))
		b.put(2<<40, make([]byte, 1<<20))
		b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, at("x", t, 1<<40))
		b.add(&model.Rule{Text: "insert * \"" + strings.Repeat("{x"+strings.Repeat("+x", 1000)+"}", 16) + "\""})
	},
	"labels that look for names": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		b.put(1<<40, make([]byte, 8))
		b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, slices.Repeat([]model.Var{at("x", t, 1<<40)}, most)...)
		b.add(&model.Rule{Text: "insert * \"" + strings.Repeat("{x==x"+strings.Repeat("&&x==x", 500)+"}", 16) + "\""})
	},
	"rules for joined stacks": func(b *bomb) {
		b.frames(most/256, &model.Goroutine{ID: 1, Flags: model.GoAsked, Resumer: 2})
		stack := model.StackID(b.ids)
		b.add(repeat(1000, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack, Flags: model.GoSystem, Resumer: model.GoID(i + 3)}
		})...)
		b.add(&model.Rule{Text: "hide x"})
	},
	"problems of rules": func(b *bomb) {
		b.crash()
		b.add(repeat(16, func(i int) any { return &model.Rule{Text: "hide x", Problems: make([]string, most)} })...)
	},
}

// locks has a goroutine that waits for locks, and has deferred to unlock some.
func (b *bomb) locks(waits, defers int, at func(i int) uint64, vars ...model.Var) {
	unlock := &model.Func{ID: model.FuncID(b.id()), Name: "sync.(*Mutex).Unlock"}
	b.add(unlock)
	g := &model.Goroutine{ID: 1, Flags: model.GoAsked}
	for i := range waits {
		g.Waits = append(g.Waits, model.Wait{Kind: "semaphore", Object: at(i), ObjectType: "sync.Mutex"})
	}
	for i := range defers {
		g.Defers = append(g.Defers, model.Defer{Func: unlock.ID, Target: unlock.ID, Receiver: at(i) + 1<<30})
	}
	b.frames(most/2, g, vars...)
	b.add(&model.Goroutine{ID: 2, Waits: g.Waits, Defers: []model.Defer{{Func: unlock.ID, Receiver: at(0)}}})
}

// contexts has variables that are contexts of a type with fields which are
// structs with as many fields.
func (b *bomb) contexts(fields, vars int) {
	empty := b.typ(model.Type{Kind: model.KindStruct, Name: "struct {}"})
	var in, out []model.Field
	for range fields {
		in = append(in, model.Field{Name: "E", Type: empty, Embedded: true})
	}
	inner := b.typ(model.Type{Kind: model.KindStruct, Name: "T", Fields: in})
	for range fields {
		out = append(out, model.Field{Name: "T", Type: inner, Embedded: true})
	}
	ctx := b.typ(model.Type{Kind: model.KindStruct, Size: 8, Name: "context.myCtx", Fields: out})
	b.put(1<<40, make([]byte, 8))
	var list []model.Var
	for range vars {
		list = append(list, at("ctx", ctx, 1<<40))
	}
	b.crash(list...)
}

// assigning has an optimised program whose frames are in a source.
func (b *bomb) assigning(text string) {
	b.meta.Optimized = true
	b.source("/main.go", []byte(text))
	t := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: "int"})
	b.put(1<<40, make([]byte, 8))
	v := at("x", t, 1<<40)
	v.DeclLine = 2
	b.frames(1000, &model.Goroutine{ID: 1, Flags: model.GoAsked}, v, v, v, v)
}
