// Causes captures for all kinds of causes, each into a file of the directory
// that is its argument.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type code struct{ Number int }

func (c *code) Error() string { return fmt.Sprint("code ", c.Number) }

type plain struct {
	Name string
	List []int
}

func file(name string) dump.Option {
	return dump.File(filepath.Join(given.Argument(), name+".dump"))
}

func capture(name string, cause any) {
	_, err := dump.Capture(cause, file(name))
	given.Check(err)
}

// ways of capturing in one deferred function.
func sameRecover() {
	defer func() {
		r := recover()
		capture("three-value", r)
		capture("three-nil", nil)
		f, err := os.Create(filepath.Join(given.Argument(), "three-write.dump"))
		given.Check(err)
		given.Check(dump.Write(f, r))
		given.Check(f.Close())
	}()
	panic(&code{7})
}

func panicNil() {
	defer func() { capture("panicnil", recover()) }()
	panic(nil)
}

// notRecovered captures a panic while it is on its way up.
func notRecovered() {
	defer func() { _ = recover() }()
	defer func() { capture("notrecovered", nil) }()
	panic(&code{8})
}

func nested() {
	defer func() { capture("nested", recover()) }()
	defer func() {
		defer func() {
			panic(&plain{"third", []int{3}})
		}()
		panic(fmt.Errorf("second: %w", fs.ErrClosed))
	}()
	panic("first")
}

func repanic() {
	defer func() { capture("repanic", recover()) }()
	defer func() {
		panic(recover())
	}()
	panic(&code{9})
}

func goexit() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { capture("goexit", recover()) }()
		runtime.Goexit()
	}()
	<-done
}

// exitThenPanic panics in a deferred call that a Goexit runs.
func exitThenPanic() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { capture("exitpanic", recover()) }()
		defer func() { panic("while leaving") }()
		runtime.Goexit()
	}()
	<-done
}

// inHand has errors and values where nothing panics.
func inHand() {
	capture("none", nil)
	capture("error", &code{10})
	capture("wrapped", fmt.Errorf("opening %s: %w", "/p", &code{11}))
	capture("joined", errors.Join(&code{12}, fs.ErrExist))
	capture("number", -3)
	capture("text", strings.Repeat("long ", 20_000))
	capture("struct", plain{"p", []int{1, 2}})
	capture("pointer", &plain{"pp", []int{3}})
	capture("nilerror", (*code)(nil))
	capture("function", strings.ToUpper)
	func() {
		defer func() { _ = recover() }()
		panic("over and done")
	}()
	capture("afterwards", &code{13})
}

// elsewhere captures in another goroutine than the one that panics.
func elsewhere() {
	values, done := make(chan any), make(chan bool)
	go func() {
		defer func() {
			values <- recover()
			<-done
		}()
		panic(&code{14})
	}()
	capture("elsewhere", <-values)
	close(done)
}

// guard ends the program.
func guard() {
	defer dump.Guard(file("guard"))
	panic(fmt.Errorf("guarded: %w", &code{15}))
}

func main() {
	sameRecover()
	panicNil()
	notRecovered()
	nested()
	repanic()
	goexit()
	exitThenPanic()
	inHand()
	elsewhere()
	guard()
}
