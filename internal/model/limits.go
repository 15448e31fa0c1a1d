package model

// Limits of records (SPEC §9). Those of sections are package wire's.
const (
	// MaxElements bounds the elements of all lists of a record together. It
	// holds while the record is being decoded: an empty element takes two
	// bytes in the file and up to 150 in memory.
	MaxElements = 1 << 18

	// MaxID bounds the ids of types, functions, locations and stacks, so that
	// readers may keep them in arrays.
	MaxID = 1 << 22

	// MaxGoroutines bounds the goroutines of a dump.
	MaxGoroutines = 1 << 22

	// MaxExtents bounds the extents of all memory records together, and so
	// what a list of them takes.
	MaxExtents = 1 << 22

	// MaxTypeSize bounds Type.Size: more than any address space has.
	MaxTypeSize = 1 << 56
)

// SectionTarget is the length at which the writer ends a section: long enough
// to compress well, short enough that reading one value inflates little.
const SectionTarget = 256 << 10
