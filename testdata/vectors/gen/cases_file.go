package main

// SPEC §3: the file header, and where a file may end.

func headerVectors() []vector {
	broken := header(1, 1, 0)
	broken[17] ^= 1
	rest := file(meta(), cause())[24:]
	return []vector{
		{"header_empty", "not-dump", 0, "a file without a byte", nil},
		{"header_magic", "not-dump", 0, "the first byte is another", append([]byte{0x88}, file(meta(), cause())[1:]...)},
		{"header_text", "not-dump", 0, "a Go traceback", []byte("panic: boom\n\ngoroutine 1 [running]:\n")},
		{"header_cut", "truncated", 0, "cut within the header", header(1, 1, 0)[:23]},
		{"header_cut_magic", "truncated", 0, "cut within the magic", header(1, 1, 0)[:5]},
		{"header_checksum", "checksum", 0, "a bit of the salt is flipped", append(broken, rest...)},
		{"header_major", "version", 0, "a later major version", append(header(2, 0, 0), rest...)},
		{"header_features", "version", 0, "a feature that version 1 does not have", append(header(1, 1, 1), rest...)},
		{"header_minor", "success", 2, "a later minor version", append(header(1, 9, 0), rest...)},
		{"header_minor_zero", "success", 2, "the first minor version", append(header(1, 0, 0), rest...)},
	}
}

func fileVectors() []vector {
	two := file(meta(), cause())
	first, noIndex := body(meta()), body(meta(), cause())
	whole := wholeSections()
	n := len(whole)
	return []vector{
		{"file_minimal", "success", 2, "META and CAUSE, nothing else", two},
		{"file_whole", "success", n, "a record of each kind", file(whole...)},
		{"file_cut_everything", "truncated", 0, "the header alone", header(1, 1, 0)},
		{"file_cut_section_header", "truncated", 1, "cut within the header of the second section", noIndex[:len(first)+31]},
		{"file_cut_payload", "truncated", 1, "cut within the payload of the second section", noIndex[:len(noIndex)-1]},
		{"file_cut_boundary", "truncated", 2, "cut behind the second section", noIndex},
		{"file_cut_index", "truncated", 2, "cut within the index", two[:len(two)-25]},
		{"file_cut_trailer", "truncated", 2, "cut within the trailer", two[:len(two)-1]},
		{"file_cut_no_trailer", "truncated", 2, "cut behind the index", two[:len(two)-24]},
		{"file_trailing_bytes", "malformed", 2, "a line feed behind the trailer", append(file(meta(), cause()), '\n')},
		{"file_no_sections", "malformed", 0, "an index of no sections", file()},
		{"file_no_meta", "malformed", 1, "no META", file(cause())},
		{"file_no_cause", "malformed", 2, "DEFS where CAUSE should be", file(meta(), defs())},
		{"file_meta_empty", "malformed", 2, "a META section without a record", file(sec(META), cause())},
		{"file_meta_twice", "malformed", 3, "a second META", file(meta(), cause(), meta())},
		{"file_stats_twice", "malformed", 4, "a second STATS", with(sec(STATS, rec(18)), sec(STATS, rec(18)))},
		{"file_stats_early", "malformed", 4, "STATS is not the last section", with(sec(STATS, rec(18)), sec(LOSSES, rec(17)))},
	}
}
