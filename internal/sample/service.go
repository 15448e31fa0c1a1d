package sample

import (
	gocontext "context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Request is what the sample service was working on when it panicked.
type Request struct {
	ID     int
	Path   string
	Header map[string][]string
	Prev   *Request
	Err    error
}

// Base is embedded in Server.
type Base struct{ Name string }

// Color is an integer with named constants.
type Color int

// Server is the sample service.
type Server struct {
	*Base
	Color Color
	Jobs  chan int
}

// context is what the closure fn captured, the second variable by reference.
type context struct {
	Code    uintptr
	Held    int  `dwarf:"held"`
	Counted *int `dwarf:"&counted"`
}

// Hostile is text that a terminal must never see as it is.
const Hostile = "\x1b]0;owned\x07\u202egnp.\u009b31m\x7f\r"

const source = `package main

import "fmt"

func main() {
	s := newServer()
	go s.work()
	s.handle(&request{})
}

func (s *server) handle(r *request) {
	numbers := []int{1, 2, 3}
	i := 5
	fmt.Println(r.path, numbers[i])
}

func (s *server) work() {
	for j := range s.jobs {
		fmt.Println(j)
	}
}
`

// Service is a dump of a service that panicked in a handler: goroutine 7
// crashed, 1 is main, 20 to 22 wait on a channel with equal stacks.
func Service() *Builder {
	b := New()
	b.Consts(reflect.TypeFor[Color](), model.Const{Name: "main.Red", Value: 1}, model.Const{Name: "main.Green", Value: 2}, model.Const{Name: "main.Blue", Value: 4})
	const file = "/src/svc/main.go"
	b.Source(file, source, model.SourceEmbedded)
	b.Source("/src/svc/edited.go", "package main\n\nfunc f() {}\n", model.SourceStale)
	b.NoSource("/src/svc/absent.go", model.SourceAbsent, "no such file")
	b.NoSource("/usr/local/go/src/runtime/panic.go", model.SourceDisabled, "")
	crash, _ := b.crashed(file)
	b.waiters(file)

	entry := b.Func("runtime.main", "/usr/local/go/src/runtime/proc.go", 147, model.FuncRuntime|model.FuncStd)
	park := b.Func("runtime.gopark", "/usr/local/go/src/runtime/proc.go", 400, model.FuncRuntime|model.FuncStd)
	main := b.Func("main.main", file, 5, model.FuncUser)
	b.Go(model.Goroutine{
		ID: 1, Status: model.StatusWaiting, WaitReason: "select", WaitSince: 300e9, Start: entry,
		Stack: b.Stack(Call{Func: park, Line: 410}, Call{Func: main, Line: 8}, Call{Func: entry, Line: 250}),
	})
	b.Go(model.Goroutine{ID: 2, Status: model.StatusWaiting, WaitReason: "force gc (idle)", Flags: model.GoSystem, Stack: b.Stack(Call{Func: park, Line: 410})})
	b.Lose(model.Loss{Area: "values", Reason: mock.DepthLimit, Count: 3})
	b.Cause.Kind, b.Cause.Text, b.Cause.TypeName = model.CausePanic, "runtime error: index out of range [5] with length 3", "*errors.errorString"
	b.Cause.Type, b.Cause.Addr = b.Panic(errors.New(b.Cause.Text))
	b.Cause.Goroutine, b.Cause.Frame, b.Cause.AskFrame = crash, 1, 0
	b.Meta.NumGoroutine = 6
	return b
}

// crashed adds goroutine 7: its stack is panic, handle with an inlined call, a wrapper, main.main.func1.
func (b *Builder) crashed(file string) (model.GoID, *Request) {
	first := &Request{ID: 1, Path: "/first"}
	r := &Request{
		ID: 2, Path: "/orders/7?q=" + strings.Repeat("x", 80), Prev: first, Err: fmt.Errorf("wrapped: %w", errors.New("inner")),
		Header: map[string][]string{"Accept": {"text/html", "*/*"}, "X-Trace": {"abc"}},
	}
	first.Prev = r // a cycle
	s := &Server{Base: &Base{Name: "api"}, Color: 3, Jobs: make(chan int, 4)}
	numbers, i, outer, inner := []int{1, 2, 3}, 5, "outer", "inner"
	hostile, far := Hostile, &Request{ID: 9}
	b.Leave(far, mock.DepthLimit)
	counted := 3
	fn := b.Closure(&context{Code: 1, Held: 77, Counted: &counted})

	shadowed := b.Local("name", &outer)
	shadowed.Flags |= model.VarShadowed
	handle := Call{
		Func: b.Func("main.(*server).handle", file, 11, model.FuncUser), Line: 14,
		Vars: []model.Var{
			b.Param("s", &s), b.Param("r", &r), b.Local("numbers", &numbers), b.InRegister("i", &i), shadowed, b.Local("name", &inner),
			b.Local("hostile", &hostile), b.Local("far", &far), b.Local("fn", fn),
			{Name: "gone", Type: b.Type(reflect.TypeFor[int]()), Place: model.PlaceNone, Reason: mock.OptimizedOut},
		},
	}
	n := 40
	serve := b.Func("main.main.func1", file, 7, model.FuncUser)
	b.Go(model.Goroutine{
		ID: 7, Status: model.StatusRunning, Flags: model.GoAsked, Thread: 99, Parent: 1, Start: serve, CreatedPC: 0x401234,
		Created: b.Place(b.Func("main.main", file, 5, model.FuncUser), 7), Labels: []model.KV{{Key: "route", Value: "/orders"}},
		Stack: b.Stack(
			Call{Func: b.Func("runtime.gopanic", "/usr/local/go/src/runtime/panic.go", 700, model.FuncRuntime|model.FuncStd), Line: 770},
			handle,
			Call{Func: b.Func("main.helper", file, 12, model.FuncUser), Line: 8, Inlined: true, Vars: []model.Var{b.Local("n", &n)}},
			Call{Func: b.Func("main.(*Server).handle-wrapper", file, 1, model.FuncWrapper), Line: 1, Hidden: true},
			Call{Func: serve, Line: 8},
		),
		Defers: []model.Defer{{Frame: 1, Func: serve, Line: 12, File: file}},
	})
	counter := 12
	b.Global("main.counter", &counter)
	b.Global("example.com/svc/store.Default", &s)
	return 7, r
}

// waiters adds goroutines 20 to 22.
func (b *Builder) waiters(file string) {
	work := b.Func("main.(*server).work", file, 17, model.FuncUser)
	park := b.Func("runtime.gopark", "/usr/local/go/src/runtime/proc.go", 400, model.FuncRuntime|model.FuncStd)
	made := b.Place(b.Func("main.main", file, 5, model.FuncUser), 7)
	stack := b.Stack(Call{Func: park, Line: 410}, Call{Func: work, Line: 18})
	for id := model.GoID(20); id <= 22; id++ {
		b.Go(model.Goroutine{
			ID: id, Status: model.StatusWaiting, WaitReason: "chan receive", WaitSince: 720e9, Parent: 1, Start: work, Created: made, Stack: stack,
		})
	}
}

// Stacks is a dump of depth 0: functions and lines, and no variables.
func Stacks() *Builder {
	b := New()
	b.Meta.Depth = 0
	f := b.Func("main.main", "/src/svc/main.go", 5, model.FuncUser)
	b.Go(model.Goroutine{ID: 1, Status: model.StatusRunning, Flags: model.GoAsked, Stack: b.Stack(Call{Func: f, Line: 8, Reason: mock.Disabled})})
	b.Cause.Kind, b.Cause.Text, b.Cause.Goroutine, b.Cause.Frame = model.CausePanic, "boom", 1, 0
	return b
}

// Long is a dump of a panic 10,000 frames deep of which the middle was left out.
func Long() *Builder {
	b := New()
	f := b.Func("main.deep", "/src/svc/main.go", 5, model.FuncUser)
	main := b.Func("main.main", "/src/svc/main.go", 1, model.FuncUser)
	calls := []Call{{Func: f, Line: 6}, {Func: f, Line: 7}, {Func: main, Line: 2}}
	stack := b.Stack(calls...)
	b.Elide(2, 9_900)
	b.Go(model.Goroutine{ID: 1, Status: model.StatusRunning, Flags: model.GoAsked, Stack: stack})
	b.Cause.Kind, b.Cause.Text, b.Cause.Goroutine, b.Cause.Frame = model.CausePanic, "deep", 1, 0
	return b
}

// Trap is a dump in which every text is hostile.
func Trap() *Builder {
	b := New()
	bad := func(what string) string { return what + Hostile + "\n" }
	m := &b.Meta
	m.Host, m.Program, m.Exe, m.GoVersion, m.GOOS, m.BuildID = bad("host"), bad("program"), bad("exe"), bad("go"), bad("os"), bad("build")
	m.MainPath, m.MainVersion, m.Producer, m.Method = bad("main"), bad("version"), bad("producer"), bad("method")
	m.Labels, m.Options, m.Missing = []model.KV{{Key: bad("key"), Value: bad("value")}}, []model.KV{{Key: bad("key"), Value: bad("value")}}, []string{bad("missing")}
	m.Settings = []model.KV{{Key: "vcs.revision", Value: bad("revision")}}
	file := bad("/src/main.go")
	b.Source(file, "package main\n"+bad("// text")+"\r\n", model.SourceEmbedded)
	b.NoSource(bad("/src/absent.go"), model.SourceAbsent, bad("reason"))
	type point struct{ X int }
	b.Rename(reflect.TypeFor[point](), bad("main.point"))
	p, e, text := &point{1}, any(point{2}), Hostile
	b.Consts(reflect.TypeFor[Color](), model.Const{Name: bad("main.Red"), Value: 1})
	//lint:ignore SA1029 a key that is a hostile text
	ctx := gocontext.WithValue(gocontext.WithValue(gocontext.Background(), Hostile, Hostile), Color(2), errors.New(bad("value")))
	ctx, cancel := gocontext.WithCancelCause(ctx)
	cancel(errors.New(bad("cause")))
	var mu sync.Mutex
	mu.Lock()
	color, far := Color(1), &point{3}
	b.Leave(far, mock.DepthLimit)
	f := b.Func(bad("main.f"), file, 1, model.FuncUser)
	b.Go(model.Goroutine{
		ID: 1, Status: model.StatusWaiting, WaitReason: bad("reason"), Labels: []model.KV{{Key: bad("key"), Value: bad("value")}},
		Flags: model.GoAsked, Start: f, Created: b.Place(f, 3), Errors: []string{bad("error")},
		Waits: []model.Wait{{Kind: bad("kind"), Addr: 1}, {Kind: "poll", Object: 1, ObjectType: bad("type")}, {Kind: "semaphore", Object: 1, ObjectType: bad("type")}},
		Foreign: []model.CFrame{
			{PC: 1, Name: bad("c_function"), Object: bad("/lib/libc.so"), File: bad("/src/x.c"), Line: 3}, {PC: 2, Object: bad("/lib/libc.so")}, {PC: 3, Frame: 1, Name: bad("main")},
		},
		Stack: b.Stack(Call{Func: f, Line: 2, Vars: []model.Var{
			b.Param(bad("p"), &p), b.Local(bad("e"), &e), b.Local("text", &text), b.Local("color", &color), b.Local("far", &far), b.Local("p", &p),
			b.Local(bad("ctx"), &ctx), b.Local(bad("mu"), &mu),
		}}),
		Defers: []model.Defer{{Frame: 0, Func: f, Line: 1, File: file}},
	})
	b.Go(model.Goroutine{ID: 2, Status: model.StatusWaiting, WaitReason: bad("reason"), Parent: 1, Created: b.Place(f, 3), Start: f, Resumer: 1,
		Flags: model.GoCoroutine, Stack: b.Stack(Call{Func: f, Line: 2})})
	unlock := b.Func("sync.(*Mutex).Unlock", file, 1, 0)
	_, lock := b.Put(&mu)
	b.Go(model.Goroutine{
		ID: 3, Status: model.StatusWaiting, WaitReason: "sync.Mutex.Lock", Parent: 9, Created: b.Place(f, 3),
		Waits: []model.Wait{{Kind: "semaphore", Object: lock, ObjectType: "sync.Mutex"}}, Stack: b.Stack(Call{Func: f, Line: 2, Vars: []model.Var{b.Local(bad("lock"), &mu)}}),
	})
	b.Go(model.Goroutine{
		ID: 4, Status: model.StatusWaiting, WaitReason: "IO wait", Stack: b.Stack(Call{Func: f, Line: 2}), Waits: []model.Wait{{Kind: "sleep", Until: 1}},
		Defers: []model.Defer{{Frame: 0, Func: f, Target: unlock, Receiver: lock, Line: 1, File: file}},
	})
	b.Global(bad("main.g"), &p)
	b.Rules(model.Rule{
		Origin: model.RuleLibrary, Name: bad("main.rules"), Problems: []string{bad("problem")},
		Text: "insert main.f... `" + Hostile + "{text}`\nhide\x1b[31m main\ninsert runtime\x1b `{\x1b}`\nhide \x1b[]]",
	})
	b.Lose(model.Loss{Area: bad("area"), Reason: mock.Unreadable, Detail: bad("detail")})
	c := &b.Cause
	c.Kind, c.Text, c.TextError, c.TypeName, c.Signal, c.Name = model.CausePanic, bad("text"), bad("problem"), bad("type"), bad("signal"), bad("name")
	c.Type, c.Addr = b.Panic(errors.New(bad("panic")))
	c.Goroutine, c.Frame, c.AskFrame = 1, 0, 0
	return b
}
