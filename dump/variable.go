package dump

import (
	"fmt"
	"iter"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Variable is an argument, local, captured or package variable.
type Variable struct {
	d    *Dump
	v    *model.Var
	row  int32 // goroutine, where it is one of a frame
	phys int32 // physical frame, -1 for captured and package variables

	doubt bool // MarkStale
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
			if !yield(Variable{d: d, v: v, phys: -1}) {
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
func (v Variable) Stale() bool { return v.doubt || v.rec().Flags&model.VarStale != 0 }

// Moved reports whether the compiler has several values for the variable in its
// function, as it has of one that is assigned again.
func (v Variable) Moved() bool { return v.rec().Flags&model.VarMoved != 0 }

// Dead reports whether the function no longer needs the variable's pointers:
// what they lead to may have been collected, and its memory used again, if the
// collector has run since.
func (v Variable) Dead() bool { return v.rec().Flags&model.VarDead != 0 }

// MarkStale is v, with the mark that its value may be out of date, for readers
// who know more of the program than the dump says.
func (v Variable) MarkStale() Variable { v.doubt = true; return v }

// SetOn lists the lines of its function whose code made what the variable is
// read from, 0 for its caller; none: that is not known.
func (v Variable) SetOn() []int {
	var out []int
	for _, l := range v.rec().Set {
		for i := int64(0); i < l.Len && len(out) < maxSetLines; i++ {
			out = append(out, int(l.Off+i))
		}
	}
	return out
}

const maxSetLines = 1000 // of a dump that was not made to be read

// Fixed reports whether the variable has its place in memory during the whole
// of its function, so that its value is never out of date.
func (v Variable) Fixed() bool { return v.Escaped() || v.rec().Flags&model.VarFixed != 0 }

// Fake reports whether it is made up: by the compiler or, of a word of the
// arguments where the program has no debug information, by the capture.
func (v Variable) Fake() bool { return v.rec().Flags&model.VarFake != 0 }

// Value is what the variable holds.
func (v Variable) Value() Value {
	if v.d == nil {
		return Value{}
	}
	if !v.Escaped() {
		return v.placed(v.Type())
	}
	var b [wordSize]byte
	word, lost := v.escapedTo(b[:])
	if lost != nil {
		return v.d.lost(v.Type(), *lost)
	}
	if word == 0 {
		return v.d.lost(v.Type(), mock.Stub{Reason: mock.Dead, Len: -1})
	}
	return v.d.At(v.Type(), word)
}

// escapedTo reads the pointer to an escaped variable.
func (v Variable) escapedTo(b []byte) (uint64, *mock.Stub) {
	r := v.rec()
	switch r.Place {
	case model.PlaceCFA, model.PlaceAbs:
		addr := v.address()
		if n, stub := v.d.ReadMemory(addr, b); n < len(b) {
			stub.Type, stub.Addr = "", 0
			return 0, &stub
		}
		return le.Uint64(b), nil
	}
	data, stub := v.data(wordSize)
	if stub != nil {
		return 0, stub
	}
	return le.Uint64(data), nil
}

// placed gives the value of type t at the variable's place.
func (v Variable) placed(t Type) Value {
	switch v.rec().Place {
	case model.PlaceCFA, model.PlaceAbs:
		return v.d.At(t, v.address())
	}
	data, stub := v.data(t.Size())
	if stub != nil {
		return v.d.lost(t, *stub)
	}
	if r := v.rec(); r.Place == model.PlaceParts {
		return v.d.heldInPart(t, data, r.Lost, r.Reason)
	}
	return v.d.Held(t, data)
}

// address is where a variable in memory lies.
func (v Variable) address() uint64 {
	addr := uint64(v.rec().Off)
	if v.rec().Place == model.PlaceCFA {
		g := Goroutine{v.d, v.row}
		addr += g.head().base + uint64(g.stack().rec.Frames[v.phys].CFA)
	}
	return addr
}

// data gives the size bytes of a variable that is not in memory.
func (v Variable) data(size int64) ([]byte, *mock.Stub) {
	r := v.rec()
	var all []byte
	off := int64(0)
	switch r.Place {
	case model.PlaceNone:
		return nil, &mock.Stub{Reason: r.Reason, Len: -1}
	case model.PlaceConst:
		all = r.Const
	case model.PlaceRegs, model.PlaceParts:
		off = r.Off
		if all = v.d.inline.of((Goroutine{v.d, v.row}).rec(), int64(v.phys)); all == nil {
			return nil, &mock.Stub{Reason: v.d.absent(), Len: -1, Detail: "its registers were not kept"}
		}
	default:
		return nil, &mock.Stub{Reason: mock.Unsupported, Len: -1, Detail: fmt.Sprintf("place %d", r.Place)}
	}
	if size < 0 || off < 0 || off > int64(len(all)) || size > int64(len(all))-off {
		return nil, &mock.Stub{Reason: mock.Corrupt, Len: -1, Detail: "it lies outside the bytes that were kept"}
	}
	return all[off : off+size : off+size], nil
}

// globalVars lists the package variables as variables that lie at an address.
func (d *Dump) globalVars() []*model.Var {
	d.globalsOnce.Do(func() {
		room := d.budget.share()
		d.each(groupGlobals, func(_ int, rec any) error {
			r, ok := rec.(*model.Global)
			if !ok {
				return nil
			}
			v := &model.Var{Name: r.Name, Type: r.Type, Kind: model.VarGlobal, Place: model.PlaceAbs, Off: int64(r.Addr)}
			d.globals = append(d.globals, v)
			return room.take(int64(unsafe.Sizeof(*v)) + int64(len(v.Name)) + 16)
		})
	})
	return d.globals
}
