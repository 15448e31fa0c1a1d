// Package sample makes dumps for tests out of Go values of the test itself:
// the values are copied out of memory by reflection, with everything that can
// be reached from them. It serves the tests of what reads dumps, which then
// need no capture.
package sample

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Builder collects the records of a dump. The values it was given are kept
// alive, since their addresses are those of the dump.
type Builder struct {
	Meta  model.Meta
	Cause model.Cause

	defs, goroutines, objects, globals, sources []any

	types  map[reflect.Type]model.TypeID
	names  map[reflect.Type]string
	ids    map[string]uint32
	seen   map[place]bool
	made   uint64 // next synthetic address
	memory []model.Extent
	keep   []any
	leave  map[uint64]mock.Reason  // addresses that are not to be followed
	holds  map[uint64]reflect.Type // what a closure captured, by its address
}

type place struct {
	addr uint64
	typ  reflect.Type
}

// New begins a dump of a program called svc that panicked.
func New() *Builder {
	return &Builder{
		Meta: model.Meta{
			Producer: "sample", UUID: bytes.Repeat([]byte{7}, 16), Time: 1763703180e9, Monotonic: 900e9, Host: "web-1",
			Program: "svc", Exe: "/srv/svc", PID: 42, PPID: 1, Uptime: 3600e9, GoVersion: "go1.26.8", GOOS: "linux", GOARCH: "amd64",
			BuildID: "abc/def", MainPath: "example.com/svc", MainVersion: "v1.2.3", Method: "clone", Depth: 3, HasDWARF: true,
			Settings: []model.KV{{Key: "vcs.revision", Value: "0123abcd"}},
		},
		Cause: model.Cause{Kind: model.CauseNone, Frame: -1, AskFrame: -1},
		types: map[reflect.Type]model.TypeID{}, names: map[reflect.Type]string{}, ids: map[string]uint32{},
		seen: map[place]bool{}, made: 0xF000000000000000, leave: map[uint64]mock.Reason{}, holds: map[uint64]reflect.Type{},
	}
}

func (b *Builder) id(of string) uint32 {
	b.ids[of]++
	return b.ids[of]
}

// Rename gives a type another name than its own, for types that a test can not declare.
func (b *Builder) Rename(t reflect.Type, name string) { b.names[t] = name }

// Leave makes a stub of whatever p, a pointer, map or the like, leads to.
func (b *Builder) Leave(p any, reason mock.Reason) {
	b.keep = append(b.keep, p)
	b.leave[uint64(reflect.ValueOf(p).Pointer())] = reason
}

// Put copies the value that p points to into the dump, with all that it leads to.
func (b *Builder) Put(p any) (model.TypeID, uint64) {
	v := reflect.ValueOf(p)
	b.keep = append(b.keep, p)
	b.follow(v.Elem().Type(), v.UnsafePointer())
	return b.Type(v.Elem().Type()), uint64(v.Pointer())
}

// follow copies the value of type t at p, and what it leads to.
func (b *Builder) follow(t reflect.Type, p unsafe.Pointer) {
	addr := uint64(uintptr(p))
	if b.seen[place{addr, t}] {
		return
	}
	b.seen[place{addr, t}] = true
	v := reflect.NewAt(t, p).Elem()
	b.memory = append(b.memory, model.Extent{Addr: addr, Bytes: raw(p, t.Size())})
	b.reach(v)
}

// raw reads the program's own memory.
func raw(p unsafe.Pointer, n uintptr) []byte {
	return bytes.Clone(unsafe.Slice((*byte)(p), n))
}

// reach follows what a value leads to. Its own bytes are there.
func (b *Builder) reach(v reflect.Value) {
	b.Type(v.Type())
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !b.left(uint64(v.Pointer()), v.Type().Elem()) {
			b.follow(v.Type().Elem(), v.UnsafePointer())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			b.reach(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			b.reach(v.Index(i))
		}
	case reflect.Slice:
		if data := uint64(v.Pointer()); v.Len() > 0 && !b.left(data, v.Type().Elem()) {
			b.follow(reflect.ArrayOf(v.Len(), v.Type().Elem()), v.UnsafePointer())
		}
	case reflect.String:
		s := v.String()
		if data := uint64(uintptr(unsafe.Pointer(unsafe.StringData(s)))); s != "" && !b.left(data, reflect.TypeFor[byte]()) {
			b.memory = append(b.memory, model.Extent{Addr: data, Bytes: []byte(s)})
		}
	case reflect.Interface:
		b.iface(v)
	case reflect.Map:
		b.mapping(v)
	case reflect.Chan:
		if !v.IsNil() {
			b.objects = append(b.objects, &model.ChanObj{Addr: uint64(v.Pointer()), Type: b.Type(v.Type()), Len: int64(v.Len()), Cap: int64(v.Cap()), Reason: mock.Unsupported})
		}
	case reflect.Func:
		b.closure(v)
	}
}

