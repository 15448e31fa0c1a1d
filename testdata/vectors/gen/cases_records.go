package main

import "slices"

// SPEC §7: the rules of each record.

// one gives vectors of class malformed: files with one more section of the kind,
// which holds one record and cannot be read.
func one(kind int, list ...oneRecord) []vector {
	var out []vector
	for _, v := range list {
		out = append(out, vector{v.name, "malformed", 2, v.comment, with(sec(kind, v.record))})
	}
	return out
}

type oneRecord struct {
	name, comment string
	record        []byte
}

func definitionVectors() []vector {
	frame := func(fields ...[]byte) []byte { return bin(3, fields...) }
	out := one(DEFS, []oneRecord{
		{"type_id_zero", "a type without an id", rec(3, num(2, 2))},
		{"type_kind", "a kind beyond unsafe.Pointer", typ(1, 27)},
		{"type_size_negative", "a negative size", typ(1, 2, sint(5, -1))},
		{"type_size_limit", "a size beyond any address space", typ(1, 2, sint(5, 1<<56+1))},
		{"type_len_negative", "an array of a negative length", typ(1, 17, sint(8, -1))},
		{"type_direction", "a direction that is none", typ(1, 18, num(9, 4))},
		{"type_field_negative", "a field before its struct", typ(1, 25, sint(5, 8), bin(10, str(1, "a"), sint(3, -8)))},
		{"type_field_behind", "a field behind its struct", typ(1, 25, sint(5, 8), bin(10, str(1, "a"), sint(3, 9)))},
		{"func_id_zero", "a function without an id", rec(4, str(2, "main.f"))},
		{"func_line_negative", "a negative line", rec(4, num(1, 1), sint(5, -1))},
		{"loc_id_zero", "a location without an id", rec(5, frame())},
		{"loc_no_frames", "a location without frames", rec(5, num(1, 1))},
		{"loc_inlined_last", "the last frame is inlined", rec(5, num(1, 1), frame(num(4, 1)))},
		{"loc_not_inlined", "a frame before the last is not inlined", rec(5, num(1, 1), frame(), frame())},
		{"var_scope_negative", "a negative scope", rec(5, num(1, 1), frame(bin(6, sint(6, -1))))},
		{"var_lost_order", "lost parts out of order", rec(5, num(1, 1), frame(bin(6, num(7, 5), bin(11, sint(1, 8), sint(2, 8)), bin(11, sint(2, 8)))))},
		{"var_set_order", "lines out of order", rec(5, num(1, 1), frame(bin(6, bin(12, sint(1, 8), sint(2, 1)), bin(12, sint(1, 7), sint(2, 1)))))},
		{"var_set_negative", "a negative line", rec(5, num(1, 1), frame(bin(6, bin(12, sint(1, -1), sint(2, 1)))))},
		{"var_registers_negative", "an offset before the frame's registers", rec(5, num(1, 1), frame(bin(6, num(7, 3), sint(8, -1))))},
	}...)
	for i, name := range []string{"type", "func", "loc", "stack"} {
		fields := num(1, 1<<22+1)
		if name == "loc" {
			fields = append(fields, frame()...)
		}
		out = append(out, vector{name + "_id_limit", "limit", 2, "an id beyond the limit", with(sec(DEFS, rec(3+i, fields)))})
	}
	uuid := vector{"meta_uuid", "malformed", 1, "an id of 15 bytes", file(sec(META, rec(1, str(2, "0123456789abcde"))), cause())}
	return append(out, uuid)
}

func stackVectors() []vector {
	st := func(fields ...[]byte) []byte { return rec(6, append([][]byte{num(1, 1)}, fields...)...) }
	span := func(off, n int64) []byte {
		if off == 0 {
			return bin(3, sint(2, n))
		}
		return bin(3, sint(1, off), sint(2, n))
	}
	return one(DEFS, []oneRecord{
		{"stack_id_zero", "a stack without an id", rec(6)},
		{"stack_frame_location", "a frame without a location", st(bin(2, sint(2, 32)))},
		{"stack_span_order", "spans out of order", st(span(16, 8), span(8, 4))},
		{"stack_span_overlap", "spans that overlap", st(span(8, 8), span(15, 4))},
		{"stack_span_negative", "a span of a negative length", st(span(8, -1))},
		{"stack_span_empty", "a span of no length", st(bin(3, sint(1, 8)))},
		{"stack_span_overflow", "a span beyond 63 bits", st(span(1<<63-1, 1))},
		{"stack_elided_negative", "a negative number of frames left out", st(sint(5, -1))},
		{"stack_elided_behind", "frames left out behind the last", st(bin(2, num(1, 1)), sint(4, 2), sint(5, 3))},
		{"stack_elided_at_zero", "a place where no frames are left out", st(bin(2, num(1, 1)), sint(4, 1))},
	}...)
}

