// Methods counts how often methods of its values are called, and says so on
// standard output: "own" of the cause itself, "others" of all other values.
package main

import (
	"encoding"
	"fmt"
	"log/slog"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

var own, others int

func called() {
	others++
	panic("a method was called")
}

// loud has every method that printing, logging or encoding may call.
type loud struct{ Level int }

func (loud) String() string               { called(); return "" }
func (loud) GoString() string             { called(); return "" }
func (loud) Error() string                { called(); return "" }
func (loud) Format(fmt.State, rune)       { called() }
func (loud) MarshalJSON() ([]byte, error) { called(); return nil, nil }
func (loud) MarshalText() ([]byte, error) { called(); return nil, nil }
func (loud) LogValue() slog.Value         { called(); return slog.Value{} }
func (loud) Unwrap() error                { called(); return nil }

// louder has them on its pointer.
type louder struct{ Name string }

func (*louder) String() string { called(); return "" }
func (*louder) Error() string  { called(); return "" }

// failure is the cause.
type failure struct {
	Code  int
	Inner loud
}

func (f *failure) Error() string {
	own++
	return fmt.Sprint("failure ", f.Code)
}

func (f *failure) Format(fmt.State, rune)           { called() }
func (f *failure) String() string                   { called(); return "" }
func (f *failure) Unwrap() error                    { called(); return nil }
func (f *failure) Is(error) bool                    { called(); return false }
func (f *failure) MarshalJSON() ([]byte, error)     { called(); return nil, nil }
func (f *failure) LogValue() (v slog.Value)         { called(); return v }
func (f *failure) As(any) bool                      { called(); return false }
func (f *failure) GoString() (s string)             { called(); return s }
func (f *failure) MarshalText() (b []byte, _ error) { called(); return b, nil }

//go:noinline
func use(value loud, pointer *louder, any1 any, str fmt.Stringer, err error, enc encoding.TextMarshaler, list []loud, set map[loud]*louder, queue chan loud) {
	if len(list) == 2 {
		given.Fail(&failure{value.Level, value})
	}
	println(value.Level, pointer, any1, str, err, enc, &list[0], len(list), cap(list), set, queue)
}

func work() {
	queue := make(chan loud, 2)
	queue <- loud{8}
	use(loud{1}, &louder{"two"}, loud{3}, &louder{"four"}, loud{5}, loud{6}, []loud{{7}, {70}}, map[loud]*louder{{9}: {"nine"}}, queue)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
		fmt.Println("own", own, "others", others)
	}()
	work()
}
