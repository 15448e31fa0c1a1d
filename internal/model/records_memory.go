package model

import "github.com/gopostmortem/postmortem/mock"

// Records about memory and source.

// Memory is a block of the image: extents of memory, ascending and disjoint.
type Memory struct {
	Extents []Extent
}

// Extent is a run of memory.
type Extent struct {
	Addr  uint64
	Bytes []byte
}

// TypeWord gives the type behind the first word of an interface value.
type TypeWord struct {
	Addr uint64 // of the type descriptor or itab
	Type TypeID // dynamic type
}

// MapObj is a map, normalised: entries lie one behind the other in the image,
// key then element, without padding, in the runtime's table order.
type MapObj struct {
	Addr   uint64 // what the map variable holds
	Type   TypeID
	Len    int64       // the map's own count
	Count  int64       // entries kept
	Base   uint64      // address of the entries in the image, in the synthetic range
	Reason mock.Reason // why Count < Len
}

// ChanObj is a channel, normalised: buffered elements in the order in which they would be received.
type ChanObj struct {
	Addr       uint64
	Type       TypeID
	Len, Cap   int64
	Closed     bool
	Count      int64 // elements kept
	Base       uint64
	Reason     mock.Reason
	Recv, Send []Waiter
	When       int64 // the runtime's clock when the timer behind it fires, 0 none
	Period     int64 // of that timer, nanoseconds; 0 it fires once
}

// Waiter is a goroutine in a channel's queue.
type Waiter struct {
	Goroutine GoID
	Elem      uint64 // address of its element, 0 none
}

// FuncObj is a func value: a closure.
type FuncObj struct {
	Addr    uint64 // of the closure
	Func    FuncID
	Context TypeID // struct laid over Addr whose fields are the captured variables; 0 none
}

// StubObj marks a range of addresses whose bytes are not in the image.
type StubObj struct {
	Addr   uint64
	Size   int64 // bytes; at least 1
	Type   TypeID
	Reason mock.Reason
	Len    int64 // of the map, string, slice there; -1 unknown
	Detail string
}

// Global is a package variable.
type Global struct {
	Name string // package path qualified
	Type TypeID
	Addr uint64
}

// SourceState says whether a file's text is in the dump.
type SourceState uint8

const (
	SourceAbsent   SourceState = iota // could not be found: Reason
	SourceEmbedded                    // in the dump, whole
	SourceDisabled                    // left out on purpose
	SourceStale                       // embedded, but newer than the executable
)

// SourceFile lists one source file.
type SourceFile struct {
	Path   string // as the compiler recorded it
	Found  string // where it was read from
	Size   int64
	Hash   []byte // SHA-256 of the content; empty when absent
	State  SourceState
	Reason string
}

// SourceText is the content behind a hash.
type SourceText struct {
	Hash []byte
	Text []byte
}
