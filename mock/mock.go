// Package mock describes what stands in a dump where a value could not be kept.
//
// A [Stub] is typed: it names the type of the value it stands for, the reason
// why the value is absent and, where that was cheap to find out, its address
// and length. The package is a leaf: it imports nothing of this module.
package mock

import "fmt"

// Reason says why a value is not in a dump. New reasons may be added in later
// versions of the format: a reader has to be ready for one it does not know.
type Reason uint8

// The reasons, with the numbers that SPEC.md gives them.
const (
	Unknown      Reason = iota // no reason recorded
	DepthLimit                 // more references away from a variable than the depth of the dump
	ByteLimit                  // the budget for bytes of values was used up
	ObjectLimit                // the budget for objects was used up
	ElementLimit               // an array, slice, map or channel longer than the element budget
	StringLimit                // the tail of a string longer than the string budget
	TimeLimit                  // the time for the capture was used up
	Unreadable                 // the memory could not be read
	OptimizedOut               // the compiler kept no copy of the variable at this point
	NoDWARF                    // the program was linked without debug information
	Untyped                    // an unsafe.Pointer or uintptr: there is no type to follow
	Foreign                    // memory that does not belong to Go, for instance C's
	Unsupported                // a location or layout this version cannot read
	Corrupt                    // the value contradicts itself, for instance a length below zero
	Damaged                    // the part of the file that held it is missing or broken
	Redacted                   // removed on purpose
	Disabled                   // an option of the capture left it out
	Dead                       // the variable is declared further down: not yet in scope
	Stale                      // the pointer was dead, and what it pointed to may have been collected
)

var reasons = [...]string{
	Unknown:      "unknown reason",
	DepthLimit:   "depth limit",
	ByteLimit:    "byte limit",
	ObjectLimit:  "object limit",
	ElementLimit: "element limit",
	StringLimit:  "string limit",
	TimeLimit:    "time limit",
	Unreadable:   "unreadable memory",
	OptimizedOut: "optimized out",
	NoDWARF:      "no DWARF: build without -w",
	Untyped:      "untyped pointer",
	Foreign:      "memory outside Go",
	Unsupported:  "unsupported location",
	Corrupt:      "corrupt value",
	Damaged:      "lost with a damaged part of the dump",
	Redacted:     "redacted",
	Disabled:     "not captured",
	Dead:         "not yet declared",
	Stale:        "stale pointer",
}

// Valid reports whether this version of the package knows r.
func (r Reason) Valid() bool { return int(r) < len(reasons) }

// String gives the reason as readers print it.
func (r Reason) String() string {
	if r.Valid() {
		return reasons[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Stub stands for one value that is not in the dump.
type Stub struct {
	Reason Reason
	Type   string // the Go type of the absent value; "" where it is not known
	Addr   uint64 // where it lay; 0 where it had no address
	Len    int64  // its length in elements or bytes, -1 where that is not known
	Detail string // what went wrong in this one case, "" in most
}

// String renders s as `(TYPE) [REASON]`, with length and detail where they are known.
func (s Stub) String() string {
	out := "[" + s.Reason.String()
	if s.Len >= 0 {
		out += fmt.Sprintf(", len %d", s.Len)
	}
	if s.Detail != "" {
		out += ": " + s.Detail
	}
	out += "]"
	if s.Type != "" {
		out = "(" + s.Type + ") " + out
	}
	return out
}
