// Contexts panics deep below a chain of contexts of all kinds.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type (
	key     string
	userKey struct{}
	user    struct {
		Name  string
		Roles []string
	}
)

// traced is a context of the program's own.
type traced struct {
	context.Context
	Span string
}

// request carries its context as *http.Request does.
type request struct {
	Path string
	ctx  context.Context
}

// pointed is a key that is known by its address, and has a name.
type pointed struct{ name string }

var errShed = errors.New("load shed")

//go:noinline
func serve(ctx context.Context, r *request, late, shed context.Context) {
	given.Fail("served")
	fmt.Println(ctx, r, late, shed)
}

//go:noinline
func chain(ctx context.Context, n int) context.Context {
	for i := range n {
		ctx = context.WithValue(ctx, key(fmt.Sprint("step", i)), i)
	}
	return ctx
}

type settings struct {
	Limit int
	Next  *settings
}

type service struct {
	current atomic.Pointer[settings]
	last    atomic.Value
	none    atomic.Pointer[settings]
}

//go:noinline
func handle(s *service) {
	root, stop := context.WithCancel(context.Background())
	defer stop()
	ctx := context.WithValue(root, userKey{}, &user{"Ada", []string{"admin", "ops"}})
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	ctx = &traced{context.WithoutCancel(ctx), "s1"}
	ctx = chain(ctx, 7)
	late, enough := context.WithTimeout(context.WithValue(context.Background(), key("job"), "nightly"), time.Nanosecond)
	defer enough()
	<-late.Done()
	shed, drop := context.WithCancelCause(context.WithValue(context.Background(), &pointed{"listener"}, 80))
	drop(errShed)
	serve(ctx, &request{"/buy", context.WithValue(late, key("id"), 42)}, late, shed)
	fmt.Println(s.current.Load(), s.last.Load())
}

// ring is a context that is made from itself.
//
//go:noinline
func ring() {
	a := &traced{nil, "ring"}
	a.Context = a
	given.Fail("around")
	fmt.Println(a.Span)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	if given.Argument() == "ring" {
		ring()
	}
	s := &service{}
	s.current.Store(&settings{10, &settings{20, nil}})
	s.last.Store(&settings{30, nil})
	handle(s)
}
