package main

// SPEC §4: sections.

// changed is a file whose third section, a LOSSES, was changed.
func changed(change func(*section)) []byte {
	s := sec(LOSSES, rec(17, str(1, "values"), sint(3, 2)))
	change(&s)
	return with(s, sec(STATS, rec(18)))
}

// unindexed is like changed, without index and trailer.
func unindexed(change func(*section)) []byte {
	s := sec(LOSSES, rec(17, str(1, "values"), sint(3, 2)))
	change(&s)
	return body(meta(), cause(), s, sec(STATS, rec(18)))
}

// scanned is like changed, with a byte behind the trailer, so that sections are
// found one by one.
func scanned(change func(*section)) []byte { return append(changed(change), 0) }

func sectionVectors() []vector {
	kind := func(k uint16) func(*section) { return func(s *section) { s.kind = k } }
	mark := changed(func(*section) {})
	mark[len(body(meta(), cause()))] ^= 0x10
	markScan := append([]byte(nil), mark...)
	markScan[len(mark)-9] ^= 1
	differs := []section{meta(), cause(), sec(LOSSES, rec(17))}
	claimed := sec(LOSSES, rec(17), rec(17))
	claimed.payload = differs[2].payload
	skip := []section{meta(), cause(), sec(LOSSES, rec(17)), sec(STATS, rec(18))}
	skip[2].seq, skip[3].seq = 3, 4
	var bombs []section
	for range 18 {
		s := sec(0x8000)
		s.flags, s.payload, s.raw, s.count = 1, zeros(16<<20), 16<<20, 0
		bombs = append(bombs, s)
	}
	const long = 16<<20 - 5
	record := sec(DEFS) // one record, of a kind that nobody knows
	record.flags, record.payload, record.raw, record.count = 1, zeros(long, append([]byte{100}, varints(long)...)...), 16<<20, 1
	return []vector{
		{"section_kind_zero", "malformed", 3, "a section of kind 0", finish(unindexed(kind(0)), sec(INDEX))},
		{"section_kind_unknown", "success", 4, "a kind without meaning", changed(kind(99))},
		{"section_kind_reserved", "success", 4, "a kind reserved for encrypted sections", changed(kind(32))},
		{"section_kind_private", "success", 4, "a private kind", changed(kind(0x8001))},
		{"section_mark", "checksum", 3, "the mark of a section is broken", mark},
		{"section_mark_scan", "checksum", 3, "the same with a broken trailer: the next section is found by its mark", markScan},
		{"section_header_checksum", "checksum", 3, "the checksum of a header is wrong", changed(func(s *section) { s.headSum = 1 })},
		{"section_payload_checksum", "checksum", 3, "the checksum of a payload is wrong", changed(func(s *section) { s.sum = 1 })},
		{"section_salt", "checksum", 3, "a section of another file", changed(func(s *section) { s.salt = 1 })},
		{"section_sequence_skip", "malformed", 4, "a sequence number is left out", append(file(skip...), 0)},
		{"section_sequence_back", "malformed", 3, "a sequence number occurs again", scanned(func(s *section) { s.seq = 1 })},
		{"section_sequence_index", "malformed", 3, "a sequence number differs from the index", changed(func(s *section) { s.seq = 7 })},
		{"section_index_differs", "malformed", 2, "the count in a header differs from the index",
			finish(body(differs...), index(meta(), cause(), claimed))},
		{"section_count_less", "malformed", 3, "one record more than the header says", changed(func(s *section) { s.count = 0 })},
		{"section_count_more", "malformed", 3, "one record less than the header says", changed(func(s *section) { s.count = 2 })},
		{"section_flag_unknown", "version", 3, "a flag that version 1 does not have", changed(func(s *section) { s.flags = 2 })},
		{"section_raw_differs", "malformed", 3, "two lengths of a payload that is not compressed", changed(func(s *section) { s.raw = 99 })},
		{"section_limit_raw", "limit", 3, "a payload longer than the limit", changed(func(s *section) { s.raw = 1<<24 + 1 })},
		{"section_limit_records", "limit", 2, "more records than the limit", changed(func(s *section) { s.count = 1<<20 + 1<<10 })},
		{"section_limit_record_bytes", "limit", 3, "records that together are longer than the limit", with(record, record)},
		{"section_limit_total", "limit", 18, "sections that together are longer than the limit", with(bombs...)},
	}
}

func zstdVectors() []vector {
	zstd := func(frame func(b []byte) []byte) []byte {
		return changed(func(s *section) {
			s.flags, s.raw = 1, len(s.payload)
			s.payload = frame(s.payload)
		})
	}
	return []vector{
		{"zstd_raw_block", "success", 4, "a frame of one raw block", zstd(zstdRaw)},
		{"zstd_repeat_block", "success", 3, "a frame of compressed blocks", with(repeated(rec(17), 1000))},
		{"zstd_garbage", "malformed", 3, "no frame", zstd(func(b []byte) []byte { return b })},
		{"zstd_cut", "malformed", 3, "a frame that ends early", zstd(func(b []byte) []byte { f := zstdRaw(b); return f[:len(f)-1] })},
		{"zstd_short", "malformed", 3, "fewer bytes than the header says", zstd(func(b []byte) []byte { return zstdRaw(b[:len(b)-1]) })},
		{"zstd_long", "malformed", 3, "more bytes than the header says", zstd(func(b []byte) []byte { return zstdRaw(append(b, 0)) })},
		{"zstd_window", "limit", 3, "a window longer than the limit", zstd(zstdHugeWindow)},
	}
}
