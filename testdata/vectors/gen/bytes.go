package main

import (
	"encoding/binary"
	"hash/crc32"
)

// The parts of a file, by SPEC §3 to §6.

var (
	le    = binary.LittleEndian
	table = crc32.MakeTable(crc32.Castagnoli)
)

const salt = 0x5a17ed00

// Kinds of sections.
const (
	META = 1 + iota
	CAUSE
	DEFS
	GOROUTINES
	STACKDATA
	MEMORY
	MEMORYDATA
	OBJECTS
	GLOBALS
	SOURCEDIR
	SOURCE
	LOSSES
	STATS
	INDEX

	RULES = 37
)

// header is the header of a file.
func header(major, minor uint16, features uint32) []byte {
	b := []byte("\x89GPMD\r\n\x1a")
	b = le.AppendUint16(b, major)
	b = le.AppendUint16(b, minor)
	b = le.AppendUint32(b, features)
	b = le.AppendUint32(b, salt)
	return le.AppendUint32(b, crc32.Checksum(b, table))
}

// salted is the checksum of section headers and the trailer.
func salted(salt uint32, b []byte) uint32 {
	return crc32.Checksum(append(le.AppendUint32(nil, salt), b...), table)
}

// section is a section before it becomes bytes; the fields that are derived
// from others can be set otherwise to break a rule.
type section struct {
	kind    uint16
	flags   uint16
	seq     int // -1: the next
	count   int
	raw     int // -1: the length of payload
	payload []byte
	lo, hi  uint64
	sum     uint32 // is added to the right one
	headSum uint32 // likewise
	salt    uint32
	length  int // is added to the stored length in the header
}

// sec is a section of the records.
func sec(kind int, recs ...[]byte) section {
	return section{kind: uint16(kind), seq: -1, count: len(recs), raw: -1, payload: join(recs...), salt: salt}
}

// over gives the section with a range in the index.
func (s section) over(lo, hi uint64) section {
	s.lo, s.hi = lo, hi
	return s
}

func (s section) bytes(seq int) []byte {
	if s.seq >= 0 {
		seq = s.seq
	}
	b := []byte("\xc5SEC")
	b = le.AppendUint16(b, s.kind)
	b = le.AppendUint16(b, s.flags)
	b = le.AppendUint32(b, uint32(seq))
	b = le.AppendUint32(b, uint32(s.count))
	b = le.AppendUint32(b, uint32(s.rawLen()))
	b = le.AppendUint32(b, uint32(len(s.payload)+s.length))
	b = le.AppendUint32(b, crc32.Checksum(s.payload, table)+s.sum)
	b = le.AppendUint32(b, salted(s.salt, b)+s.headSum)
	return append(b, s.payload...)
}

func (s section) rawLen() int {
	if s.raw >= 0 {
		return s.raw
	}
	return len(s.payload)
}

// entry is the section's entry in the index.
func (s section) entry() []byte {
	var b []byte
	for i, v := range []uint64{
		uint64(s.kind), uint64(s.flags), uint64(s.count), uint64(s.rawLen()), uint64(len(s.payload) + s.length), s.lo, s.hi,
	} {
		if v != 0 {
			b = append(b, num(i+1, v)...)
		}
	}
	return b
}

// body is the header and the sections without index and trailer.
func body(sections ...section) []byte {
	b := header(1, 1, 0)
	for i, s := range sections {
		b = append(b, s.bytes(i)...)
	}
	return b
}

// file is a whole file.
func file(sections ...section) []byte {
	b := body(sections...)
	return finish(b, index(sections...))
}

// index is the INDEX section.
func index(sections ...section) section {
	var entries [][]byte
	for _, s := range sections {
		entries = append(entries, prefixed(s.entry()))
	}
	return sec(INDEX, entries...)
}

// finish appends the index and the trailer to b.
func finish(b []byte, index section) []byte {
	at := len(b)
	b = append(b, index.bytes(index.count)...)
	return append(b, trailer(at, index.count)...)
}

func trailer(at, sections int) []byte {
	b := le.AppendUint64(nil, uint64(at))
	b = le.AppendUint32(b, uint32(sections))
	b = le.AppendUint32(b, salted(salt, b))
	return append(b, "\r\nGPMEND"...)
}

// num is a field with an unsigned number.
func num(field int, v uint64) []byte {
	b := binary.AppendUvarint(nil, uint64(field)<<3)
	return binary.AppendUvarint(b, v)
}

// sint is a field with a signed number.
func sint(field int, v int64) []byte { return num(field, uint64(v)<<1^uint64(v>>63)) }

// bin is a field with bytes.
func bin(field int, parts ...[]byte) []byte {
	b := binary.AppendUvarint(nil, uint64(field)<<3|2)
	return append(b, prefixed(join(parts...))...)
}

func str(field int, s string) []byte { return bin(field, []byte(s)) }

// rec is a record.
func rec(kind int, fields ...[]byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(kind)), prefixed(join(fields...))...)
}

// prefixed is b behind its length.
func prefixed(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

// varints is a run of numbers.
func varints(list ...uint64) []byte {
	var b []byte
	for _, v := range list {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}
