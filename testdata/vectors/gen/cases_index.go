package main

// SPEC §5: the index and the trailer.

// indexed is a file of two sections with entries other than theirs.
func indexed(entries ...[]byte) []byte {
	var list [][]byte
	for _, e := range entries {
		list = append(list, prefixed(e))
	}
	return finish(body(meta(), cause()), sec(INDEX, list...))
}

func indexVectors() []vector {
	m, c := meta().entry(), cause().entry()
	good := file(meta(), cause())
	at := len(body(meta(), cause()))
	flipped := append([]byte(nil), good...)
	flipped[len(good)-9] ^= 1
	payload := append([]byte(nil), good...)
	payload[at+32] ^= 1
	untrailed := good[:len(good)-24]
	longer := cause()
	longer.length = 1
	return []vector{
		{"index_trailer_checksum", "checksum", 2, "a bit of the trailer is flipped", flipped},
		{"index_trailer_offset", "malformed", 2, "the trailer points elsewhere", append(untrailed[:len(untrailed):len(untrailed)], trailer(at-1, 2)...)},
		{"index_trailer_count", "malformed", 2, "the trailer counts another number of sections",
			append(untrailed[:len(untrailed):len(untrailed)], trailer(at, 3)...)},
		{"index_checksum", "checksum", 2, "a bit of the index is flipped", payload},
		{"index_lengths", "malformed", 2, "the lengths do not add up to the offset of the index", indexed(m, longer.entry())},
		{"index_missing_entry", "malformed", 2, "a section is not listed", indexed(m)},
		{"index_entry_order", "malformed", 2, "fields of an entry out of order", indexed(m, append(c[2:len(c):len(c)], c[:2]...))},
		{"index_entry_zero", "malformed", 2, "a field of an entry that is zero", indexed(m, append(c[:len(c):len(c)], num(6, 0)...))},
		{"index_entry_wide", "malformed", 2, "a kind beyond 16 bits", indexed(m, append(num(1, 1<<16+2), c[2:]...))},
		{"index_entry_kind", "malformed", 2, "an entry for the index", indexed(m, append(num(1, INDEX), c[2:]...))},
		{"index_entry_reversed", "malformed", 2, "a lowest address above the highest", indexed(m, append(c[:len(c):len(c)], num(6, 1)...))},
		{"index_entry_unknown_field", "success", 2, "a field that version 1.1 does not have", indexed(m, append(c[:len(c):len(c)], num(9, 1)...))},
		{"index_range_goroutines", "malformed", 5, "a range that is not the goroutines'",
			with(defs(), goroutines()[0].over(16, 17), goroutines()[1])},
		{"index_range_memory", "malformed", 4, "a range that is not the extents'",
			with(memory()[0].over(0xc000000000, 0xc00000000a), memory()[1])},
	}
}
