package wire

import (
	"errors"
	"fmt"
	"io"
)

// The classes of errors that reading a dump can give (SPEC §2.4).
var (
	ErrNotDump   = errors.New("not a dump")          // the file is something else
	ErrVersion   = errors.New("unsupported version") // made by a later, incompatible version
	ErrTruncated = errors.New("truncated dump")      // the file ends before the dump does
	ErrChecksum  = errors.New("checksum mismatch")   // bytes were changed
	ErrLimit     = errors.New("limit exceeded")      // a size is beyond what a reader accepts
	ErrMalformed = errors.New("malformed dump")      // the bytes break the format's rules
)

// FormatError says where a dump breaks its format.
type FormatError struct {
	Section string // kind of the section, "" for the file as a whole
	Offset  int64  // in the file, of the section's first byte; -1 unknown
	Err     error  // wraps one of the classes above, or is the error of the underlying reader
}

// Error implements error.
func (e *FormatError) Error() string {
	where := "dump"
	if e.Section != "" {
		where = "section " + e.Section
	}
	if e.Offset >= 0 {
		where += fmt.Sprintf(" at offset %d", e.Offset)
	}
	return where + ": " + e.Err.Error()
}

// Unwrap gives the class of the error.
func (e *FormatError) Unwrap() error { return e.Err }

// Malformed gives an error of class [ErrMalformed] with what is wrong.
func Malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// Limit gives an error of class [ErrLimit] with what is too large.
func Limit(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}

// readAll fills p from off. A file shorter than promised is a truncated one.
func readAll(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return err
}
