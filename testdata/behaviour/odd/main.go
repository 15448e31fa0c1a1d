// Odd has values that most serialisers fail on.
package main

import (
	"context"
	"os"
	"reflect"
	"sync"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type locks struct {
	Mu   sync.Mutex
	RW   sync.RWMutex
	Once sync.Once
	Wait sync.WaitGroup
	Pool sync.Pool
	Map  sync.Map
}

type broken struct {
	Text  string
	List  []int
	Point *int
	Iface any
}

//go:noinline
func use(queue chan int, nilQueue chan int, held *locks, raw unsafe.Pointer, word uintptr, nilMap map[string]int,
	nilFunc func(), nilAny any, nilErr error, nilSlice []byte, file *os.File, ctx context.Context, timer *time.Timer,
	refl reflect.Value, bad *broken, next func() (int, bool)) {
	if len(queue) == 2 {
		given.Fail("odd")
	}
	println(queue, nilQueue, held, raw, word, nilMap, nilFunc, nilAny, nilErr, nilSlice, file, ctx, timer, bad, next)
	keep(refl)
}

func work() {
	queue := make(chan int, 4)
	queue <- 5
	queue <- 6
	held := &locks{}
	held.Mu.Lock()
	held.RW.RLock()
	held.Once.Do(func() {})
	held.Wait.Add(2)
	held.Map.Store("k", 1)
	x := 17
	bad := &broken{}
	// What a data race or a bug in unsafe code leaves behind.
	*(*[2]uintptr)(unsafe.Pointer(&bad.Text)) = [2]uintptr{0xdead, 5}
	*(*[3]uintptr)(unsafe.Pointer(&bad.List)) = [3]uintptr{0xdead000, 1 << 50, 1}
	*(*uintptr)(unsafe.Pointer(&bad.Point)) = 0xbeef000
	*(*[2]uintptr)(unsafe.Pointer(&bad.Iface)) = [2]uintptr{0xfeed000, 0xfeed000}
	ctx := context.WithValue(context.Background(), id("trace"), "t-1")
	use(queue, nil, held, unsafe.Pointer(&x), uintptr(unsafe.Pointer(&x)), nil, nil, nil, nil, nil, os.Stdout, ctx,
		time.NewTimer(time.Hour), reflect.ValueOf(&x), bad, nil)
}

//go:noinline
func keep(reflect.Value) {}

type id string

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work()
}
