package dump

import (
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Function is a function of the program. The zero Function is not valid.
type Function struct {
	d  *Dump
	id model.FuncID
}

// Location is a place in the program's source.
type Location struct {
	Function Function
	File     string
	Line     int
}

var noFunc model.Func

func (f Function) rec() *model.Func {
	if f.d != nil && f.id != 0 {
		if r := f.d.funcRecord(f.id); r != nil {
			return r
		}
	}
	return &noFunc
}

// Functions lists the functions that the dump speaks of.
func (d *Dump) Functions() iter.Seq[Function] {
	return func(yield func(Function) bool) {
		for _, id := range d.definitions().funcIDs {
			if !yield(Function{d, id}) {
				return
			}
		}
	}
}

// Valid reports whether the dump describes the function.
func (f Function) Valid() bool { return f.rec() != &noFunc }

// Name is the linker's symbol: net/http.(*conn).serve.
func (f Function) Name() string { return f.rec().Name }

// String gives Name.
func (f Function) String() string { return f.Name() }

// Package is the import path of the function's package.
func (f Function) Package() string { return f.rec().Package }

// File is the source file, as compiled.
func (f Function) File() string { return f.rec().File }

// StartLine is the line of the func keyword.
func (f Function) StartLine() int { return int(f.rec().StartLine) }

// Entry is the address of the function's code.
func (f Function) Entry() uint64 { return f.rec().Entry }

// IsRuntime reports whether the function belongs to package runtime or its internals.
func (f Function) IsRuntime() bool { return f.rec().Flags&model.FuncRuntime != 0 }

// IsUser reports whether the function belongs to the main module.
func (f Function) IsUser() bool { return f.rec().Flags&model.FuncUser != 0 }

// IsStd reports whether the function belongs to the standard library.
func (f Function) IsStd() bool { return f.rec().Flags&model.FuncStd != 0 }

// IsWrapper reports whether the compiler made the function.
func (f Function) IsWrapper() bool { return f.rec().Flags&model.FuncWrapper != 0 }

// location is where a location's innermost frame stands.
func (d *Dump) location(id model.LocID) Location {
	loc := d.locRecord(id)
	if loc == nil || len(loc.Frames) == 0 {
		return Location{}
	}
	return d.frameLocation(&loc.Frames[0])
}

func (d *Dump) frameLocation(lf *model.LocFrame) Location {
	out := Location{Function: Function{d, lf.Func}, File: lf.File, Line: int(lf.Line)}
	if out.File == "" {
		out.File = out.Function.File()
	}
	return out
}
