package main

import "crypto/sha256"

// Records that several vectors use.

func meta() section {
	return sec(META, rec(1, str(1, "gen"), sint(9, 42), str(14, "go1.26.8"), str(15, "linux"), str(16, "amd64")))
}

func cause() section {
	return sec(CAUSE, rec(2, num(1, 1), str(2, "boom"), sint(8, -1), sint(9, -1)))
}

// causeIn is a cause in the frame of goroutine 17.
func causeIn(frame int64) section {
	return sec(CAUSE, rec(2, num(1, 1), str(2, "boom"), num(7, 17), sint(8, frame), sint(9, -1)))
}

// with is a whole file that begins with meta and cause.
func with(sections ...section) []byte {
	return file(append([]section{meta(), cause()}, sections...)...)
}

// typ is a type: id, kind, and the fields behind the two.
func typ(id, kind uint64, fields ...[]byte) []byte {
	return rec(3, num(1, id), num(2, kind), join(fields...))
}

// intType is type 1.
func intType() []byte { return typ(1, 2, str(4, "int"), sint(5, 8)) }

// Types 2 to 4: a map, a channel and a closure's context, of ints.
func mapType() []byte  { return typ(2, 21, str(4, "map[int]int"), sint(5, 8), num(6, 1), num(7, 1)) }
func chanType() []byte { return typ(3, 18, str(4, "chan int"), sint(5, 8), num(6, 1), num(9, 3)) }
func contextType() []byte {
	return typ(4, 25, sint(5, 16), bin(10, str(1, "F"), num(2, 1)), bin(10, str(1, "n"), num(2, 1), sint(3, 8)))
}

// fun is function 1.
func fun() []byte {
	return rec(4, num(1, 1), str(2, "main.f"), str(3, "main"), str(4, "/f.go"), sint(5, 3), num(6, 0x401000), num(7, 2))
}

// loc is location 1, with an inlined frame and a variable.
func loc() []byte {
	return rec(5, num(1, 1), num(2, 0x401010),
		bin(3, num(1, 1), sint(3, 9), num(4, 1)),
		bin(3, num(1, 1), sint(3, 4), bin(6, str(1, "x"), num(2, 1), num(3, 1), sint(5, 3), num(7, 1), sint(8, -8))))
}

// stack is stack 1: one frame, one span of four bytes.
func stack() []byte {
	return rec(6, num(1, 1), bin(2, num(1, 1), sint(2, 32), sint(3, 16)), bin(3, sint(1, 16), sint(2, 4)))
}

func defs() section {
	return sec(DEFS, intType(), mapType(), chanType(), contextType(), fun(), loc(), stack())
}

// gor is goroutine 17 on stack 1, whose image is in imageData.
func gor() []byte {
	return rec(7, num(1, 17), num(2, 5), str(4, "chan receive"), num(6, 1), num(15, 1), num(16, 0xc000010000), num(17, 4),
		bin(19, num(2, 1)))
}

func data(kind int, b string) section {
	s := sec(kind, []byte(b))
	s.count = 0
	return s
}

// goroutines is a GOROUTINES section of one record with its data.
func goroutines() []section {
	return []section{sec(GOROUTINES, gor()).over(17, 17), data(STACKDATA, "\x2a\x00\x00\x00")}
}

// memory is a MEMORY section of two extents with its data.
func memory() []section {
	return []section{
		sec(MEMORY, rec(8, bin(1, varints(0xc000000000, 3, 5, 2)))).over(0xc000000000, 0xc000000009),
		data(MEMORYDATA, "abcde"),
	}
}

// objects holds one object of each kind.
func objects() section {
	return sec(OBJECTS,
		rec(9, num(1, 0x500000), num(2, 1)),
		rec(10, num(1, 0xc000001000), num(2, 2), sint(3, 9), sint(4, 8), num(5, 0xf000000000000000), num(6, 4)),
		rec(11, num(1, 0xc000002000), num(2, 3), sint(3, 2), sint(4, 4), num(5, 1), sint(6, 2), num(7, 0xf000000000000100),
			bin(9, num(1, 17), num(2, 0xc000003000)), bin(10, num(1, 18)), sint(11, 90), sint(12, 7)),
		rec(12, num(1, 0xc000004000), num(2, 1), num(3, 4)),
		rec(13, num(1, 0xc000005000), sint(2, 64), num(3, 1), num(4, 1), sint(5, -1), str(6, "far away")))
}

const sourceText = "package main\n"

func sourceHash() []byte {
	sum := sha256.Sum256([]byte(sourceText))
	return sum[:]
}

func sources() []section {
	return []section{
		sec(SOURCEDIR, rec(15, str(1, "/f.go"), str(2, "/src/f.go"), sint(3, int64(len(sourceText))), bin(4, sourceHash()), num(5, 1)),
			rec(15, str(1, "/gone.go"), str(6, "not found"))),
		sec(SOURCE, rec(16, bin(1, sourceHash()), str(2, sourceText))),
	}
}

func rules() section {
	return sec(RULES, rec(19, num(1, 2), str(2, "example.com/lib.postmortemRules"), str(3, "hide main.f\n"), str(4, "line 1: nothing")))
}

// wholeSections is at least one record of each kind.
func wholeSections() []section {
	s := []section{meta(), causeIn(1), defs()}
	s = append(s, goroutines()...)
	s = append(s, memory()...)
	s = append(s, objects(), sec(GLOBALS, rec(14, str(1, "main.g"), num(2, 1), num(3, 0x600000))))
	s = append(s, sources()...)
	return append(s, rules(), sec(LOSSES, rec(17, str(1, "values"), num(2, 6), sint(3, 2))), sec(STATS, rec(18, bin(1, str(1, "freeze_ns"), sint(2, 9)))))
}
