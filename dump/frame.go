package dump

import (
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Frame is one call on a goroutine's stack, inlined ones included. The zero
// Frame is not valid.
type Frame struct {
	d   *Dump
	row int32 // goroutine
	i   int32 // logical index on its own stack

	shift int32 // frames before its own stack's on the one that it is looked at
}

// Valid reports whether f is a frame of a dump.
func (f Frame) Valid() bool { return f.i < int32(f.Goroutine().NumOwnFrames()) }

// Goroutine is whose frame it is.
func (f Frame) Goroutine() Goroutine { return Goroutine{f.d, f.row} }

// Index is the frame's number on the stack that it was found on, 0 being the
// innermost; see [Goroutine.Frames].
func (f Frame) Index() int { return int(f.i + f.shift) }

var noLocFrame model.LocFrame

// place finds the frame in its stack: the index of the physical frame, and
// the logical one in its location.
func (f Frame) place() (phys int, lf *model.LocFrame, loc *model.Loc) {
	phys, i := f.Goroutine().stack().locate(int(f.i))
	if phys < 0 {
		return -1, &noLocFrame, nil
	}
	loc = f.d.locRecord(f.Goroutine().stack().rec.Frames[phys].Loc)
	if loc == nil || i >= len(loc.Frames) {
		return phys, &noLocFrame, nil
	}
	return phys, &loc.Frames[i], loc
}

// Function is the function that was running.
func (f Frame) Function() Function {
	_, lf, _ := f.place()
	return Function{f.d, lf.Func}
}

// File is the source file of the statement that was being executed.
func (f Frame) File() string { return f.Location().File }

// Line is the line of the statement that was being executed.
func (f Frame) Line() int { return f.Location().Line }

// Location is the statement that was being executed.
func (f Frame) Location() Location {
	_, lf, loc := f.place()
	if loc == nil {
		return Location{}
	}
	return f.d.frameLocation(lf)
}

// PC is the address at which the frame would have gone on.
func (f Frame) PC() uint64 {
	if _, _, loc := f.place(); loc != nil {
		return loc.PC
	}
	return 0
}

// CFA is the canonical frame address: the stack pointer before the call.
func (f Frame) CFA() uint64 {
	if sf := f.physical(); sf != nil {
		return f.Goroutine().head().base + uint64(sf.CFA)
	}
	return 0
}

// SP is the frame's stack pointer.
func (f Frame) SP() uint64 {
	if sf := f.physical(); sf != nil {
		return f.Goroutine().head().base + uint64(sf.SP)
	}
	return 0
}

func (f Frame) physical() *model.StackFrame {
	phys, _, _ := f.place()
	if phys < 0 {
		return nil
	}
	return &f.Goroutine().stack().rec.Frames[phys]
}

// Inlined reports whether the call was inlined in the next frame's function.
func (f Frame) Inlined() bool { _, lf, _ := f.place(); return lf.Inlined }

// Hidden reports whether the compiler made the frame, so that it is left out unless asked for.
func (f Frame) Hidden() bool { _, lf, _ := f.place(); return lf.Hidden }

// Variables lists the arguments and local variables in scope, in Delve's
// order: by depth of scope, then by line of declaration.
func (f Frame) Variables() []Variable {
	phys, lf, _ := f.place()
	var out []Variable
	for i := range lf.Vars {
		out = append(out, Variable{d: f.d, v: &lf.Vars[i], row: f.row, phys: int32(phys)})
	}
	return out
}

// NumVariables counts what Variables lists.
func (f Frame) NumVariables() int {
	_, lf, _ := f.place()
	return len(lf.Vars)
}

// NoVariables says why there are no variables although the function may have
// some. There may be words of its arguments, without their names and types; see
// [Variable.Fake].
func (f Frame) NoVariables() (mock.Stub, bool) {
	_, lf, loc := f.place()
	switch {
	case loc == nil && f.d != nil:
		return mock.Stub{Reason: f.d.absent(), Len: -1}, true
	case lf.Reason == mock.Unknown:
		return mock.Stub{}, false
	}
	for i := range lf.Vars {
		if lf.Vars[i].Flags&model.VarFake == 0 {
			return mock.Stub{}, false
		}
	}
	return mock.Stub{Reason: lf.Reason, Len: -1}, true
}
