//go:build linux && amd64

package hostile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/wire"
	"github.com/gopostmortem/postmortem/mock"
)

// deepBombs make much of little: by nesting, by products of what is large
// by itself, and by referring to themselves.
var deepBombs = map[string]func(b *bomb){
	"variables that are assigned again": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		b.put(1<<40, make([]byte, 8))
		text := "package main; func main() {\n"
		var vars []model.Var
		for i := range 20_000 {
			text += fmt.Sprintf("v%d:=1;v%d=2\n", i, i)
			v := at(fmt.Sprint("v", i), t, 1<<40)
			v.DeclLine = int64(i + 2)
			vars = append(vars, v)
		}
		b.meta.Optimized = true
		b.sources("/main.go", text+"}\n")
		b.crash(vars...)
	},
	"nest of structs": func(b *bomb) { // each holds the one before it twice
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		for i := range 50 {
			half := int64(1) << i
			t = b.typ(model.Type{Kind: model.KindStruct, Size: 2 * half, Name: "T", Fields: []model.Field{
				{Name: "a", Type: t}, {Name: "b", Type: t, Offset: half}}})
		}
		b.put(1<<40, make([]byte, 1<<20))
		b.crash(at("x", t, 1<<40))
	},
	"nest of arrays": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		for i := range 8 {
			t = b.typ(model.Type{Kind: model.KindArray, Size: 1 << (7 * (i + 1)), Len: 1 << 7, Elem: t, Name: "A"})
		}
		b.put(1<<40, make([]byte, 1<<20))
		b.crash(at("x", t, 1<<40))
	},
	"arrays of nothing": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindStruct, Name: "struct {}"})
		for range 8 {
			t = b.typ(model.Type{Kind: model.KindArray, Len: 1 << 62, Elem: t, Name: "A"})
		}
		b.crash(at("x", t, 1<<40))
	},
	"long chain of types": func(b *bomb) {
		types := repeat(100_000, func(i int) any {
			return &model.Type{ID: model.TypeID(i + 1), Kind: model.KindArray, Len: 1, Elem: model.TypeID(i + 2), Name: "A"}
		})
		b.ids = 200_000
		b.add(types...)
		b.crash(at("x", 1, 1<<40))
	},
	"contains itself": func(b *bomb) {
		b.ids = 3
		b.add(&model.Type{ID: 1, Kind: model.KindStruct, Size: 8, Name: "T", Fields: []model.Field{{Name: "t", Type: 1}}},
			&model.Type{ID: 2, Kind: model.KindArray, Size: 8, Len: 1, Elem: 2, Name: "A"},
			&model.Type{ID: 3, Kind: model.KindStruct, Name: "E", Fields: []model.Field{{Name: "E", Type: 3, Embedded: true}}})
		b.put(1<<40, make([]byte, 64))
		b.crash(at("x", 1, 1<<40), at("y", 2, 1<<40), at("z", 3, 1<<40))
	},
	"leads to itself": itself,
	"pointers to pointers": func(b *bomb) { // 64 of them, each time
		ptr := b.reserve()
		arr := b.typ(model.Type{Kind: model.KindArray, Size: 64 * 8, Len: 64, Elem: ptr, Name: "[64]P"})
		b.add(&model.Type{ID: ptr, Kind: model.KindPointer, Size: 8, Elem: arr, Name: "P"})
		b.put(1<<40, bytes.Repeat(words(1<<40), 64))
		b.crash(at("x", arr, 1<<40), at("y", ptr, 1<<40))
	},
	"calls deferred by frames": func(b *bomb) {
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked, Defers: defers(most)})
	},
	"frames of variables": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: "int"})
		vars := make([]model.Var, most/4)
		for i := range vars {
			vars[i] = at("v", t, 1<<40)
		}
		b.put(1<<40, make([]byte, 8))
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked}, vars...)
	},
	"goroutines of frames": func(b *bomb) {
		b.frames(most, &model.Goroutine{ID: 1, Flags: model.GoAsked})
		b.add(repeat(20_000, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: model.StackID(b.ids)} })...)
	},
	"fields": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		fields := make([]model.Field, most/16)
		for i := range fields {
			fields[i] = model.Field{Name: "f", Type: t, Offset: int64(i)}
		}
		s := b.typ(model.Type{Kind: model.KindStruct, Size: most / 16, Fields: fields, Name: "S"})
		b.wide("x", s, make([]byte, most/16))
	},
	"long names of types": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindSlice, Size: 24, Name: strings.Repeat("t", 1<<20)})
		b.wide("x", t, make([]byte, 24))
	},
	"long names of fields": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		s := b.typ(model.Type{Kind: model.KindStruct, Size: 1, Fields: []model.Field{{Name: strings.Repeat("\x1b", 1<<20), Type: t}}, Name: "S"})
		b.wide("x", s, make([]byte, 1))
	},
	"long names of functions": func(b *bomb) {
		f := &model.Func{ID: 1, Name: strings.Repeat("f", 1<<20), File: strings.Repeat("/", 1<<20)}
		b.ids = 1
		b.add(f)
		b.crash()
		b.add(repeat(100_000, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 2), Stack: 4, Start: 1} })...)
	},
	"constants": func(b *bomb) {
		consts := make([]model.Const, most)
		for i := range consts {
			consts[i] = model.Const{Name: "main.C", Value: int64(i + 1<<30)}
		}
		b.wide("x", b.typ(model.Type{Kind: model.KindInt, Flags: model.TypeNamed, Size: 8, Name: "main.Color", Consts: consts}), make([]byte, 8))
	},
	"captured variables": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt8, Size: 1, Name: "int8"})
		fields := make([]model.Field, most/2)
		for i := range fields {
			fields[i] = model.Field{Name: "f", Type: t, Offset: int64(i + 1)}
		}
		ctx := b.typ(model.Type{Kind: model.KindStruct, Size: most, Fields: fields, Name: "S"})
		fn := &model.Func{ID: model.FuncID(b.id()), Name: "main.f"}
		b.add(fn, &model.FuncObj{Addr: 0x5000, Func: fn.ID, Context: ctx})
		b.wide("x", b.typ(model.Type{Kind: model.KindFunc, Size: 8, Name: "func()"}), words(0x5000))
	},
	"waiters": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindChan, Size: 8, Name: "chan int"})
		b.add(&model.ChanObj{Addr: 0x5000, Type: t, Send: make([]model.Waiter, most)})
		b.wide("x", t, words(0x5000))
	},
	"text beyond all memory": func(b *bomb) {
		s := b.typ(model.Type{Kind: model.KindString, Size: 16, Name: "string"})
		b.put(1<<41, make([]byte, 1<<24))
		b.wide("x", s, words(1<<41, 1<<62))
	},
	"values in many sections": func(b *bomb) { // next to each other, but each in another section
		word := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: "int"})
		b.wide("x", b.typ(model.Type{Kind: model.KindPointer, Size: 8, Elem: word, Name: "*int"}), nil)
		var list []byte
		for i := range uint64(64 * 64) {
			list = append(list, words(1<<42+(i%12)<<24+i*8)...)
		}
		b.put(1<<40, list)
		for i := range uint64(12) {
			b.block(1<<42+i<<24, 1<<24)
		}
	},
	"mad stubs": func(b *bomb) {
		t := b.typ(model.Type{Kind: model.KindInt, Size: 8, Name: strings.Repeat("n", 1<<16)})
		b.add(&model.StubObj{Addr: 1, Size: 1 << 62, Type: t, Reason: mock.Reason(200), Detail: strings.Repeat("\n", 1<<16), Len: 1 << 62})
		b.wide("x", t, nil)
	},
}

