package sample

import (
	"crypto/sha256"
	"reflect"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Func adds a function; the same name gives the same function.
func (b *Builder) Func(name, file string, line int64, flags uint64) model.FuncID {
	for _, rec := range b.defs {
		if f, ok := rec.(*model.Func); ok && f.Name == name {
			return f.ID
		}
	}
	f := &model.Func{
		ID: model.FuncID(b.id("func")), Name: name, Package: packageName(name), File: file, StartLine: line, Flags: flags,
	}
	f.Entry = 0x400000 + 0x1000*uint64(f.ID)
	b.defs = append(b.defs, f)
	return f.ID
}

func packageName(symbol string) string {
	slash := 0
	for i, c := range symbol {
		if c == '/' {
			slash = i
		}
	}
	for i := slash; i < len(symbol); i++ {
		if symbol[i] == '.' {
			return symbol[:i]
		}
	}
	return ""
}

// Call is one frame of a stack that [Builder.Go] builds.
type Call struct {
	Func    model.FuncID
	Line    int64
	Inlined bool // in the next call
	Hidden  bool
	Vars    []model.Var
	Reason  mock.Reason // why there are no Vars
}

// Local is a local variable whose value is what p points to.
func (b *Builder) Local(name string, p any) model.Var { return b.variable(name, p, model.VarLocal) }

// Param is a parameter whose value is what p points to.
func (b *Builder) Param(name string, p any) model.Var { return b.variable(name, p, model.VarParam) }

func (b *Builder) variable(name string, p any, kind model.VarKind) model.Var {
	t, addr := b.Put(p)
	return model.Var{Name: name, Type: t, Kind: kind, Place: model.PlaceAbs, Off: int64(addr)}
}

// InRegister is a local variable that lies in a register: it has no address.
func (b *Builder) InRegister(name string, p any) model.Var {
	v := b.variable(name, p, model.VarLocal)
	t := reflect.TypeOf(p).Elem()
	v.Place, v.Off = model.PlaceConst, 0
	v.Const = unsafe.Slice((*byte)(reflect.ValueOf(p).UnsafePointer()), t.Size())
	return v
}

// Stack adds a stack; goroutines may share it.
func (b *Builder) Stack(calls ...Call) model.StackID {
	s := &model.Stack{ID: model.StackID(b.id("stack"))}
	for i := 0; i < len(calls); i++ {
		loc := &model.Loc{ID: model.LocID(b.id("loc"))}
		loc.PC = 0x500000 + 0x10*uint64(loc.ID)
		for {
			c := calls[i]
			loc.Frames = append(loc.Frames, model.LocFrame{Func: c.Func, Line: c.Line, Inlined: c.Inlined, Hidden: c.Hidden, Vars: c.Vars, Reason: c.Reason})
			if !c.Inlined {
				break
			}
			i++
		}
		b.defs = append(b.defs, loc)
		s.Frames = append(s.Frames, model.StackFrame{Loc: loc.ID, CFA: int64(64 * (len(s.Frames) + 1)), SP: int64(64 * len(s.Frames))})
	}
	b.defs = append(b.defs, s)
	return s.ID
}

// Elide says that frames were left out of the stack added last.
func (b *Builder) Elide(at, n int64) {
	if s, ok := b.defs[len(b.defs)-1].(*model.Stack); ok {
		s.ElidedAt, s.Elided = at, n
	}
}

// Place adds a location of its own, for a go statement.
func (b *Builder) Place(f model.FuncID, line int64) model.LocID {
	loc := &model.Loc{ID: model.LocID(b.id("loc")), Frames: []model.LocFrame{{Func: f, Line: line}}}
	loc.PC = 0x500000 + 0x10*uint64(loc.ID)
	b.defs = append(b.defs, loc)
	return loc.ID
}

// Go adds a goroutine.
func (b *Builder) Go(g model.Goroutine) {
	if g.Base == 0 {
		g.Base = 0xc000000000 + 0x10000*uint64(g.ID)
	}
	g.StackLo, g.StackHi = g.Base, g.Base+0x8000
	b.goroutines = append(b.goroutines, &g)
}

// Global adds a package variable whose value is what p points to.
func (b *Builder) Global(name string, p any) {
	t, addr := b.Put(p)
	b.globals = append(b.globals, &model.Global{Name: name, Type: t, Addr: addr})
}

// Source adds the text of a source file.
func (b *Builder) Source(path, text string, state model.SourceState) {
	hash := sha256.Sum256([]byte(text))
	b.sources = append(b.sources,
		&model.SourceFile{Path: path, Found: path, Size: int64(len(text)), Hash: hash[:], State: state},
		&model.SourceText{Hash: hash[:], Text: []byte(text)})
}

// NoSource lists a source file that could not be had.
func (b *Builder) NoSource(path string, state model.SourceState, reason string) {
	b.sources = append(b.sources, &model.SourceFile{Path: path, State: state, Reason: reason})
}

// Lose records a loss.
func (b *Builder) Lose(l model.Loss) { b.sources = append(b.sources, &l) }

// Rules adds rules for showing frames.
func (b *Builder) Rules(r model.Rule) { b.sources = append(b.sources, &r) }

// Panic puts a panic value into the dump and gives its place.
func (b *Builder) Panic(value any) (model.TypeID, uint64) { return b.Put(&value) }
