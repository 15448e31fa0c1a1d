//go:build linux && amd64

package hostile

import (
	"bytes"
	"fmt"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// wideBombs have very many of something, by name.
var wideBombs = map[string]func(b *bomb){
	"zeros": func(b *bomb) { // sections that are larger by the factor 10,000
		b.crash()
		for range 40 {
			b.raw(wire.KindPrivate, 0, make([]byte, wire.MaxSection))
		}
	},
	"zeros as values": func(b *bomb) {
		b.crash()
		for i := range uint64(20) {
			b.put(1<<40+i<<24, make([]byte, wire.MaxSection))
		}
	},
	"unknown records": func(b *bomb) {
		b.crash()
		for range 4 {
			b.raw(wire.KindObjects, million/4, bytes.Repeat([]byte{100, 0}, million/4))
		}
	},
	"types": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any {
			return &model.Type{ID: model.TypeID(i + 10), Flags: model.TypeIncomplete}
		})...)
	},
	"names of constants": func(b *bomb) { // each with a name of its own
		b.crash()
		b.add(repeat(4*million/1000, func(i int) any {
			t := &model.Type{ID: model.TypeID(i + 10), Kind: model.KindInt8, Size: 1, Name: fmt.Sprint("a.t", i), Flags: model.TypeNamed}
			for k := range 1000 {
				t.Consts = append(t.Consts, model.Const{Name: fmt.Sprintf("a.%x", 1000*i+k)})
			}
			return t
		})...)
	},
	"functions": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any { return &model.Func{ID: model.FuncID(i + 10), Name: fmt.Sprint(i)} })...)
	},
	"stacks": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any {
			return &model.Stack{ID: model.StackID(i + 10), Frames: []model.StackFrame{{Loc: 2}}}
		})...)
	},
	"goroutines": func(b *bomb) {
		b.crash()
		b.add(repeat(million/2, func(i int) any { return &model.Goroutine{ID: model.GoID(i + 10)} })...)
	},
	"waiting goroutines": func(b *bomb) { // each with a reason of its own
		b.crash()
		b.add(repeat(million/8, func(i int) any {
			return &model.Goroutine{ID: model.GoID(i + 10), WaitReason: fmt.Sprintf("%0180d", i)}
		})...)
	},
	"goroutines in many sections": func(b *bomb) { // next to each other, but each in another section
		b.crash()
		for i := range 10 {
			b.add(repeat(2000, func(j int) any {
				return &model.Goroutine{ID: model.GoID(10*j + i + 2), Labels: make([]model.KV, 30), Errors: make([]string, 1000)}
			})...)
		}
	},
	"extents": func(b *bomb) {
		b.crash()
		for i := range uint64(16) {
			ext := make([]model.Extent, most)
			for j := range ext {
				ext[j] = model.Extent{Addr: i<<24 + uint64(j+1)*2, Bytes: []byte{0}}
			}
			b.add(&model.Memory{Extents: ext})
		}
	},
	"stubs": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any { return &model.StubObj{Addr: uint64(i), Size: 1 << 40, Len: -1} })...)
	},
	"dynamic types": func(b *bomb) {
		b.crash()
		t := b.typ(model.Type{Kind: model.KindInt, Size: 8})
		b.add(repeat(million, func(i int) any { return &model.TypeWord{Addr: uint64(i + 1), Type: t} })...)
	},
	"empty elements": func(b *bomb) {
		b.crash()
		one := encode(b.t, &model.Goroutine{ID: 2, Errors: make([]string, most)})[0]
		for range 500 {
			b.sections = append(b.sections, one)
		}
	},
	"variables": func(b *bomb) { // each empty, in frames that are shared
		b.crash(make([]model.Var, most/2)...)
	},
	"losses": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any { return &model.Loss{Count: int64(i)} })...)
	},
	"labels": func(b *bomb) {
		b.crash()
		b.meta.Labels = make([]model.KV, most)
	},
	"sources": func(b *bomb) {
		b.crash()
		b.add(repeat(million, func(i int) any { return &model.SourceFile{Path: fmt.Sprint(i)} })...)
	},
	"lines of source": func(b *bomb) {
		b.crash()
		b.source("/main.go", bytes.Repeat([]byte{'\n'}, wire.MaxSection-100))
	},
	"line of source": func(b *bomb) {
		b.crash()
		b.source("/main.go", bytes.Repeat([]byte{0xff}, wire.MaxSection-100))
	},
	"sections": func(b *bomb) {
		b.crash()
		for range 60_000 {
			b.raw(wire.KindGoroutines, 0, nil)
		}
	},
}