// left records a stub in place of what is not to be followed.
func (b *Builder) left(addr uint64, t reflect.Type) bool {
	reason, ok := b.leave[addr]
	if ok {
		b.objects = append(b.objects, &model.StubObj{Addr: addr, Size: max(int64(t.Size()), 1), Type: b.Type(t), Reason: reason, Len: -1})
	}
	return ok
}

// iface follows the words of an interface.
func (b *Builder) iface(v reflect.Value) {
	if v.IsNil() {
		return
	}
	words := *(*[2]unsafe.Pointer)(v.Addr().UnsafePointer())
	elem := v.Elem()
	b.typeWord(uint64(uintptr(words[0])), elem.Type())
	switch elem.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		b.reach(elem)
	default:
		b.follow(elem.Type(), words[1])
	}
}

func (b *Builder) typeWord(word uint64, t reflect.Type) {
	if !b.seen[place{word, nil}] {
		b.seen[place{word, nil}] = true
		b.objects = append(b.objects, &model.TypeWord{Addr: word, Type: b.Type(t)})
	}
}

// mapping normalises a map: its entries, one behind the other.
func (b *Builder) mapping(v reflect.Value) {
	if v.IsNil() || b.seen[place{uint64(v.Pointer()), v.Type()}] {
		return
	}
	b.seen[place{uint64(v.Pointer()), v.Type()}] = true
	m := &model.MapObj{Addr: uint64(v.Pointer()), Type: b.Type(v.Type()), Len: int64(v.Len())}
	b.objects = append(b.objects, m)
	if reason, ok := b.leave[m.Addr]; ok {
		m.Reason = reason
		return
	}
	var image []byte
	for _, key := range sortedKeys(v) {
		for _, part := range []reflect.Value{key, v.MapIndex(key)} {
			held := reflect.New(part.Type())
			held.Elem().Set(part)
			b.keep = append(b.keep, held.Interface())
			image = append(image, raw(held.UnsafePointer(), part.Type().Size())...)
			b.reach(held.Elem())
		}
	}
	m.Count, m.Base = int64(v.Len()), b.made
	b.made += uint64(len(image)) + 64
	if len(image) > 0 {
		b.memory = append(b.memory, model.Extent{Addr: m.Base, Bytes: image})
	}
}

// Closure makes a func value that holds a context: a pointer to a struct whose
// first field stands for the code. It is to be looked at, not to be called.
func (b *Builder) Closure(context any) *func() int {
	v := reflect.ValueOf(context)
	b.keep = append(b.keep, context)
	b.holds[uint64(v.Pointer())] = v.Type().Elem()
	p := v.UnsafePointer()
	return (*func() int)(unsafe.Pointer(&p))
}

// closure describes a func value.
func (b *Builder) closure(v reflect.Value) {
	if v.IsNil() {
		return
	}
	p := *(*unsafe.Pointer)(v.Addr().UnsafePointer())
	obj := &model.FuncObj{Addr: uint64(uintptr(p)), Func: b.Func("main.main.func1", "/src/svc/main.go", 50, model.FuncUser)}
	if context, ok := b.holds[obj.Addr]; ok {
		obj.Context = b.Type(context)
		b.follow(context, p)
	}
	b.objects = append(b.objects, obj)
}

// Write writes the dump.
func (b *Builder) Write(w io.Writer) error {
	out, err := model.NewWriter(w, model.WriterOptions{Salt: 1})
	if err != nil {
		return err
	}
	records := []any{&b.Meta, &b.Cause}
	for _, list := range [][]any{b.defs, b.goroutines, b.objects, b.globals, b.sources} {
		records = append(records, list...)
	}
	for _, e := range b.memory {
		if len(e.Bytes) > 0 {
			records = append(records, &model.Memory{Extents: []model.Extent{e}})
		}
	}
	records = append(records, &model.Stats{Figures: []model.Stat{{Name: "freeze_ns", Value: 600_000}}})
	for _, rec := range records {
		if err := out.Add(rec); err != nil {
			return fmt.Errorf("%T: %w", rec, err)
		}
	}
	return out.Close()
}

// Bytes gives the dump.
func (b *Builder) Bytes() ([]byte, error) {
	var buf bytes.Buffer
	err := b.Write(&buf)
	return buf.Bytes(), err
}
