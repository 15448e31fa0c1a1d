// Dead has goroutines and frames whose variables are needed no longer while
// the collector runs and their memory is used again, for values of the same
// type and of others. Each holder knows what its variables were.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type record struct {
	ID   int
	Name string
	Next *record
	Pad  [40]byte
}

func newRecord(id int) *record {
	return &record{ID: id, Name: fmt.Sprint("record-", id), Next: &record{ID: id + 1}}
}

//go:noinline
func use(v any) { runtime.KeepAlive(v) }

// numbers have memory of their own, unlike a single one.
type numbers [8]int

// share has what p leads to lie on the heap.
//
//go:noinline
func share(p *numbers) {
	shared.Store(p)
	shared.Store(nil)
}

var (
	shared  atomic.Pointer[numbers]
	null    *int
	kept    []any
	started sync.WaitGroup
	never   = make(chan int)
)

// churn has the collector run, and fills what it freed.
//
//go:noinline
func churn() {
	for round := range 6 {
		runtime.GC()
		for i := range 20_000 {
			kept = append(kept, newRecord(-1-i-round), fmt.Sprint("other-", i), make([]*record, 4), &[12]int{i}, &numbers{-1 - i})
		}
	}
}

// parked no longer needs its variables once it waits.
//
//go:noinline
func parked(id int) {
	alive, aliveText := newRecord(id), fmt.Sprint("text-", id)
	one := newRecord(id)
	text := fmt.Sprint("text-", id)
	list := []*record{newRecord(id), newRecord(id + 1)}
	table := map[string]int{text: id}
	var any1 any = *newRecord(id)
	total := numbers{id + 1000}
	share(&total)
	use(one)
	use(text)
	use(list)
	use(table)
	use(any1)
	started.Done()
	<-never
	use(alive)
	use(aliveText)
	use(id)
}

// outgrow no longer needs its caller's total when it moves to another stack.
//
//go:noinline
func outgrow(id int) {
	total := id
	func(id int) {
		use(id)
		total += 1000
		deep(100)
		use(id)
	}(id)
	use(total)
}

// deep needs a large stack, and waits.
//
//go:noinline
func deep(n int) {
	var room [1 << 10]byte
	if n > 0 {
		deep(n - 1)
		use(&room[n])
		return
	}
	started.Done()
	<-never
}

// crash no longer needs its variables when it fails.
//
//go:noinline
func crash(id int) {
	one := newRecord(id)
	text := fmt.Sprint("text-", id)
	list := []*record{newRecord(id), newRecord(id + 1)}
	total := numbers{id + 1000}
	share(&total)
	use(one)
	use(text)
	use(list)
	churn()
	given.Fail("dead")
	use(id)
}

// fault needs its variables until a fault: then the collector runs.
//
//go:noinline
func fault(id int) {
	one := newRecord(id)
	text := fmt.Sprint("text-", id)
	list := []*record{newRecord(id), newRecord(id + 1)}
	total := numbers{id + 1000}
	share(&total)
	use(id)
	*null = id
	use(one)
	use(text)
	use(list)
	share(&total)
	use(id)
}

// late no longer needs its variables some time before a fault.
//
//go:noinline
func late(id int) {
	alive, total := newRecord(id), numbers{id + 1000}
	share(&total)
	churn()
	*null = id
	use(alive)
	use(id)
}

// collecting is an error that has the collector run when it is asked for its text.
type collecting struct{ cause runtime.Error }

func (e collecting) Error() string {
	churn()
	return e.cause.Error()
}

func (e collecting) RuntimeError() {}

func main() {
	defer func() {
		cause := recover()
		if err, ok := cause.(runtime.Error); ok && given.Argument() == "fault" {
			cause = collecting{err}
		}
		_, err := dump.Capture(cause, given.Options()...)
		given.Check(err)
		use(kept)
	}()
	switch given.Argument() {
	case "fault":
		debug.SetGCPercent(-1)
		fault(7)
	case "late":
		late(7)
	}
	started.Add(60)
	for i := range 60 {
		if i < 50 {
			go parked(1000 + i)
		} else {
			go outgrow(1000 + i)
		}
	}
	started.Wait()
	settle.In("chan receive", 60)
	crash(7)
}
