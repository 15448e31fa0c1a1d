//go:build linux && amd64

package hostile

import (
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// manySessions are the commands that tell much of each goroutine.
var manySessions = [][]string{
	{"open", "-c", "goroutines -exec waits"}, {"open", "-c", "goroutines -l"}, {"open", "-c", "goroutine 7 waits"},
	{"open", "-c", "config max-output 16", "-c", "goroutines -exec contexts"},
	{"open", "-c", "config max-output 16", "-c", "goroutines -exec bt -defer"}, {"open", "-c", "config max-output 16", "-c", "goroutines -exec locals"},
	{"open", "-c", "config max-output 16", "-c", "goroutines -exec bt -full"}, {"open", "-c", "config max-output 16", "-c", "goroutines -exec bt -json"},
	{"export", "--limit", "16"}, {"export", "--text", "--limit", "4"}, {"info"}, {"info", "--json"},
	{"open", "-c", "config max-output 16", "-c", "goroutines -t"}, {"open", "-c", "locks -a", "-c", "tree -a"},
}

// TestBombsOfMany is TestBombs for those commands.
func TestBombsOfMany(t *testing.T) { explode(t, manyBombs, manySessions) }

// manyBombs have many goroutines, each of which leads to much.
var manyBombs = map[string]func(b *bomb){
	"select in a crowd": func(b *bomb) { // many channels that are one, with many in its queues
		ch := b.typ(model.Type{Kind: model.KindChan, Size: 8, Name: "chan struct {}", Elem: b.typ(model.Type{Kind: model.KindStruct, Name: "struct {}"})})
		queue := make([]model.Waiter, most/2)
		for i := range queue {
			queue[i] = model.Waiter{Goroutine: 1, Elem: 0x5000}
		}
		b.put(1<<40, words(0x7000))
		b.add(&model.ChanObj{Addr: 0x7000, Type: ch, Len: 1, Cap: 1, Recv: queue, Send: queue})
		b.crash(at("c", ch, 1<<40))
		waits := make([]model.Wait, 200)
		for i := range waits {
			waits[i] = model.Wait{Addr: 0x7000, Kind: "select"}
		}
		b.add(repeat(1000, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: 3 + 2, Waits: waits, Status: model.StatusWaiting}
		})...)
	},
	"chains of contexts": func(b *bomb) {
		iface := b.typ(model.Type{Kind: model.KindInterface, Size: 16, Name: "context.Context"})
		str := b.typ(model.Type{Kind: model.KindString, Size: 16, Name: "string"})
		ctx := b.typ(model.Type{Kind: model.KindStruct, Size: 48, Name: "context.valueCtx", Fields: []model.Field{
			{Name: "Context", Type: iface, Embedded: true}, {Name: "key", Type: str, Offset: 16}, {Name: "val", Type: str, Offset: 32}}})
		ptr := b.typ(model.Type{Kind: model.KindPointer, Size: 8, Name: "*context.valueCtx", Elem: ctx, Flags: model.TypeDirect})
		b.add(&model.TypeWord{Addr: 0x9000, Type: ptr})
		text := strings.Repeat("\x1b[31m\n", 10000)
		b.put(2<<40, []byte(text))
		var mem []byte
		for i := range uint64(99) {
			mem = append(mem, words(0x9000, 1<<40+(i+1)*48, 2<<40, uint64(len(text)), 2<<40, uint64(len(text)))...)
		}
		b.put(1<<40, mem)
		var vars []model.Var
		for range 1000 {
			vars = append(vars, at("ctx", ctx, 1<<40))
		}
		b.crash(vars...)
		stack := model.StackID(b.ids)
		ch := b.typ(model.Type{Kind: model.KindChan, Size: 8, Name: "chan struct {}", Elem: str})
		b.add(&model.ChanObj{Addr: 0x7000, Type: ch})
		b.add(repeat(5000, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack, Status: model.StatusWaiting, Waits: []model.Wait{{Addr: 0x7000, Kind: "chan receive"}}}
		})...)
	},
	"deferred calls of many": func(b *bomb) {
		f := &model.Func{ID: 900, Name: "main.\x1b]0;x\a\u202e" + strings.Repeat("f", 1000), File: "/\n\x1b"}
		b.add(f)
		b.crash()
		defers := make([]model.Defer, 10000)
		for i := range defers {
			defers[i] = model.Defer{Func: 900, Target: 900, Receiver: uint64(i) + 1, Closure: 0x5000}
		}
		b.add(repeat(100, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: 3, Defers: defers} })...)
	},
	"panics of many": func(b *bomb) {
		str := b.typ(model.Type{Kind: model.KindString, Size: 16, Name: "string"})
		b.put(1<<40, words(1<<41, 1<<20))
		b.put(1<<41, []byte(strings.Repeat("\x1b[2J", 1<<18)))
		b.crash()
		panics := make([]model.Panic, 1000)
		for i := range panics {
			panics[i] = model.Panic{Type: str, Addr: 1 << 40}
		}
		b.cause.Type, b.cause.Addr = str, 1<<40
		b.add(repeat(1000, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: 4, Panics: panics} })...)
	},
	"rules for long stacks": func(b *bomb) {
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked})
		stack := model.StackID(b.ids)
		b.add(repeat(2000, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack} })...)
		b.add(&model.Rule{Text: "hide x"})
	},
	"receivers in frames with much": func(b *bomb) { // of deferred calls
		unlock := &model.Func{ID: model.FuncID(b.id()), Name: "sync.(*Mutex).Unlock"}
		wrap := &model.Func{ID: model.FuncID(b.id()), Name: "main.f.deferwrap1"}
		b.add(unlock, wrap)
		t := b.typ(model.Type{Kind: model.KindArray, Elem: b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"}), Len: 16, Size: 16, Name: "[16]int8"})
		b.put(1<<40, make([]byte, 16))
		b.frames(20, &model.Goroutine{ID: 1, Flags: model.GoAsked}, slices.Repeat([]model.Var{at("v", t, 1<<40)}, 1999)...)
		stack := model.StackID(b.ids)
		defers := make([]model.Defer, 1000)
		for i := range defers {
			defers[i] = model.Defer{Func: wrap.ID, Target: unlock.ID, Receiver: uint64(i) + 1, Frame: int64(i % 20)}
		}
		b.add(repeat(500, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 2), Stack: stack, Defers: defers, Waits: []model.Wait{{Kind: "semaphore", Object: 7, ObjectType: "sync.Mutex"}}}
		})...)
	},
}
