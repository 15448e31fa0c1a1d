package types

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// The layout of the runtime's type descriptors, internal/abi.Type and the
// structs that begin with it: the same from Go 1.25 to 1.27 as far as it is
// read here, except for the size of a map's.
const (
	rtSize   = 0
	rtTFlag  = 20
	rtAlign  = 21
	rtKind   = 23
	rtStr    = 40 // NameOff
	rtBytes  = 48 // of abi.Type itself
	rtExtra  = 32 // the most that follows in the kinds' own structs and is read at once
	kindMask = 1<<5 - 1

	flagUncommon  = 1 << 0
	flagExtraStar = 1 << 1
	flagNamed     = 1 << 2
	flagDirect    = 1 << 5 // abi.TFlagDirectIface, from Go 1.26 on
	kindDirect    = 1 << 5 // abi.KindDirectIface, up to Go 1.25
)

// descriptor is the part of a type descriptor that all kinds share, and what follows it.
type descriptor struct {
	addr uint64
	b    [rtBytes + rtExtra]byte
	kind model.Kind
}

func (d *descriptor) word(off int) uint64 { return binary.LittleEndian.Uint64(d.b[off:]) }
func (d *descriptor) tflag() byte         { return d.b[rtTFlag] }
func (d *descriptor) direct() bool {
	return d.tflag()&flagDirect != 0 || d.b[rtKind]&kindDirect != 0
}

// descriptor reads and checks the type descriptor at addr.
func (ts *Types) descriptor(addr uint64) (*descriptor, error) {
	d := &descriptor{addr: addr}
	if addr == 0 || addr%8 != 0 {
		return nil, fmt.Errorf("types: no type descriptor at %#x", addr)
	}
	if err := ts.mem.ReadMemory(d.b[:rtBytes], addr); err != nil {
		return nil, fmt.Errorf("types: descriptor: %w", err)
	}
	d.kind = model.Kind(d.b[rtKind] & kindMask)
	align := d.b[rtAlign]
	if d.kind == model.KindInvalid || d.kind > model.KindUnsafePointer || align == 0 || align&(align-1) != 0 || d.word(rtSize) > maxSize {
		return nil, fmt.Errorf("types: no type descriptor at %#x", addr)
	}
	if n := bodySize[d.kind]; n > 0 {
		if err := ts.mem.ReadMemory(d.b[rtBytes:rtBytes+n], addr+rtBytes); err != nil {
			return nil, fmt.Errorf("types: descriptor: %w", err)
		}
	}
	return d, nil
}

// bodySize is how much of the kinds' own structs is read after abi.Type.
var bodySize = [model.KindUnsafePointer + 1]int{
	model.KindArray:     24, // Elem, Slice, Len
	model.KindChan:      16, // Elem, Dir
	model.KindFunc:      8,  // InCount, OutCount
	model.KindInterface: 32, // PkgPath, Methods
	model.KindMap:       24, // Key, Elem, Group
	model.KindPointer:   8,  // Elem
	model.KindSlice:     8,  // Elem
	model.KindStruct:    32, // PkgPath, Fields
}

// fullSize is the size of the kind's whole struct, after which the uncommon part lies.
func (ts *Types) fullSize(k model.Kind) uint64 {
	if k == model.KindMap { // abi.MapType grew in Go 1.27
		if ts.mapTypeSize() != 0 {
			return ts.mapTypeSize()
		}
	}
	return rtBytes + uint64(bodySize[k])
}

func (ts *Types) mapTypeSize() uint64 {
	for _, name := range []string{"internal/abi.MapType", "internal/abi.SwissMapType"} {
		if l := ts.structLayout(name); l != nil {
			return uint64(l.size)
		}
	}
	if ts.minor >= 27 {
		return 136
	}
	return 112
}

// FromRType gives the type whose descriptor is at addr.
func (ts *Types) FromRType(addr uint64) (*Type, error) {
	if t, ok := ts.byRType[addr]; ok {
		return t, nil
	}
	if t := ts.dieOf(addr); t != nil {
		return t, nil
	}
	if err := ts.enter(); err != nil {
		return nil, err
	}
	defer ts.leave()
	d, err := ts.descriptor(addr)
	if err != nil {
		return nil, err
	}
	t := &Type{rec: model.Type{Kind: d.kind, Size: int64(d.word(rtSize)), RType: addr}}
	if !sizeFits(d.kind, t.rec.Size) {
		return nil, fmt.Errorf("types: descriptor at %#x: kind %d of %d bytes", addr, d.kind, t.rec.Size)
	}
	if d.tflag()&flagNamed != 0 {
		t.rec.Flags |= model.TypeNamed
	}
	if d.direct() {
		t.rec.Flags |= model.TypeDirect
	}
	if d.kind == model.KindInterface && d.word(rtBytes+16) == 0 {
		t.rec.Flags |= model.TypeEmptyIface
	}
	if t.rec.Name, err = ts.nameOf(d); err != nil {
		return nil, err
	}
	if known, ok := ts.byRType[addr]; ok { // met again while its name was made
		return known, nil
	}
	if err := ts.add(t); err != nil {
		return nil, err
	}
	ts.byRType[addr] = t
	return t, nil
}

