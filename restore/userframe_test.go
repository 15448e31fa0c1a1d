package restore_test

import (
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// A goroutine that waits for a lock is known by the call of package sync, as in
// Delve, and in summaries by the program's own frame: not by the internals of either.
func TestFramesOfWaiter(t *testing.T) {
	b := sample.New()
	fn := func(name string, flags uint64) sample.Call {
		return sample.Call{Func: b.Func(name, "/src/x.go", 1, flags), Line: 2}
	}
	const std = model.FuncStd
	b.Go(model.Goroutine{ID: 1, Stack: b.Stack(
		fn("runtime.gopark", std|model.FuncRuntime), fn("internal/sync.runtime_SemacquireMutex", std), fn("internal/sync.(*Mutex).lockSlow", std),
		fn("sync.(*Mutex).Lock", std), fn("main.(*store).put", model.FuncUser), fn("main.main", model.FuncUser),
	)})
	b.Go(model.Goroutine{ID: 2, Stack: b.Stack(fn("runtime.gopark", std|model.FuncRuntime), fn("internal/poll.(*FD).Read", std), fn("net/http.(*conn).serve", std))})
	b.Go(model.Goroutine{ID: 3, Stack: b.Stack(
		fn("main.main.func1", model.FuncUser), fn("runtime.gopanic", std|model.FuncRuntime), fn("strings.Repeat", std), fn("main.culprit", model.FuncUser),
	), Flags: model.GoAsked})
	b.Cause.Goroutine, b.Cause.Frame = 3, 2
	d := open(t, b)
	for id, want := range map[uint64][2]string{
		1: {"sync.(*Mutex).Lock", "main.(*store).put"},
		2: {"net/http.(*conn).serve", "net/http.(*conn).serve"},
		3: {"strings.Repeat", "main.culprit"},
	} {
		g, _ := d.Goroutine(dump.GoID(id))
		user, _ := restore.UserFrame(d, g)
		own, _ := restore.ProgramFrame(d, g)
		if got := [2]string{user.Function().Name(), own.Function().Name()}; got != want {
			t.Errorf("goroutine %d: %q, want %q", id, got, want)
		}
	}
}
