package image

import (
	"strings"
)

// Callee is what a wrapper that the compiler made for a defer statement calls.
type Callee struct {
	Call         // its name, and where it is declared; empty where it is known at run time only
	Entry uint64 // 0 where the call was inlined, or is known at run time only
	// Method is, for a call of a method of an interface, the offset of the
	// method's code in the itab that the wrapper captured first; Value says that
	// it calls the func value that it captured first.
	Method int64
	Value  bool
	// Ints and Floats are where the registers of the arguments come from, in the
	// order in which Go passes arguments. Where the call was inlined, the first
	// of Ints is that of its only argument, if it has no more.
	Ints   [9]Source
	Floats [15]Source
}

// Source is where an argument comes from.
type Source struct {
	Captured int64  // offset in the closure, 0 not from there
	Addr     uint64 // of a package variable to which it is a pointer, 0 none
}

// firstCaptured is the offset in a closure of what it captured first.
const firstCaptured = 8

// intArgs are the registers in which Go passes words, in their order:
// AX, BX, CX, DI, SI, R8 to R11.
var intArgs = [9]byte{0, 3, 1, 7, 6, 8, 9, 10, 11}

// IsCallWrapper tells the closures that the compiler makes of deferred calls and
// go statements with arguments: main.f.deferwrap1, main.f.gowrap1.
func IsCallWrapper(f Function) bool {
	if f.ID() != IDWrapper {
		return false
	}
	name := strings.TrimRight(f.Name(), "0123456789")
	return strings.HasSuffix(name, ".deferwrap") || strings.HasSuffix(name, ".gowrap")
}

// Callee finds what a deferred call's wrapper calls, and with what: the call
// that was inlined in it, or else the one in its code.
func (m *Image) Callee(f Function) (found Callee, ok bool) {
	const longest = 4 << 10
	code := m.code(f)
	if len(code) == 0 || len(code) > longest || m.container.processor != AMD64 {
		return Callee{}, false
	}
	inlined := f.Entry + uint64(len(code))
	for pc := f.Entry; pc < inlined; pc++ {
		if calls := f.Calls(pc); len(calls) > 1 {
			found.Call, inlined, ok = calls[len(calls)-2], pc, true
		}
	}
	w := wrapperCode{pc: f.Entry, code: code[:inlined-f.Entry], passed: m.ofRaceDetector}
	switch at := w.run(); {
	case ok:
		found.Ints[0] = w.onlySource()
		return found, true
	case at == stopCall:
		fn, is := m.Find(w.target)
		if !is || fn.Entry != w.target || strings.HasPrefix(fn.Name(), "runtime.") {
			return Callee{}, false
		}
		found.Call = Call{Name: fn.Name(), File: fn.File(), StartLine: fn.StartLine, FuncID: fn.ID()}
		found.Entry = fn.Entry
	case at == stopIndirect && w.called.behind == firstCaptured:
		found.Method, found.Value = w.called.disp, w.called.disp == 0
	default:
		return Callee{}, false
	}
	for i, r := range intArgs {
		found.Ints[i] = w.ints[r].Source
	}
	for i := range found.Floats {
		found.Floats[i] = w.floats[i].Source
	}
	return found, true
}

// ofRaceDetector reports whether a function is one that the compiler calls in each
// function of a build with the race detector.
func (m *Image) ofRaceDetector(entry uint64) bool {
	fn, ok := m.Find(entry)
	return ok && fn.Entry == entry && (fn.Name() == "runtime.racefuncenter" || fn.Name() == "runtime.racefuncexit")
}
