// Package types compiles the Go types of a program once: from its DWARF, or
// from the runtime's type descriptors in its memory. Nothing is read before it
// is asked for: a type is first declared (name, kind, size), completed when
// its fields or elements are needed, and its record is emitted when a value of
// it is.
package types

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Memory is the frozen address space.
type Memory interface {
	// ReadMemory fills p with the bytes at addr, all of it or an error.
	ReadMemory(p []byte, addr uint64) error
}

// Image is the executable.
type Image interface {
	// DIEs reads the debug information, or says why there is none.
	DIEs() (image.DIEs, error)
	// RuntimeType finds the DIE of a type of the runtime by its full name.
	RuntimeType(name string) (dwarf.Offset, error)
}

// TypeIndex is implemented by an [Image] that can find a type's DIE by the
// offset of its descriptor in the module's types (DW_AT_go_runtime_type).
// With it, types met in interfaces carry the names that DWARF gives them, also
// where the descriptor alone does not tell: local types.
type TypeIndex interface {
	TypeDIE(offset uint64) (dwarf.Offset, bool)
}

// Subprograms is implemented by an [Image] that can find functions in DWARF;
// it is needed for what closures captured.
type Subprograms interface {
	// SubprogramOffset gives the DIE of the function that covers pc.
	SubprogramOffset(pc uint64) (dwarf.Offset, bool)
}

// Module is the range of type descriptors of one module (moduledata.types and etypes).
type Module struct{ Types, ETypes uint64 }

// Config describes the program whose types are compiled.
type Config struct {
	Image     Image  // the executable; nil: it is not at hand
	Module    Module // the executable's
	GoVersion string // runtime.Version of the program, "" unknown
}

// Limits on what a damaged program can make this package do.
const (
	maxTypes   = 1 << 20 // declared
	maxNesting = 128     // unnamed types within unnamed types, fields within fields
	maxFields  = 1 << 15 // of one struct, also methods and parameters
	maxName    = 1 << 16 // bytes of one name
	maxSize    = 1 << 48 // bytes of one value: programs look at mapped files through a *[1<<48 - 1]byte
)

// ErrLimit says that the program's types exceed a limit of this package.
var ErrLimit = errors.New("types: limit exceeded")

// Types is the index of a program's types. It outlives a capture: what one
// compiled the next one has at hand. It is not safe for concurrent use.
type Types struct {
	mem Memory
	*source
	sources  []*source // the executable's first
	byRType  map[uint64]*Type
	byFunc   map[uint64]*Type // closure contexts by function entry
	all      []*Type          // by ID-1
	layouts  map[string]*structLayout
	chans    map[*Type]*Type // of channels, by element, where the program has none of its own
	unsigned [8]*Type        // by size, that of 8 first
	anything *Type           // interface {}, where DWARF does not have it
	minor    int             // of the Go version; 0 unknown

	emit    func(*model.Type)
	capture uint32  // which of this index's captures is under way
	named   []*Type // referred to in this capture
	depth   int     // of declarations under way
}

// New makes an empty index.
func New(cfg Config) *Types {
	ts := &Types{
		byRType: make(map[uint64]*Type),
		byFunc:  make(map[uint64]*Type),
		layouts: make(map[string]*structLayout),
		chans:   make(map[*Type]*Type),
		minor:   minorVersion(cfg.GoVersion),
	}
	ts.Add(cfg.Image, cfg.Module)
	ts.source = ts.sources[0]
	return ts
}

// Begin starts a capture: mem is the frozen program, and emit receives the
// record of each type that the capture uses, once.
func (ts *Types) Begin(mem Memory, emit func(*model.Type)) {
	ts.mem, ts.emit = mem, emit
	ts.capture++
	ts.named = ts.named[:0]
}

// End forgets the capture that Begin started; what was compiled stays.
func (ts *Types) End() {
	ts.mem, ts.emit, ts.named = nil, nil, nil
}

func minorVersion(v string) int {
	v, _ = strings.CutPrefix(v, "go1.")
	digits := len(v) - len(strings.TrimLeft(v, "0123456789"))
	minor, err := strconv.Atoi(v[:digits])
	if err != nil {
		return 0
	}
	return minor
}

