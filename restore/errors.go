package restore

import (
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// The classes of errors that looking at a dump can give; test with [errors.Is].
var (
	ErrSyntax   = errors.New("syntax error")                     // not an expression
	ErrUnknown  = errors.New("unknown name")                     // no variable, field or type of that name
	ErrReadOnly = errors.New("a dump is read-only")              // it would call or change something
	ErrAbsent   = errors.New("not in the dump")                  // see [AbsentError]
	ErrNil      = errors.New("nil dereference")                  // a step through nil
	ErrRange    = errors.New("out of range")                     // an index, key, frame or goroutine that is not there
	ErrOperand  = errors.New("operand of the wrong type")        // the operation does not fit the values
	ErrTooMuch  = errors.New("too much work for one expression") // a limit of the evaluator
)

// EvalError is an error of one of the classes above with the text a user sees.
type EvalError struct {
	Class error
	Text  string
}

// Error implements error.
func (e *EvalError) Error() string { return e.Text }

// Unwrap gives the class.
func (e *EvalError) Unwrap() error { return e.Class }

// classOf gives the class of an error of this package.
func classOf(err error) error {
	for _, class := range []error{ErrSyntax, ErrUnknown, ErrReadOnly, ErrAbsent, ErrNil, ErrRange, ErrTooMuch} {
		if errors.Is(err, class) {
			return class
		}
	}
	return ErrOperand
}

// NoGoroutineError says that the dump has no goroutine with a number. It is of class ErrRange.
type NoGoroutineError struct {
	ID     dump.GoID
	Exited bool // another one names it as its creator: it had ended
}

// Error implements error.
func (e *NoGoroutineError) Error() string {
	if e.Exited {
		return fmt.Sprintf("unknown goroutine %d: it had exited, or is not in the dump", e.ID)
	}
	return fmt.Sprintf("unknown goroutine %d", e.ID)
}

// Unwrap gives ErrRange.
func (e *NoGoroutineError) Unwrap() error { return ErrRange }

func (s *Session) noGoroutine(id dump.GoID) error {
	e := &NoGoroutineError{ID: id}
	for g := range s.d.Goroutines() {
		if id != 0 && g.Parent() == id {
			e.Exited = true
			break
		}
	}
	return e
}

func fail(class error, format string, args ...any) error {
	return &EvalError{Class: class, Text: Printable(fmt.Sprintf(format, args...))}
}

// AbsentError says that an expression needs a value that the dump does not hold.
type AbsentError struct{ Stub mock.Stub }

// Error implements error.
func (e *AbsentError) Error() string { return Printable("not in the dump: " + e.Stub.String()) }

// Unwrap gives ErrAbsent.
func (e *AbsentError) Unwrap() error { return ErrAbsent }