func goroutineVectors() []vector {
	const m = "malformed"
	g := func(id uint64, fields ...[]byte) section {
		return sec(GOROUTINES, rec(7, num(1, id), join(fields...))).over(id, id)
	}
	image := data(STACKDATA, "\x2a\x00\x00\x00")
	return []vector{
		{"goroutine_id_zero", m, 2, "a goroutine without an id", with(sec(GOROUTINES, rec(7, num(2, 1))))},
		{"goroutine_bounds", m, 2, "a stack that ends before it begins", with(g(1, num(13, 2), num(14, 1)))},
		{"goroutine_image_without_stack", m, 3, "an image without a stack", with(g(1, num(17, 4)), image)},
		{"goroutine_registers_negative", m, 2, "registers of frame -1", with(g(1, bin(18, sint(1, -1))))},
		{"goroutine_registers_behind", m, 5, "registers of a frame that the stack does not have", with(defs(), g(1, num(15, 1), num(17, 4), bin(18, sint(1, 1))), image)},
		{"goroutine_image_length", m, 5, "an image shorter than the stack's spans", with(defs(), g(1, num(15, 1), num(17, 3)), data(STACKDATA, "abc"))},
		{"goroutine_twice", m, 4, "two goroutines with one id", with(g(1), g(1))},
		{"goroutine_overlap", m, 5, "an address on two stacks",
			with(defs(), sec(GOROUTINES, onStack(1, 0xc000010000), onStack(2, 0xc000010003)).over(1, 2), data(STACKDATA, "abcdefgh"))},
		{"goroutine_wraps", m, 5, "a span behind the last address",
			with(defs(), sec(GOROUTINES, onStack(1, 1<<64-18)).over(1, 1), data(STACKDATA, "abcd"))},
		{"goroutine_foreign_negative", m, 2, "a foreign frame of frame -1", with(g(1, bin(24, sint(5, -1))))},
		{"goroutine_foreign", "success", 3, "a goroutine in C, and the one that it was resumed by", with(g(1, num(23, 7), bin(24, num(1, 0x7f01), str(2, "read"), str(3, "/libc.so"), num(4, 9), str(6, "/r.c"), sint(7, 3))))},
		{"goroutine_closure", "success", 3, "a goroutine that has not run yet", with(g(1, num(2, 2), num(6, 256), num(25, 0xc000)))},
		{"goroutine_target", "success", 4, "a deferred wrapper, and a lock that is waited for", with(defs(),
			g(1, bin(19, num(2, 1), num(9, 1), num(10, 0xc000)), bin(21, num(1, 0xc008), str(3, "semaphore"), num(5, 0xc000), str(6, "sync.Mutex"), sint(7, 9))))},
		{"goroutine_status_unknown", "success", 3, "a state that version 1.1 does not have", with(g(1, num(2, 77)))},
	}
}

// onStack is a goroutine on stack 1 at a base.
func onStack(id, base uint64) []byte {
	return rec(7, num(1, id), num(15, 1), num(16, base), num(17, 4))
}

