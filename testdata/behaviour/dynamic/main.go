// Dynamic holds values of many types behind interfaces.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

// Box is generic.
type Box[T any] struct{ Value T }

// Pair has two type parameters.
type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

// String makes *Pair a fmt.Stringer.
func (p *Pair[K, V]) String() string { return fmt.Sprint(p.Key) }

type id int

//go:noinline
func use(list []any, str fmt.Stringer, err error) {
	if len(list) > 3 {
		given.Fail(Box[id]{77})
	}
	println(&list[0], len(list), cap(list), str, err)
}

func work() {
	type local struct{ X int }
	use([]any{
		Box[int]{1},
		&Box[string]{"two"},
		Box[Box[time.Duration]]{Box[time.Duration]{3}},
		map[string]Box[bool]{"k": {true}},
		local{4},
		struct{ Y int }{5},
		[2]id{6, 7},
		url.URL{Host: "example.com"},
		[]*Pair[string, int]{{"p", 8}},
		func(int) error { return nil },
	}, &Pair[string, []byte]{"key", []byte("v")}, fmt.Errorf("open: %w", errors.Join(fs.ErrNotExist, &fs.PathError{Op: "open", Path: "/p", Err: fs.ErrPermission})))
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	work()
}
