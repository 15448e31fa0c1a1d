package wire

import "bytes"

// Going through a file without an index, from section to section. Where a
// header is broken the scan looks for the next intact one.

// scanner is the state of one scan.
type scanner struct {
	*Reader
	off   int64
	seq   uint32 // that the next section should have
	lost  bool   // a gap was reported: sequence numbers may jump
	total tally
}

func (r *Reader) scan() {
	s := &scanner{Reader: r, off: HeaderSize}
	for s.off < r.size {
		e, ok := r.entryAt(s.off)
		if !ok {
			if !s.resync() {
				return
			}
			continue
		}
		if e.Kind == KindIndex {
			s.finish(e)
			return
		}
		if !s.section(e) {
			return
		}
	}
	r.damaged(0, s.off, ErrTruncated)
}

// section takes the section e into the list; false ends the scan.
func (s *scanner) section(e Entry) bool {
	over := s.total.add(e, s.limits)
	switch {
	case e.end() > s.size:
		s.damaged(e.Kind, e.Offset, ErrTruncated)
		return false
	case len(s.entries) >= s.limits.MaxSections:
		s.damaged(e.Kind, e.Offset, Limit("more than %d sections", s.limits.MaxSections))
		return false
	case over != nil:
		s.damaged(e.Kind, e.Offset, over)
		return false
	case e.Kind == 0:
		s.damaged(e.Kind, e.Offset, Malformed("section of kind 0"))
	case e.Seq < s.seq:
		s.damaged(e.Kind, e.Offset, Malformed("section %d where %d was due", e.Seq, s.seq))
	default:
		if e.Seq > s.seq && !s.lost {
			s.damaged(e.Kind, e.Offset, Malformed("section %d where %d was due", e.Seq, s.seq))
		}
		s.entries = append(s.entries, e)
	}
	s.seq, s.lost, s.off = max(s.seq, e.Seq+1), false, e.end()
	return true
}

// finish looks at what follows the last section: the index e and the trailer.
// Opening by them has failed, so one of them is damaged.
func (s *scanner) finish(e Entry) {
	rest := s.size - e.end()
	if rest < TrailerSize {
		s.damaged(KindIndex, e.Offset, ErrTruncated)
		return
	}
	payload, err := s.payload(e)
	var entries []Entry
	if err == nil {
		entries, err = parseIndex(payload, e.Count, e.Offset)
	}
	if err == nil {
		err = s.checkTotal(entries)
	}
	if err == nil {
		err = s.trailerError(e)
	}
	s.damaged(KindIndex, e.Offset, err)
}

// trailerError says what is wrong behind the intact index e.
func (s *scanner) trailerError(e Entry) error {
	b := make([]byte, TrailerSize)
	if err := readAll(s.r, b, e.end()); err != nil {
		return err
	}
	t, ok := parseTrailer(b, s.head.salt)
	switch {
	case !ok:
		return ErrChecksum
	case t.index != e.Offset || t.sections != e.Count || e.Seq != e.Count:
		return Malformed("trailer and index differ")
	}
	return Malformed("%d bytes behind the trailer", s.size-e.end()-TrailerSize)
}

// resync reports the broken header at s.off and moves on to the next intact
// one; false when there is none.
func (s *scanner) resync() bool {
	at := s.off
	if s.size-at < SectionHeaderSize {
		s.damaged(0, at, ErrTruncated)
		return false
	}
	s.damaged(0, at, ErrChecksum)
	s.lost = true
	const chunk = 64 << 10
	buf := make([]byte, chunk+SectionHeaderSize)
	for off := at + 1; off < s.size; off += chunk {
		b := buf[:min(int64(len(buf)), s.size-off)]
		if readAll(s.r, b, off) != nil {
			return false
		}
		if n, ok := s.findHeader(b); ok {
			s.off = off + int64(n)
			return true
		}
	}
	return false
}

// findHeader finds an intact header of a later section in b.
func (s *scanner) findHeader(b []byte) (int, bool) {
	for n := 0; ; n++ {
		i := bytes.Index(b[n:], []byte(sectionMark))
		if i < 0 {
			return 0, false
		}
		n += i
		if h, ok := parseSectionHeader(b[n:], s.head.salt); ok && h.seq >= s.seq {
			return n, true
		}
	}
}
