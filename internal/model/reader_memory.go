package model

import "github.com/gopostmortem/postmortem/internal/wire"

// Memory sections, read in two steps: the directory tells which addresses are
// there, the data is inflated only when one of them is wanted.

// Range is an extent of a memory section, without its bytes.
type Range struct {
	Addr, Len uint64
	Off       int64 // of its first byte in the section's data
}

// MemoryDirectory lists the extents of MEMORY section i, without reading their bytes.
func (r *Reader) MemoryDirectory(i int) ([]Range, error) {
	var out []Range
	err := r.EachRange(i, func(x Range) error {
		out = append(out, x)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// EachRange calls fn for each extent of MEMORY section i, in order, without
// reading their bytes. Errors of fn are passed on as they are.
func (r *Reader) EachRange(i int, fn func(Range) error) error {
	s := &r.sections[i]
	if s.Kind != wire.KindMemory {
		return formatError(s, wire.Malformed("not a memory section"))
	}
	payload, err := r.wire.Payload(i)
	if err != nil {
		return err
	}
	off := int64(0)
	for len(payload) > 0 {
		var failed error
		payload, err = recordRanges(payload, func(addr, n uint64) error {
			if n > wire.MaxSection || off+int64(n) > wire.MaxSection {
				return wire.Limit("extent of %d bytes", n)
			}
			off += int64(n)
			failed = fn(Range{addr, n, off - int64(n)})
			return failed
		})
		switch {
		case failed != nil:
			return failed
		case err != nil:
			return formatError(s, err)
		}
	}
	if s.Data >= 0 && off != int64(r.sections[s.Data].Raw) {
		return formatError(s, wire.Malformed("extents of %d bytes, data of %d", off, r.sections[s.Data].Raw))
	}
	return nil
}

// recordRanges calls fn for the extents of the record at the front of payload.
func recordRanges(payload []byte, fn func(addr, n uint64) error) (rest []byte, err error) {
	kind, b, err := wire.Uvarint(payload)
	if err != nil {
		return nil, err
	}
	body, rest, err := wire.LengthBytes(b)
	if err != nil || kind != uint64(recMemory.Kind) {
		return rest, err
	}
	elements := 0
	for len(body) > 0 {
		f, more, err := wire.NextField(body)
		if err != nil {
			return nil, err
		}
		if body = more; f.Num != 1 {
			continue
		}
		err = eachRange(f.Bytes, func(addr, n uint64) error {
			if elements++; elements > MaxElements {
				return wire.Limit("a record of more than %d list elements", MaxElements)
			}
			return fn(addr, n)
		})
		if err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// MemoryData gives the bytes of MEMORY section i, to which the directory's
// offsets relate. They are the caller's. Without a data section (the file was
// cut behind the directory) the error is [wire.ErrTruncated].
func (r *Reader) MemoryData(i int) ([]byte, error) {
	s := &r.sections[i]
	if s.Data < 0 {
		return nil, formatError(s, wire.ErrTruncated)
	}
	return r.wire.Payload(s.Data)
}
