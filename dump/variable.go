package dump

import (
	"iter"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Variable is an argument, local, captured or package variable.
type Variable struct {
	d    *Dump
	v    *model.Var
	row  int32 // goroutine, where it is one of a frame
	phys int32 // physical frame, -1 for captured and package variables
}

var noVar = model.Var{Place: model.PlaceNone}

func (v Variable) rec() *model.Var {
	if v.v == nil {
		return &noVar
	}
	return v.v
}

// Globals lists the package variables in the dump.
func (d *Dump) Globals() iter.Seq[Variable] {
	return func(yield func(Variable) bool) {
		for _, v := range d.globalVars() {
			if !yield(Variable{d, v, 0, -1}) {
				return
			}
		}
	}
}

// Valid reports whether v is a variable of a dump.
func (v Variable) Valid() bool { return v.v != nil }

// Name is the variable's name; of a package variable with the package's path.
func (v Variable) Name() string { return v.rec().Name }

// Type is the variable's type.
func (v Variable) Type() Type { return Type{v.d, v.rec().Type} }

// Kind tells arguments from locals.
func (v Variable) Kind() VarKind { return VarKind(v.rec().Kind) }

// DeclLine is the line of its declaration.
func (v Variable) DeclLine() int { return int(v.rec().DeclLine) }

// Scope is the nesting of its block; 0 is the function's own.
func (v Variable) Scope() int { return int(v.rec().Scope) }

// Escaped reports whether it lies on the heap.
func (v Variable) Escaped() bool { return v.rec().Flags&model.VarEscaped != 0 }

// Shadowed reports whether an inner scope has a variable of the same name.
func (v Variable) Shadowed() bool { return v.rec().Flags&model.VarShadowed != 0 }

// Stale reports whether its value may be out of date.
func (v Variable) Stale() bool { return v.rec().Flags&model.VarStale != 0 }

// Fake reports whether the compiler made it up.
func (v Variable) Fake() bool { return v.rec().Flags&model.VarFake != 0 }

// Value is what the variable holds.
func (v Variable) Value() Value { return Value{} }
