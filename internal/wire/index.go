package wire

import "math"

// Entry describes one section: what its header says, where it is, and for some
// kinds the range of goroutine ids or addresses in it (SPEC §5.1).
type Entry struct {
	Kind   Kind
	Flags  uint16
	Seq    uint32
	Count  uint32 // records
	Raw    uint32 // length of the payload
	Stored uint32 // its length in the file
	Offset int64  // of the section's header in the file
	Lo, Hi uint64 // lowest and highest goroutine id, or address; both 0 when not known
}

// end is the offset behind the section.
func (e Entry) end() int64 { return e.Offset + SectionHeaderSize + int64(e.Stored) }

func (e Entry) header(sum uint32) sectionHeader {
	return sectionHeader{e.Kind, e.Flags, e.Seq, e.Count, e.Raw, e.Stored, sum}
}

// Fields of an index entry: a table as in package model, for the one message
// that this package has to know.
var entryFields = []struct {
	name string
	max  uint64
	at   func(*Entry) uint64
	set  func(*Entry, uint64)
}{
	{"kind", math.MaxUint16, func(e *Entry) uint64 { return uint64(e.Kind) }, func(e *Entry, v uint64) { e.Kind = Kind(v) }},
	{"flags", math.MaxUint16, func(e *Entry) uint64 { return uint64(e.Flags) }, func(e *Entry, v uint64) { e.Flags = uint16(v) }},
	{"count", math.MaxUint32, func(e *Entry) uint64 { return uint64(e.Count) }, func(e *Entry, v uint64) { e.Count = uint32(v) }},
	{"raw", math.MaxUint32, func(e *Entry) uint64 { return uint64(e.Raw) }, func(e *Entry, v uint64) { e.Raw = uint32(v) }},
	{"stored", math.MaxUint32, func(e *Entry) uint64 { return uint64(e.Stored) }, func(e *Entry, v uint64) { e.Stored = uint32(v) }},
	{"lo", math.MaxUint64, func(e *Entry) uint64 { return e.Lo }, func(e *Entry, v uint64) { e.Lo = v }},
	{"hi", math.MaxUint64, func(e *Entry) uint64 { return e.Hi }, func(e *Entry, v uint64) { e.Hi = v }},
}

// EntryFields gives the names of an index entry's fields, by number from 1.
func EntryFields() []string {
	var names []string
	for _, f := range entryFields {
		names = append(names, f.name)
	}
	return names
}

// appendIndex appends the payload of the INDEX section. Offsets and sequence
// numbers follow from the order and the lengths.
func appendIndex(b []byte, entries []Entry) []byte {
	var body []byte
	for i := range entries {
		body = body[:0]
		for n, f := range entryFields {
			if v := f.at(&entries[i]); v != 0 {
				body = AppendVarintField(body, n+1, v)
			}
		}
		b = AppendUvarint(b, uint64(len(body)))
		b = append(b, body...)
	}
	return b
}

// parseIndex reads the payload of an INDEX section at offset index.
func parseIndex(b []byte, count uint32, index int64) ([]Entry, error) {
	if int64(count) > index/SectionHeaderSize {
		return nil, Malformed("index of %d entries behind %d bytes", count, index)
	}
	entries := make([]Entry, 0, count)
	off := int64(HeaderSize)
	for len(b) > 0 && len(entries) < int(count) {
		body, rest, err := LengthBytes(b)
		if err != nil {
			return nil, err
		}
		e, err := parseEntry(body)
		if err != nil {
			return nil, err
		}
		e.Seq, e.Offset = uint32(len(entries)), off
		off = e.end()
		entries, b = append(entries, e), rest
	}
	if len(b) > 0 || len(entries) != int(count) || off != index {
		return nil, Malformed("index of %d entries up to offset %d, should be %d up to %d", len(entries), off, count, index)
	}
	return entries, nil
}

func parseEntry(b []byte) (Entry, error) {
	var e Entry
	last := uint64(0)
	for len(b) > 0 {
		f, rest, err := NextField(b)
		if err != nil {
			return e, err
		}
		b = rest
		if f.Num <= last {
			return e, Malformed("index entry: field %d after field %d", f.Num, last)
		}
		last = f.Num
		if f.Num > uint64(len(entryFields)) {
			continue // of a later version
		}
		spec := entryFields[f.Num-1]
		if f.Type != TypeVarint || f.Value == 0 || f.Value > spec.max {
			return e, Malformed("index entry: bad %s", spec.name)
		}
		spec.set(&e, f.Value)
	}
	if e.Kind == 0 || e.Kind == KindIndex || e.Lo > e.Hi {
		return e, Malformed("index entry: kind %d, range %d to %d", e.Kind, e.Lo, e.Hi)
	}
	return e, nil
}