func memoryVectors() []vector {
	const m = "malformed"
	mem := func(list ...uint64) section { return sec(MEMORY, rec(8, bin(1, varints(list...)))) }
	return []vector{
		{"memory_no_extents", m, 2, "a record without extents", with(sec(MEMORY, rec(8)))},
		{"memory_extent_empty", m, 3, "an extent of no length", with(mem(4096, 4, 4, 0), data(MEMORYDATA, "abcd"))},
		{"memory_extent_cut", m, 3, "an extent without a length", with(mem(4096, 4, 4), data(MEMORYDATA, "abcd"))},
		{"memory_extent_wraps", m, 3, "an extent behind the last address", with(mem(4096, 4, 1<<64-4096, 4), data(MEMORYDATA, "abcdefgh"))},
		{"memory_extent_overflow", m, 3, "an extent over the last address", with(mem(1<<64-2, 4), data(MEMORYDATA, "abcd"))},
		{"memory_overlap", m, 4, "an address in two records",
			with(sec(MEMORY, rec(8, bin(1, varints(4096, 2))), rec(8, bin(1, varints(4097, 2)))).over(4096, 4098), data(MEMORYDATA, "abcd"))},
		{"memory_touching", "success", 4, "extents that touch", with(mem(4096, 2, 0, 2).over(4096, 4099), data(MEMORYDATA, "abcd"))},
		{"memory_two_records", "success", 4, "two records in a section, the second one lower",
			with(sec(MEMORY, rec(8, bin(1, varints(4096, 2))), rec(8, bin(1, varints(16, 2)))).over(16, 4097), data(MEMORYDATA, "abcd"))},
	}
}

func objectVectors() []vector {
	out := one(OBJECTS, []oneRecord{
		{"typeword_address", "a type word without an address", rec(9, num(2, 1))},
		{"typeword_type", "a type word without a type", rec(9, num(1, 1))},
		{"map_address", "a map without an address", rec(10, num(2, 1))},
		{"map_type", "a map without a type", rec(10, num(1, 1))},
		{"map_length", "a map of a negative length", rec(10, num(1, 1), num(2, 1), sint(3, -1))},
		{"map_count", "a negative number of entries", rec(10, num(1, 1), num(2, 1), sint(4, -1))},
		{"chan_address", "a channel without an address", rec(11, num(2, 1))},
		{"chan_type", "a channel without a type", rec(11, num(1, 1))},
		{"chan_length", "a channel of a negative length", rec(11, num(1, 1), num(2, 1), sint(3, -1))},
		{"chan_capacity", "a channel of a negative capacity", rec(11, num(1, 1), num(2, 1), sint(4, -1))},
		{"chan_count", "a negative number of elements", rec(11, num(1, 1), num(2, 1), sint(6, -1))},
		{"closure_address", "a closure without an address", rec(12, num(2, 1))},
		{"stub_size", "a stub for no bytes", rec(13, num(1, 4096))},
		{"stub_overflow", "a stub over the last address", rec(13, num(1, 1<<64-4), sint(2, 8))},
		{"stub_length", "a length below -1", rec(13, num(1, 4096), sint(2, 8), sint(5, -2))},
	}...)
	global := one(GLOBALS, oneRecord{"global_name", "a variable without a name", rec(14, num(3, 1))})
	losses := one(LOSSES, oneRecord{"loss_count", "a negative count", rec(17, sint(3, -1))})
	rule := one(RULES, oneRecord{"rule_text", "rules without text", rec(19, num(1, 1))})
	return slices.Concat(out, global, losses, rule)
}

func sourceVectors() []vector {
	out := one(SOURCEDIR, []oneRecord{
		{"sourcefile_path", "a file without a path", rec(15, sint(3, 1))},
		{"sourcefile_hash", "a hash of 31 bytes", rec(15, str(1, "/f.go"), bin(4, sourceHash()[1:]))},
		{"sourcefile_no_hash", "an embedded file without a hash", rec(15, str(1, "/f.go"), num(5, 1))},
		{"sourcefile_size", "a negative size", rec(15, str(1, "/f.go"), sint(3, -1))},
	}...)
	out = append(out, one(SOURCE, oneRecord{"sourcetext_hash", "a hash of 31 bytes", rec(16, bin(1, sourceHash()[1:]), str(2, "x"))})...)
	missing := with(sec(SOURCEDIR, rec(15, str(1, "/f.go"), bin(4, sourceHash()), num(5, 1))))
	out = append(out, vector{"sourcefile_text_missing", "malformed", 3, "an embedded file without its text", missing})
	return append(out, vector{"sourcetext_other", "malformed", 3, "a text that is not the one of the hash",
		with(sec(SOURCE, rec(16, bin(1, sourceHash()), str(2, "package other\n"))))})
}

