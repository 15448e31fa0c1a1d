package wire

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// The fixed parts of a file: its header, the header of a section, the trailer.

var (
	le         = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// salted is the CRC-32C of the file's salt and b. The salt keeps a section of
// one dump, found in the memory that another dump holds, from being taken for
// a section of that one.
func salted(salt uint32, b []byte) uint32 {
	var s [4]byte
	le.PutUint32(s[:], salt)
	return crc32.Update(crc32.Checksum(s[:], castagnoli), castagnoli, b)
}

// fileHeader is the first thing in a file (SPEC §3).
type fileHeader struct {
	major, minor uint16
	features     uint32 // bits a reader has to know; none are defined
	salt         uint32
}

func (h fileHeader) append(b []byte) []byte {
	start := len(b)
	b = append(b, magic...)
	b = le.AppendUint16(b, h.major)
	b = le.AppendUint16(b, h.minor)
	b = le.AppendUint32(b, h.features)
	b = le.AppendUint32(b, h.salt)
	return le.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseFileHeader reads the header from the first bytes of a file.
func parseFileHeader(b []byte) (fileHeader, error) {
	n := min(len(b), len(magic))
	if n == 0 || !bytes.Equal(b[:n], []byte(magic)[:n]) {
		return fileHeader{}, ErrNotDump
	}
	if len(b) < HeaderSize {
		return fileHeader{}, ErrTruncated
	}
	if crc32.Checksum(b[:20], castagnoli) != le.Uint32(b[20:]) {
		return fileHeader{}, ErrChecksum
	}
	h := fileHeader{le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint32(b[12:]), le.Uint32(b[16:])}
	if h.major != Major || h.features != 0 {
		return h, ErrVersion
	}
	return h, nil
}

// sectionHeader precedes each payload (SPEC §4.1).
type sectionHeader struct {
	kind        Kind
	flags       uint16
	seq         uint32
	count       uint32 // records
	raw, stored uint32 // length of the payload, uncompressed and as it is in the file
	sum         uint32 // CRC-32C of the payload as it is in the file
}

func (h sectionHeader) append(b []byte, salt uint32) []byte {
	start := len(b)
	b = append(b, sectionMark...)
	b = le.AppendUint16(b, uint16(h.kind))
	b = le.AppendUint16(b, h.flags)
	for _, v := range []uint32{h.seq, h.count, h.raw, h.stored, h.sum} {
		b = le.AppendUint32(b, v)
	}
	return le.AppendUint32(b, salted(salt, b[start:]))
}

// parseSectionHeader reads a header; ok is false when b does not start with an intact one.
func parseSectionHeader(b []byte, salt uint32) (h sectionHeader, ok bool) {
	if len(b) < SectionHeaderSize || string(b[:4]) != sectionMark || salted(salt, b[:28]) != le.Uint32(b[28:]) {
		return sectionHeader{}, false
	}
	return sectionHeader{
		kind: Kind(le.Uint16(b[4:])), flags: le.Uint16(b[6:]), seq: le.Uint32(b[8:]), count: le.Uint32(b[12:]),
		raw: le.Uint32(b[16:]), stored: le.Uint32(b[20:]), sum: le.Uint32(b[24:]),
	}, true
}

// trailer says where the index is (SPEC §5.2).
type trailer struct {
	index    int64 // offset of the INDEX section
	sections uint32
}

func (t trailer) append(b []byte, salt uint32) []byte {
	start := len(b)
	b = le.AppendUint64(b, uint64(t.index))
	b = le.AppendUint32(b, t.sections)
	b = le.AppendUint32(b, salted(salt, b[start:]))
	return append(b, trailerMagic...)
}

// parseTrailer reads a trailer; ok is false when b is not an intact one.
func parseTrailer(b []byte, salt uint32) (t trailer, ok bool) {
	if len(b) != TrailerSize || string(b[16:]) != trailerMagic || salted(salt, b[:12]) != le.Uint32(b[12:]) {
		return trailer{}, false
	}
	return trailer{int64(le.Uint64(b)), le.Uint32(b[8:])}, true
}
