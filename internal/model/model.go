// Package model holds the records of a dump and turns them into bytes and back.
//
// The structs of records_*.go are the format's vocabulary: SPEC.md describes each
// of them in a table, and a test compares the two. A dump is a typed image of
// memory: a value is a type and an address, its bytes lie in the image, and
// sharing and cycles are therefore exact. What a reader could not interpret
// without knowing the runtime of one Go version (maps, channels, interfaces'
// type words, closures) is normalised into side tables keyed by address.
package model

// Identifiers. Zero means "none" in each of them, so the first is 1.
type (
	TypeID  uint32
	FuncID  uint32
	LocID   uint32
	StackID uint32
	GoID    uint64 // the runtime's goroutine id
)
