package wire

import (
	"hash/crc32"
	"io"
)

// Reader reads the sections of a file, each when it is asked for. It may be
// used by several goroutines at once when the underlying reader may.
type Reader struct {
	r      io.ReaderAt
	size   int64
	limits Limits
	head   fileHeader
	zstd   inflater

	entries []Entry
	indexed bool
	damage  []error
}

// Open reads the header and the list of sections, from the index when there is
// an intact one, else by going from section to section. The error is not nil
// only when nothing can be read; what else is wrong with the file as a whole is
// in [Reader.Damage].
func Open(r io.ReaderAt, size int64, limits Limits) (*Reader, error) {
	out := &Reader{r: r, size: size, limits: limits.or(size)}
	b := make([]byte, min(max(size, 0), HeaderSize))
	err := readAll(r, b, 0)
	if err == nil {
		out.head, err = parseFileHeader(b)
	}
	if err != nil {
		return nil, &FormatError{"", 0, err}
	}
	if !out.readIndex() {
		out.scan()
	}
	return out, nil
}

// Version gives the minor version of the file.
func (r *Reader) Version() (major, minor int) { return int(r.head.major), int(r.head.minor) }

// Salt gives the number that the file's checksums are salted with.
func (r *Reader) Salt() uint32 { return r.head.salt }

// Entries lists the sections, without the index, in the order of the file.
func (r *Reader) Entries() []Entry { return r.entries }

// Indexed reports whether the list of sections came from the index.
func (r *Reader) Indexed() bool { return r.indexed }

// Damage tells what is wrong with the file as a whole: where it is cut, and
// which parts of it are no sections. Payloads are checked when they are read.
func (r *Reader) Damage() []error { return r.damage }

// maxDamage is how many damages are told: a file of nothing but broken headers
// must not cost more memory than its sections would.
const maxDamage = 1000

func (r *Reader) damaged(kind Kind, off int64, err error) {
	name := ""
	if kind != 0 {
		name = kind.String()
	}
	if len(r.damage) < maxDamage {
		r.damage = append(r.damage, &FormatError{name, off, err})
	}
}

// readIndex takes the list of sections from the index; false when there is no
// intact one that agrees with the length of the file.
func (r *Reader) readIndex() bool {
	off := r.size - TrailerSize
	if off < HeaderSize+SectionHeaderSize {
		return false
	}
	b := make([]byte, TrailerSize)
	if readAll(r.r, b, off) != nil {
		return false
	}
	t, ok := parseTrailer(b, r.head.salt)
	if !ok || t.index < HeaderSize || t.index > off-SectionHeaderSize || int64(t.sections) > int64(r.limits.MaxSections) {
		return false
	}
	e, ok := r.entryAt(t.index)
	if !ok || e.Kind != KindIndex || e.end() != off || e.Seq != t.sections || e.Count != t.sections {
		return false
	}
	payload, err := r.payload(e)
	if err != nil {
		return false
	}
	entries, err := parseIndex(payload, e.Count, e.Offset)
	if err != nil || r.checkTotal(entries) != nil {
		return false
	}
	r.entries, r.indexed = entries, true
	return true
}

// checkTotal holds what all sections claim against the limits.
func (r *Reader) checkTotal(entries []Entry) error {
	var t tally
	for _, e := range entries {
		if err := t.add(e, r.limits); err != nil {
			return err
		}
	}
	return nil
}

// entryAt reads the section header at off.
func (r *Reader) entryAt(off int64) (Entry, bool) {
	b := make([]byte, SectionHeaderSize)
	if readAll(r.r, b, off) != nil {
		return Entry{}, false
	}
	h, ok := parseSectionHeader(b, r.head.salt)
	return entryOf(h, off), ok
}

func entryOf(h sectionHeader, off int64) Entry {
	return Entry{Kind: h.kind, Flags: h.flags, Seq: h.seq, Count: h.count, Raw: h.raw, Stored: h.stored, Offset: off}
}

// Payload reads, checks and decompresses section i. The slice is the caller's.
func (r *Reader) Payload(i int) ([]byte, error) {
	e := r.entries[i]
	b, err := r.payload(e)
	if err != nil {
		return nil, &FormatError{e.Kind.String(), e.Offset, err}
	}
	return b, nil
}

// Check compares section i with its checksum, and does not decompress it.
func (r *Reader) Check(i int) error {
	e := r.entries[i]
	if _, _, err := r.stored(e); err != nil {
		return &FormatError{e.Kind.String(), e.Offset, err}
	}
	return nil
}

func (r *Reader) payload(e Entry) ([]byte, error) {
	b, flags, err := r.stored(e)
	switch {
	case err != nil:
		return nil, err
	case flags&^flagsKnown != 0:
		return nil, ErrVersion
	case flags&FlagZstd != 0:
		return r.zstd.inflate(b, int64(e.Raw), r.limits.MaxSection)
	case e.Raw != e.Stored:
		return nil, Malformed("stored payload of %d bytes where the header says %d", e.Stored, e.Raw)
	}
	return b, nil
}

// stored reads a section's payload as it is in the file, and its flags.
func (r *Reader) stored(e Entry) (b []byte, flags uint16, err error) {
	if int64(e.Raw) > r.limits.MaxSection || int64(e.Stored) > r.limits.MaxSection {
		return nil, 0, Limit("payload of %d bytes, %d in the file", e.Raw, e.Stored)
	}
	if e.end() > r.size {
		return nil, 0, ErrTruncated
	}
	b = make([]byte, SectionHeaderSize+int(e.Stored))
	if err := readAll(r.r, b, e.Offset); err != nil {
		return nil, 0, err
	}
	h, ok := parseSectionHeader(b, r.head.salt)
	b = b[SectionHeaderSize:]
	switch {
	case !ok:
		return nil, 0, ErrChecksum
	case h != e.header(h.sum):
		return nil, 0, Malformed("header and index differ")
	case crc32.Checksum(b, castagnoli) != h.sum:
		return nil, 0, ErrChecksum
	}
	return b, h.flags, nil
}
