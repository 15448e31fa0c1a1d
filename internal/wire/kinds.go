package wire

import "io"

// Kinds tells which kinds of sections a file holds whole, without reading what
// is in them: enough for a writer that failed to see what it has left.
func Kinds(r io.ReaderAt, size int64) map[Kind]bool {
	found := map[Kind]bool{}
	b := make([]byte, HeaderSize)
	if size < HeaderSize || readAll(r, b, 0) != nil {
		return found
	}
	head, err := parseFileHeader(b)
	if err != nil {
		return found
	}
	b = make([]byte, SectionHeaderSize)
	for off := int64(HeaderSize); off+SectionHeaderSize <= size; {
		if readAll(r, b, off) != nil {
			break
		}
		h, ok := parseSectionHeader(b, head.salt)
		end := off + SectionHeaderSize + int64(h.stored)
		if !ok || end > size {
			break
		}
		found[h.kind] = true
		off = end
	}
	return found
}