// itself is a dump of values that lead to themselves in every way there is.
func itself(b *bomb) {
	const here = 1 << 40
	kinds := []model.Kind{model.KindPointer, model.KindInterface, model.KindSlice, model.KindMap, model.KindChan, model.KindFunc}
	var vars []model.Var
	for i, kind := range kinds {
		self := b.reserve()
		addr := here + uint64(i)<<16
		t := &model.Type{ID: self, Kind: kind, Size: 8, Elem: self, Key: self, Name: "T"}
		word := addr
		switch kind {
		case model.KindInterface:
			t.Size, t.Flags, word = 16, model.TypeEmptyIface, 0x7000
			s := b.typ(model.Type{Kind: model.KindStruct, Size: 16, Fields: []model.Field{{Name: "i", Type: self}}, Name: "S"})
			b.add(t, &model.TypeWord{Addr: word, Type: s})
		case model.KindSlice:
			t.Size = 24
			b.add(t)
		case model.KindMap:
			b.add(t, &model.MapObj{Addr: addr, Type: self, Len: 1 << 62, Count: 1 << 62, Base: addr})
		case model.KindChan:
			b.add(t, &model.ChanObj{Addr: addr, Type: self, Len: 1 << 62, Cap: 1 << 62, Count: 1 << 62, Base: addr,
				Recv: []model.Waiter{{Goroutine: 1, Elem: addr}}})
		case model.KindFunc:
			ctx := b.typ(model.Type{Kind: model.KindStruct, Size: 16, Fields: []model.Field{{Name: "&f", Type: self, Offset: 8}}, Name: "C"})
			fn := &model.Func{ID: model.FuncID(b.id()), Name: "main.f"}
			b.add(t, fn, &model.FuncObj{Addr: addr, Func: fn.ID, Context: ctx})
		default:
			b.add(t)
		}
		b.put(addr, bytes.Repeat(words(word, addr), 512))
		vars = append(vars, at(string(rune('a'+i)), self, addr))
	}
	b.crash(append(vars, at("x", vars[1].Type, uint64(vars[1].Off)))...)
}

