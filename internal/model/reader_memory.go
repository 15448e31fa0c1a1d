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
	s := &r.sections[i]
	if s.Kind != wire.KindMemory {
		return nil, formatError(s, wire.Malformed("not a memory section"))
	}
	payload, err := r.wire.Payload(i)
	if err != nil {
		return nil, err
	}
	var out []Range
	off := int64(0)
	for len(payload) > 0 {
		out, payload, err = appendDirectory(out, payload, &off)
		if err != nil {
			return nil, formatError(s, err)
		}
	}
	if s.Data >= 0 && off != int64(r.sections[s.Data].Raw) {
		return nil, formatError(s, wire.Malformed("extents of %d bytes, data of %d", off, r.sections[s.Data].Raw))
	}
	return out, nil
}

// appendDirectory appends the extents of the record at the front of payload.
func appendDirectory(out []Range, payload []byte, off *int64) ([]Range, []byte, error) {
	kind, b, err := wire.Uvarint(payload)
	if err != nil {
		return nil, nil, err
	}
	body, rest, err := wire.LengthBytes(b)
	if err != nil || kind != uint64(recMemory.Kind) {
		return out, rest, err
	}
	for len(body) > 0 {
		f, more, err := wire.NextField(body)
		if err != nil {
			return nil, nil, err
		}
		if body = more; f.Num != 1 {
			continue
		}
		err = eachRange(f.Bytes, func(addr, n uint64) error {
			if n > wire.MaxSection || *off+int64(n) > wire.MaxSection {
				return wire.Limit("extent of %d bytes", n)
			}
			out = append(out, Range{addr, n, *off})
			*off += int64(n)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return out, rest, nil
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
