// Dead has goroutines and frames whose variables are needed no longer while
// the collector runs and their memory is used again, for values of the same
// type and of others. Each holder knows what its variables were.
package main

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
	"github.com/gopostmortem/postmortem/testdata/internal/settle"
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

var (
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
			kept = append(kept, newRecord(-1-i-round), fmt.Sprint("other-", i), make([]*record, 4), &[12]int{i})
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
	use(one)
	use(text)
	use(list)
	churn()
	given.Fail("dead")
	use(id)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
		use(kept)
	}()
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
