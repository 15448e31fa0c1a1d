package main

// SPEC §6: varints, fields, records.

// loss is a file with a loss record of these bytes.
func loss(fields ...[]byte) []byte { return with(sec(LOSSES, rec(17, fields...))) }

// raw is a file with a LOSSES section of these bytes.
func raw(count int, payload ...byte) []byte {
	s := sec(LOSSES, payload)
	s.count = count
	return with(s)
}

func fieldVectors() []vector {
	const m = "malformed"
	return []vector{
		{"varint_long", m, 2, "a number with a byte more than it needs", loss([]byte{3 << 3, 0x82, 0x00})},
		{"varint_cut", m, 2, "a number without its last byte", loss([]byte{3 << 3, 0x82})},
		{"varint_wide", m, 2, "a number beyond 64 bits", loss([]byte{3 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2})},
		{"varint_widest", "success", 3, "the largest number: an address", with(sec(GLOBALS, rec(14, str(1, "g"), num(3, 1<<64-1))))},
		{"field_order", m, 2, "fields out of order", loss(sint(3, 2), str(1, "values"))},
		{"field_twice", m, 2, "a field twice", loss(str(1, "a"), str(1, "b"))},
		{"field_zero_number", m, 2, "a number that is zero", loss(num(2, 0))},
		{"field_zero_string", m, 2, "a string that is empty", loss(str(1, ""))},
		{"field_zero_bytes", m, 2, "bytes that are empty", with(sec(SOURCE, rec(16, bin(1, sourceHash()), str(2, ""))))},
		{"field_zero_list", m, 2, "a packed list that is empty", with(sec(DEFS, typ(1, 19, bin(11))))},
		{"field_zero_data", m, 2, "a data field that is empty", with(sec(GOROUTINES, rec(7, num(1, 17), num(17, 0))).over(17, 17))},
		{"field_wire_type", m, 2, "a string as a number", loss(num(1, 7))},
		{"field_wire_type_unknown", m, 2, "wire type 1", loss([]byte{9<<3 | 1, 0, 0, 0, 0, 0, 0, 0, 0})},
		{"field_number_zero", m, 2, "field 0", loss([]byte{0, 1})},
		{"field_number_wide", m, 2, "a field number beyond 29 bits", loss(num(1<<29, 1))},
		{"field_length", m, 2, "a string longer than its record", loss([]byte{1<<3 | 2, 5, 'a'})},
		{"field_range", m, 2, "an 8-bit number beyond 255", loss(num(2, 256))},
		{"field_range_list", m, 2, "an element beyond 32 bits", with(sec(DEFS, typ(1, 19, bin(11, varints(1<<32)))))},
		{"field_bool", m, 2, "a boolean that is 2", with(sec(OBJECTS, rec(11, num(1, 1), num(2, 1), num(5, 2))))},
		{"field_unknown", "success", 3, "a field that version 1.1 does not have", loss(str(1, "a"), num(900, 1), str(901, "x"), str(901, "y"))},
		{"field_list_empty_element", "success", 3, "a list of an empty string and an empty message",
			file(sec(META, rec(1, str(8, ""), bin(12))), cause(), sec(LOSSES, rec(17)))},
		{"field_enum_unknown", "success", 3, "a reason that version 1.1 does not have", loss(num(2, 200))},
		{"field_string_bytes", "success", 3, "a string that is not UTF-8", loss(str(1, "\xff\x00\x1b[2J"))},
	}
}

func recordVectors() []vector {
	const m = "malformed"
	const elements = 1<<18 + 1<<16
	s := sec(META)
	s.flags, s.count = 1, 1
	head := append([]byte{1}, varints(elements*2)...)
	s.raw = len(head) + elements*2
	blocks := [][]byte{block(false, 0, len(head), head)}
	for n := elements; n > 0; n -= 1 << 16 {
		blocks = append(blocks, repeatBlock([]byte{12<<3 | 2, 0}, 1<<16, n == 1<<16))
	}
	s.payload = frame(blocks...)
	return []vector{
		{"record_kind_zero", m, 2, "a record of kind 0", raw(1, 0, 0)},
		{"record_kind_unknown", "success", 3, "a record that version 1.1 does not have", with(sec(LOSSES, rec(17), rec(300, num(1, 1)), rec(17)))},
		{"record_wrong_section", m, 2, "a global among losses", with(sec(LOSSES, rec(14, str(1, "g"))))},
		{"record_length", m, 2, "a record longer than its section", raw(1, 17, 5, 0)},
		{"record_cut", m, 2, "a record without a length", raw(1, 17)},
		{"record_limit_elements", "limit", 1, "a record of more list elements than the limit", file(s, cause())},
	}
}

func dataVectors() []vector {
	const m = "malformed"
	short, long := data(MEMORYDATA, "abcd"), data(MEMORYDATA, "abcdef")
	mem := memory()
	g := goroutines()
	return []vector{
		{"data_missing", m, 2, "extents without a data section", with(mem[0])},
		{"data_missing_stack", m, 3, "an image without a data section", with(defs(), g[0])},
		{"data_cut", "truncated", 2, "cut behind the directory of a memory section", body(meta(), cause(), mem[0])},
		{"data_short", m, 3, "less data than the extents have", with(mem[0], short)},
		{"data_long", m, 3, "more data than the extents have", with(mem[0], long)},
		{"data_orphan", m, 3, "data of a section that is not there", with(mem[1])},
		{"data_other_kind", m, 3, "data of another kind", with(mem[0], g[1])},
		{"data_count", m, 4, "a data section that counts records", with(mem[0], sec(MEMORYDATA, []byte("abcde")))},
	}
}