// block adds n zero bytes of memory, all in one section.
func (b *bomb) block(addr uint64, n int) {
	extents := wire.AppendUvarint(wire.AppendUvarint(nil, addr), uint64(n))
	fields := append([]byte{1<<3 | wire.TypeBytes, byte(len(extents))}, extents...)
	record := append(wire.AppendUvarint(wire.AppendUvarint(nil, 8), uint64(len(fields))), fields...)
	b.sections = append(b.sections,
		section{kind: wire.KindMemory, count: 1, lo: addr, hi: addr + uint64(n) - 1, payload: record},
		section{kind: wire.KindMemoryData, payload: make([]byte, n)})
}

// reserve takes an id for a type that is added later.
func (b *bomb) reserve() model.TypeID { return model.TypeID(b.id()) }

// wide has a variable that is 64 times 64 times a value, all of them the same,
// as far as value is not nil.
func (b *bomb) wide(name string, t model.TypeID, value []byte) {
	size := max(int64(len(value)), 8)
	row := b.typ(model.Type{Kind: model.KindArray, Size: 64 * size, Len: 64, Elem: t, Name: "[64]T"})
	all := b.typ(model.Type{Kind: model.KindArray, Size: 64 * 64 * size, Len: 64, Elem: row, Name: "[64][64]T"})
	rows := b.typ(model.Type{Kind: model.KindSlice, Size: 24, Elem: row, Name: "[][64]T"})
	if value != nil {
		for i := range 64 {
			b.put(1<<40+uint64(i)*64*uint64(size), bytes.Repeat(value, 64))
		}
	}
	b.put(1<<39, words(1<<40, 64, 64))
	b.crash(at(name, all, 1<<40), at("rows", rows, 1<<39), at("one", t, 1<<40))
}

// frames gives g a stack of n frames, all at one place.
func (b *bomb) frames(n int, g *model.Goroutine, vars ...model.Var) {
	f := &model.Func{ID: model.FuncID(b.id()), Name: "main.f", File: "/main.go", Flags: model.FuncRuntime}
	loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1, Vars: vars}}}
	s := &model.Stack{ID: model.StackID(b.id()), Frames: make([]model.StackFrame, n)}
	for i := range s.Frames {
		s.Frames[i] = model.StackFrame{Loc: loc.ID, CFA: int64(i) * 8}
	}
	g.Stack = s.ID
	b.add(f, loc, s, g)
}

// defers gives n pending calls, of n frames.
func defers(n int) []model.Defer {
	out := make([]model.Defer, n)
	for i := range out {
		out[i] = model.Defer{Frame: int64(i), Line: 1}
	}
	return out
}

func (b *bomb) source(path string, text []byte) {
	hash := sha256.Sum256(text)
	b.add(&model.SourceFile{Path: path, Size: int64(len(text)), Hash: hash[:], State: model.SourceEmbedded},
		&model.SourceText{Hash: hash[:], Text: text})
}

// sources adds files, given by their paths and texts, in one section with a long one.
func (b *bomb) sources(files ...string) {
	long := make([]byte, 12<<20)
	hash := sha256.Sum256(long)
	texts, list := []any{&model.SourceText{Hash: hash[:], Text: long}}, []any{}
	for i := 0; i < len(files); i += 2 {
		hash := sha256.Sum256([]byte(files[i+1]))
		texts = append(texts, &model.SourceText{Hash: hash[:], Text: []byte(files[i+1])})
		list = append(list, &model.SourceFile{Path: files[i], Size: int64(len(files[i+1])), Hash: hash[:], State: model.SourceEmbedded})
	}
	var payload []byte
	for _, x := range encode(b.t, texts...) {
		payload = append(payload, x.payload...)
	}
	b.raw(wire.KindSource, len(texts), payload)
	b.add(list...)
}