func referenceVectors() []vector {
	const m = "malformed"
	g := func(fields ...[]byte) section {
		return sec(GOROUTINES, rec(7, num(1, 1), join(fields...))).over(1, 1)
	}
	ptr := typ(2, 22, str(4, "*int"), sint(5, 8), num(6, 1))
	return []vector{
		{"reference_later_type", "success", 4, "a type that refers to one of a later section", with(sec(DEFS, ptr), sec(DEFS, intType()))},
		{"reference_cycle", "success", 3, "a type that refers to itself", with(sec(DEFS, typ(1, 22, sint(5, 8), num(6, 1))))},
		{"reference_type", m, 3, "a type that refers to none", with(sec(DEFS, ptr))},
		{"reference_func", m, 3, "a location of no function", with(sec(DEFS, rec(5, num(1, 1), bin(3, num(1, 5)))))},
		{"reference_loc", m, 3, "a stack of no location", with(sec(DEFS, stack()))},
		{"reference_stack", m, 3, "a goroutine on no stack", with(g(num(15, 9)))},
		{"reference_created", m, 3, "a goroutine created nowhere", with(g(num(10, 9)))},
		{"reference_forward", m, 4, "an object that refers to a later section", with(sec(OBJECTS, rec(9, num(1, 1), num(2, 1))), sec(DEFS, intType()))},
		{"reference_type_twice", m, 3, "two types with one id", with(sec(DEFS, intType(), intType()))},
		{"reference_func_twice", m, 3, "two functions with one id", with(sec(DEFS, fun(), fun()))},
		{"reference_stack_twice", m, 3, "two stacks with one id", with(sec(DEFS, rec(6, num(1, 1)), rec(6, num(1, 1))))},
		{"reference_loc_twice", m, 3, "two locations with one id", with(sec(DEFS, fun(), rec(5, num(1, 1), bin(3)), rec(5, num(1, 1), bin(3))))},
	}
}

// agreementVectors are about records that contradict each other.
func agreementVectors() []vector {
	var out []vector
	bad := func(name, comment string, sections ...section) {
		out = append(out, vector{name, "malformed", len(sections), comment, file(sections...)})
	}
	types := func(name, comment string, list ...[]byte) {
		bad(name, comment, meta(), cause(), sec(DEFS, append([][]byte{intType()}, list...)...))
	}
	object := func(name, comment string, record []byte) {
		bad(name, comment, meta(), cause(), defs(), sec(OBJECTS, record))
	}
	types("type_kind_invalid", "a type without a kind that is not incomplete", rec(3, num(1, 2)))
	types("type_size_kind", "an int32 of 8 bytes", typ(2, 5, sint(5, 8)))
	types("type_size_array", "an array longer than its elements", typ(2, 17, sint(5, 25), num(6, 1), sint(8, 3)))
	types("type_size_overflow", "elements beyond 64 bits", typ(2, 17, num(6, 1), sint(8, 1<<61)))
	types("type_field_size", "a field that ends behind its struct", typ(2, 25, sint(5, 12), bin(10, num(2, 1), sint(3, 8))))
	iface := typ(9, 20, sint(5, 16))
	bad("typeword_interface", "a dynamic type that is an interface", meta(), cause(), sec(DEFS, iface), sec(OBJECTS, rec(9, num(1, 1), num(2, 9))))
	object("map_kind", "a map of type int", rec(10, num(1, 1), num(2, 1)))
	object("map_count_more", "more entries than the map has", rec(10, num(1, 1), num(2, 2), sint(3, 1), sint(4, 2)))
	object("chan_kind", "a channel of type int", rec(11, num(1, 1), num(2, 1)))
	object("chan_count_more", "more elements than the channel has", rec(11, num(1, 1), num(2, 3), sint(3, 1), sint(4, 4), sint(6, 2)))
	object("chan_length_more", "more elements than capacity", rec(11, num(1, 1), num(2, 3), sint(3, 5), sint(4, 4)))
	object("closure_kind", "a context of type int", rec(12, num(1, 1), num(2, 1), num(3, 1)))
	g := goroutines()
	bad("cause_goroutine", "a goroutine that is not there", meta(), causeIn(-1))
	bad("cause_frame", "a frame beyond the last", meta(), causeIn(2), defs(), g[0], g[1])
	bad("cause_frame_negative", "frame -2", meta(), causeIn(-2), defs(), g[0], g[1])
	bad("cause_type", "a type that is not there", meta(), sec(CAUSE, rec(2, num(5, 7))))
	return out
}