// A Type is one Go type. Types are compared by pointer.
type Type struct {
	ts    *Types
	rec   model.Type // ID, Kind, Flags, Name, Size, Len, Dir, RType
	state state
	err   error // why it could not be completed

	elem, key *Type
	fields    []Field
	in, out   []*Type
	methods   []string

	source *source      // of die
	die    dwarf.Offset // 0: not from DWARF
	under  dwarf.Offset // what a map's typedef stands for
	scan   *Scan
	layout *MapLayout

	emitted, named uint32 // capture in which the record, the ID were given out
}

// Field is a field of a struct type.
type Field struct {
	Name     string
	Type     *Type
	Offset   int64
	Embedded bool
}

type state uint8

const (
	declared state = iota
	completing
	completed
)

// ID is the type's number in every dump made with this index.
func (t *Type) ID() model.TypeID {
	if t == nil {
		return 0
	}
	t.refer()
	return t.rec.ID
}

// Kind is the kind of the type.
func (t *Type) Kind() model.Kind { return t.rec.Kind }

// Size is the size of a value in bytes.
func (t *Type) Size() int64 { return t.rec.Size }

// Name is the name as DWARF has it.
func (t *Type) Name() string { return t.rec.Name }

// Len is the length of an array type.
func (t *Type) Len() int64 { t.complete(); return t.rec.Len }

// Elem is the element type of an array, channel, map, pointer or slice; nil where it is not known.
func (t *Type) Elem() *Type { t.complete(); return t.elem }

// Key is the key type of a map.
func (t *Type) Key() *Type { t.complete(); return t.key }

// Fields lists the fields of a struct.
func (t *Type) Fields() []Field { t.complete(); return t.fields }

// Direct reports whether a value is stored in an interface's data word itself.
func (t *Type) Direct() bool { return t.rec.Flags&model.TypeDirect != 0 }

// EmptyInterface reports whether t is an interface without methods.
func (t *Type) EmptyInterface() bool { return t.rec.Flags&model.TypeEmptyIface != 0 }

// Err tells why the description of the type is partial, nil if it is not.
func (t *Type) Err() error { t.complete(); return t.err }

// RType is the address of the type's descriptor, 0 if it is not known.
func (t *Type) RType() uint64 { return t.rec.RType }

// add enters a new type in the index.
func (ts *Types) add(t *Type) error {
	if len(ts.all) >= maxTypes {
		return fmt.Errorf("%w: more than %d types", ErrLimit, maxTypes)
	}
	if t.rec.Size < 0 || t.rec.Size > maxSize {
		return fmt.Errorf("types: %s: size %d", t.rec.Name, t.rec.Size)
	}
	t.ts, t.source = ts, ts.source
	ts.all = append(ts.all, t)
	t.rec.ID = model.TypeID(len(ts.all))
	return nil
}

// complete finds out elements and fields. What cannot be found out leaves the
// type incomplete, with the reason in err.
func (t *Type) complete() {
	if t.state != declared {
		return
	}
	t.state = completing
	if t.source != nil {
		defer t.ts.turn(t.source)()
	}
	switch {
	case t.die != 0:
		t.err = t.completeDWARF()
	case t.rec.RType != 0:
		t.err = t.completeRType()
	}
	if t.err != nil {
		t.rec.Flags |= model.TypeIncomplete
		t.elem, t.key, t.fields = nil, nil, nil
	}
	t.atomicPointer()
	t.state = completed
}

// atomicPointer gives the pointer in a sync/atomic.Pointer[T] the type that its
// neighbour tells: the package keeps it as an unsafe.Pointer, beside a [0]*T.
// Those of sync.Map stay untyped: its nodes are the beginnings of other structs.
func (t *Type) atomicPointer() {
	if t.rec.Kind != model.KindStruct || !strings.HasPrefix(t.rec.Name, "sync/atomic.Pointer[") || len(t.fields) == 0 {
		return
	}
	hint, last := t.fields[0].Type, &t.fields[len(t.fields)-1]
	if hint.rec.Kind != model.KindArray || hint.Size() != 0 || last.Type.rec.Kind != model.KindUnsafePointer {
		return
	}
	if p := hint.Elem(); p != nil && p.rec.Kind == model.KindPointer && !strings.HasPrefix(p.rec.Name, "*internal/sync.") {
		last.Type = p
	}
}

// enter bounds how deep declarations nest; leave must follow when it gives nil.
func (ts *Types) enter() error {
	if ts.depth >= maxNesting {
		return fmt.Errorf("%w: types nested deeper than %d", ErrLimit, maxNesting)
	}
	ts.depth++
	return nil
}

func (ts *Types) leave() { ts.depth-- }
