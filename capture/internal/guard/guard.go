// Package guard lets the engine fail without the program that it runs in.
package guard

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrPanic is the error that a panic has become.
var ErrPanic = errors.New("internal error")

// Run runs f, whose panic is an error. So is a fault: files are mapped, and one
// that was cut short meanwhile has no memory any more where it had.
func Run[T any](f func() (T, error)) (t T, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%w: %v", ErrPanic, x)
		}
	}()
	return f()
}

// Do is Run for what gives an error alone.
func Do(f func() error) error {
	_, err := Run(func() (struct{}, error) { return struct{}{}, f() })
	return err
}
