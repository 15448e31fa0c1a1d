package dump

import (
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// The classes of errors that reading a dump can give; test with [errors.Is].
// A [FormatError] that wraps one of them says where in the file it happened.
var (
	ErrNotDump   = wire.ErrNotDump                      // the file is something else
	ErrVersion   = wire.ErrVersion                      // made by a later, incompatible version
	ErrTruncated = wire.ErrTruncated                    // the file ends before the dump does
	ErrChecksum  = wire.ErrChecksum                     // a section's bytes were changed
	ErrLimit     = wire.ErrLimit                        // a size is beyond what a reader accepts
	ErrMalformed = wire.ErrMalformed                    // the bytes break the format's rules
	ErrNoSource  = errors.New("source not in the dump") // see [SourceError]
)

// FormatError says where a dump breaks its format.
type FormatError struct {
	Section string // kind of the section, "" for the file as a whole
	Offset  int64  // in the file, of the section's first byte; -1 unknown
	Err     error  // wraps one of the classes above
}

// Error implements error.
func (e *FormatError) Error() string {
	text := (*wire.FormatError)(e).Error()
	if held := sectionHolds[e.Section]; held != "" && errors.Is(e, ErrChecksum) {
		text += "; lost: " + held
	}
	return text
}

// sectionHolds says what a reader loses with a section, by its kind.
var sectionHolds = map[string]string{
	wire.KindMeta.String(): "process", wire.KindCause.String(): "cause", wire.KindDefs.String(): "types and functions",
	wire.KindGoroutines.String(): "goroutines", wire.KindStackData.String(): "variables on stacks",
	wire.KindMemory.String(): "values", wire.KindMemoryData.String(): "values",
	wire.KindObjects.String(): "maps, channels, dynamic types", wire.KindGlobals.String(): "package variables",
	wire.KindRules.String(): "rules", wire.KindSourceDir.String(): "list of sources", wire.KindSource.String(): "source",
	wire.KindLosses.String(): "losses", wire.KindStats.String(): "statistics",
}

// Unwrap gives the class of the error.
func (e *FormatError) Unwrap() error { return e.Err }

// SourceError says why the text of a source file is not in a dump. It wraps [ErrNoSource].
type SourceError struct {
	Path   string
	State  SourceState
	Reason string // what went wrong, "" when there is nothing to add to State
}

// Error implements error.
func (e *SourceError) Error() string {
	text := fmt.Sprintf("%q: %v", e.Path, ErrNoSource)
	switch {
	case e.Reason != "":
		text += ": " + e.Reason
	case e.State == SourceDisabled:
		text += ": left out on purpose"
	}
	return text
}

// Unwrap gives ErrNoSource.
func (e *SourceError) Unwrap() error { return ErrNoSource }