// dieOf finds the type in DWARF, where the image has an index of it.
func (ts *Types) dieOf(addr uint64) *Type {
	for _, s := range ts.sources {
		index, ok := s.image.(TypeIndex)
		if !ok || s.reader == nil || addr <= s.module.Types || addr >= s.module.ETypes {
			continue
		}
		off, ok := index.TypeDIE(addr - s.module.Types)
		if !ok {
			return nil
		}
		t, err := ts.fromDWARF(s, off)
		if err != nil || t.rec.RType != addr {
			return nil
		}
		return t
	}
	return nil
}

// sizeFits checks a descriptor's size against its kind.
func sizeFits(k model.Kind, size int64) bool {
	switch k {
	case model.KindBool, model.KindInt8, model.KindUint8:
		return size == 1
	case model.KindInt16, model.KindUint16:
		return size == 2
	case model.KindInt32, model.KindUint32, model.KindFloat32:
		return size == 4
	case model.KindComplex128, model.KindString, model.KindInterface:
		return size == 16
	case model.KindSlice:
		return size == 24
	case model.KindArray, model.KindStruct:
		return true
	}
	return size == 8
}

// moduleOf gives the module whose types contain addr.
func (ts *Types) moduleOf(addr uint64) (Module, bool) {
	for _, s := range ts.sources {
		if m := s.module; addr >= m.Types && addr < m.ETypes {
			return m, true
		}
	}
	return Module{}, false
}

// nameAtOffset reads the name that a NameOff of the descriptor at addr stands
// for. Descriptors made by package reflect lie in no module.
func (ts *Types) nameAtOffset(addr uint64, off uint32) (string, error) {
	m, ok := ts.moduleOf(addr)
	if !ok {
		return "", fmt.Errorf("types: descriptor %#x belongs to no module", addr)
	}
	if uint64(off) >= m.ETypes-m.Types {
		return "", fmt.Errorf("types: descriptor %#x: name offset %#x", addr, off)
	}
	n, err := ts.abiName(m.Types + uint64(off))
	return n.name, err
}

// abiName is internal/abi.Name.
type abiName struct {
	name, tag string
	embedded  bool
	pkg       uint32 // NameOff of the import path, 0 none
}

// abiName reads an internal/abi.Name: flags, length, bytes, and perhaps a tag.
func (ts *Types) abiName(addr uint64) (abiName, error) {
	const hasTag, hasPkg, isEmbedded = 1 << 1, 1 << 2, 1 << 3
	if addr == 0 {
		return abiName{}, nil
	}
	var flags [1]byte
	if err := ts.mem.ReadMemory(flags[:], addr); err != nil {
		return abiName{}, fmt.Errorf("types: name: %w", err)
	}
	n := abiName{embedded: flags[0]&isEmbedded != 0}
	var err error
	if n.name, addr, err = ts.counted(addr + 1); err != nil {
		return abiName{}, err
	}
	if flags[0]&hasTag != 0 {
		n.tag, addr, err = ts.counted(addr)
	}
	if flags[0]&hasPkg != 0 && err == nil {
		var b [4]byte
		if err = ts.mem.ReadMemory(b[:], addr); err == nil {
			n.pkg = binary.LittleEndian.Uint32(b[:])
		}
	}
	return n, err
}

// counted reads a string with its length as a varint before it, and where it ends.
func (ts *Types) counted(addr uint64) (string, uint64, error) {
	length, shift := uint64(0), uint(0)
	for {
		var b [1]byte
		if err := ts.mem.ReadMemory(b[:], addr); err != nil {
			return "", 0, fmt.Errorf("types: name: %w", err)
		}
		addr++
		length |= uint64(b[0]&0x7f) << shift
		if shift += 7; b[0] < 0x80 {
			break
		}
		if shift > 21 {
			return "", 0, fmt.Errorf("types: name at %#x has no length", addr)
		}
	}
	if length > maxName {
		return "", 0, fmt.Errorf("%w: a name of %d bytes", ErrLimit, length)
	}
	buf := make([]byte, length)
	if err := ts.mem.ReadMemory(buf, addr); err != nil {
		return "", 0, fmt.Errorf("types: name: %w", err)
	}
	return string(buf), addr + length, nil
}

// pkgPath reads the import path in the uncommon part, "" if there is none.
func (ts *Types) pkgPath(d *descriptor) (string, error) {
	if d.tflag()&flagUncommon == 0 {
		return "", nil
	}
	var b [4]byte
	if err := ts.mem.ReadMemory(b[:], d.addr+ts.fullSize(d.kind)); err != nil {
		return "", fmt.Errorf("types: descriptor: %w", err)
	}
	off := binary.LittleEndian.Uint32(b[:])
	if off == 0 {
		return "", nil
	}
	return ts.nameAtOffset(d.addr, off)
}

// definedName is the name of a defined type as the linker writes it: the
// descriptor has the package's name, the linker its path.
func (ts *Types) definedName(d *descriptor) (string, error) {
	name, err := ts.nameAtOffset(d.addr, binary.LittleEndian.Uint32(d.b[rtStr:]))
	if err != nil {
		return "", err
	}
	if d.tflag()&flagExtraStar != 0 {
		name = strings.TrimPrefix(name, "*")
	}
	path, err := ts.pkgPath(d)
	if err != nil || path == "" {
		return name, err
	}
	args := strings.IndexByte(name, '[')
	if args < 0 {
		args = len(name)
	}
	if dot := strings.LastIndexByte(name[:args], '.'); dot >= 0 {
		name = name[dot+1:]
	}
	return escapePath(path) + "." + name, nil
}
