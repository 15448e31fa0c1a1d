// Package wire reads and writes the sections of a dump: bytes only.
//
// A dump is a file header, then sections that each carry their own lengths and
// checksums, then an index and a trailer that only save time. What the bytes of
// a section mean is the business of package model. SPEC §3 to §5 define all of
// it; nothing here allocates by a length that was not checked against a limit.
package wire

import (
	"cmp"
	"fmt"
)

// The version of the format that this package writes. A reader accepts every
// minor version of its major version (SPEC §3).
const (
	Major = 1
	Minor = 1
)

// Sizes of the fixed parts, in bytes.
const (
	HeaderSize        = 24
	SectionHeaderSize = 32
	TrailerSize       = 24
)

const (
	magic        = "\x89GPMD\r\n\x1a" // no text, spoilt by a transfer that changes line ends
	trailerMagic = "\r\nGPMEND"
	sectionMark  = "\xc5SEC"
)

// Limits hold before anything is allocated. The zero value of a field means its default.
type Limits struct {
	// MaxSection bounds the uncompressed bytes of one section: what reading
	// one section can cost. Default [MaxSection].
	MaxSection int64
	// MaxSections bounds the sections of a file; each costs some 200 bytes
	// once open. Default [MaxSections].
	MaxSections int
	// MaxTotal bounds the uncompressed bytes of all sections together.
	// Default [MaxTotal] and [TotalRatio] for each byte of the file.
	MaxTotal int64
	// MaxRecordBytes bounds those of the sections that hold records, and so
	// the time that decoding the whole file can take. Default
	// [MaxRecordBytes] and [RecordBytesRatio] for each byte of the file.
	MaxRecordBytes int64
	// MaxRecords bounds the records of all sections together, and so what a
	// table of them takes. Default [MaxRecords] and one for each
	// [BytesPerRecord] of the file.
	MaxRecords int64
}

// Default limits (SPEC §9).
const (
	MaxSection  = 16 << 20 // uncompressed bytes of a section; also the largest zstd window
	MaxSections = 1 << 16

	MaxTotal   = 256 << 20 // uncompressed bytes of all sections …
	TotalRatio = 64        // … plus as many times the size of the file

	MaxRecordBytes   = 16 << 20 // uncompressed bytes of all sections that hold records …
	RecordBytesRatio = 32       // … plus as many times the size of the file

	MaxRecords     = 1 << 20 // records of all sections …
	BytesPerRecord = 4       // … plus one for so many bytes of the file
)

// or gives the limits with defaults for a file of size bytes.
func (l Limits) or(size int64) Limits {
	size = min(size, 1<<50)
	return Limits{
		MaxSection:     cmp.Or(max(l.MaxSection, 0), MaxSection),
		MaxSections:    cmp.Or(max(l.MaxSections, 0), MaxSections),
		MaxTotal:       cmp.Or(max(l.MaxTotal, 0), MaxTotal+TotalRatio*size),
		MaxRecordBytes: cmp.Or(max(l.MaxRecordBytes, 0), MaxRecordBytes+RecordBytesRatio*size),
		MaxRecords:     cmp.Or(max(l.MaxRecords, 0), MaxRecords+size/BytesPerRecord),
	}
}

// A tally adds up what sections claim.
type tally struct{ raw, recordBytes, records int64 }

// add takes in a section; the error is of class [ErrLimit].
func (t *tally) add(e Entry, l Limits) error {
	t.raw += int64(e.Raw)
	t.records += int64(e.Count)
	if e.Kind.Known() && !e.Kind.IsData() {
		t.recordBytes += int64(e.Raw)
	}
	switch {
	case t.raw > l.MaxTotal:
		return Limit("more than %d bytes in all sections", l.MaxTotal)
	case t.recordBytes > l.MaxRecordBytes:
		return Limit("more than %d bytes of records in all sections", l.MaxRecordBytes)
	case t.records > l.MaxRecords:
		return Limit("more than %d records in all sections", l.MaxRecords)
	}
	return nil
}

// Kind says what a section holds. Numbers are never used again.
type Kind uint16

// The kinds of sections (SPEC §4.2).
const (
	KindMeta       Kind = 1
	KindCause      Kind = 2
	KindDefs       Kind = 3
	KindGoroutines Kind = 4
	KindStackData  Kind = 5 // the bytes that the GOROUTINES section before it describes
	KindMemory     Kind = 6
	KindMemoryData Kind = 7 // the bytes that the MEMORY section before it describes
	KindObjects    Kind = 8
	KindGlobals    Kind = 9
	KindSourceDir  Kind = 10
	KindSource     Kind = 11
	KindLosses     Kind = 12
	KindStats      Kind = 13
	KindIndex      Kind = 14

	// Reserved: no meaning yet, and none other later.
	KindEncrypted  Kind = 32 // sections, encrypted
	KindRedactions Kind = 33 // marks of what was removed on purpose
	KindProcesses  Kind = 34 // the tree of processes a dump belongs to
	KindEvents     Kind = 35 // a stream of events before the dump
	KindRawMemory  Kind = 36 // memory without types

	KindRules Kind = 37 // rules for showing frames; since 1

	KindPrivate Kind = 0x8000 // from here on: never assigned
)

var kindNames = map[Kind]string{
	KindMeta: "META", KindCause: "CAUSE", KindDefs: "DEFS",
	KindGoroutines: "GOROUTINES", KindStackData: "STACKDATA",
	KindMemory: "MEMORY", KindMemoryData: "MEMORYDATA",
	KindObjects: "OBJECTS", KindGlobals: "GLOBALS",
	KindSourceDir: "SOURCEDIR", KindSource: "SOURCE",
	KindLosses: "LOSSES", KindStats: "STATS", KindIndex: "INDEX",
	KindEncrypted: "ENCRYPTED", KindRedactions: "REDACTIONS", KindProcesses: "PROCESSES",
	KindEvents: "EVENTS", KindRawMemory: "RAWMEMORY", KindRules: "RULES",
}

// Known reports whether this version gives the kind a meaning.
func (k Kind) Known() bool { return k >= KindMeta && k <= KindIndex || k == KindRules }

// Data gives the kind of the section that holds the data fields of the records
// of sections of kind k, 0 when these have none.
func (k Kind) Data() Kind {
	switch k {
	case KindGoroutines:
		return KindStackData
	case KindMemory:
		return KindMemoryData
	}
	return 0
}

// IsData reports whether sections of the kind hold nothing but data fields.
func (k Kind) IsData() bool { return k == KindStackData || k == KindMemoryData }

// String gives the name that SPEC.md uses.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind %d", uint16(k))
}

// Flags of a section.
const (
	FlagZstd   = 1 << 0 // the payload is one zstd frame
	flagsKnown = FlagZstd
)
