package types

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gopostmortem/postmortem/internal/model"
)

// This file writes the names of type literals as the linker does, since a
// descriptor's own string has package names where the linker has paths.

// nameOf gives the name of a described type.
func (ts *Types) nameOf(d *descriptor) (string, error) {
	if d.tflag()&flagNamed != 0 {
		return ts.definedName(d)
	}
	name, err := ts.literal(d)
	if err == nil && len(name) > maxName {
		return "", fmt.Errorf("%w: a type name of %d bytes", ErrLimit, len(name))
	}
	return name, err
}

// literal writes a type literal.
func (ts *Types) literal(d *descriptor) (string, error) {
	switch d.kind {
	case model.KindFunc:
		in, out, variadic, err := ts.signature(d)
		if err != nil {
			return "", err
		}
		return "func" + signatureName(in, out, variadic), nil
	case model.KindInterface:
		return ts.interfaceName(d)
	case model.KindStruct:
		return ts.structName(d)
	}
	elem, err := ts.FromRType(d.word(rtBytes))
	if err != nil {
		return "", err
	}
	switch d.kind {
	case model.KindPointer:
		return "*" + elem.Name(), nil
	case model.KindSlice:
		return "[]" + elem.Name(), nil
	case model.KindArray:
		return "[" + strconv.FormatUint(d.word(rtBytes+16), 10) + "]" + elem.Name(), nil
	case model.KindChan:
		return chanName(d.word(rtBytes+8), elem.Name()), nil
	case model.KindMap: // the key comes first
		val, err := ts.FromRType(d.word(rtBytes + 8))
		if err != nil {
			return "", err
		}
		return "map[" + elem.Name() + "]" + val.Name(), nil
	}
	return "", fmt.Errorf("types: descriptor at %#x: kind %d without a name", d.addr, d.kind)
}

func chanName(dir uint64, elem string) string {
	switch dir {
	case 1:
		return "<-chan " + elem
	case 2:
		return "chan<- " + elem
	}
	if strings.HasPrefix(elem, "<-") {
		return "chan (" + elem + ")"
	}
	return "chan " + elem
}

// signature reads parameters and results, which follow the descriptor.
func (ts *Types) signature(d *descriptor) (in, out []*Type, variadic bool, err error) {
	nIn, nOut := binary.LittleEndian.Uint16(d.b[rtBytes:]), binary.LittleEndian.Uint16(d.b[rtBytes+2:])
	variadic = nOut&(1<<15) != 0
	nOut &^= 1 << 15
	if int(nIn)+int(nOut) > maxFields {
		return nil, nil, false, fmt.Errorf("%w: func with %d parameters", ErrLimit, nIn)
	}
	addr := d.addr + ts.fullSize(d.kind)
	if d.tflag()&flagUncommon != 0 {
		addr += 16
	}
	words, err := ts.words(addr, int(nIn)+int(nOut))
	if err != nil {
		return nil, nil, false, err
	}
	for i, w := range words {
		t, err := ts.FromRType(w)
		if err != nil {
			return nil, nil, false, err
		}
		if i < int(nIn) {
			in = append(in, t)
		} else {
			out = append(out, t)
		}
	}
	return in, out, variadic, nil
}

// words reads n words.
func (ts *Types) words(addr uint64, n int) ([]uint64, error) {
	b := make([]byte, 8*n)
	if err := ts.mem.ReadMemory(b, addr); err != nil {
		return nil, fmt.Errorf("types: descriptor: %w", err)
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return out, nil
}

func signatureName(in, out []*Type, variadic bool) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, t := range in {
		if i > 0 {
			b.WriteString(", ")
		}
		if variadic && i == len(in)-1 {
			b.WriteString("..." + strings.TrimPrefix(t.Name(), "[]"))
			continue
		}
		b.WriteString(t.Name())
	}
	b.WriteByte(')')
	switch len(out) {
	case 0:
	case 1:
		b.WriteString(" " + out[0].Name())
	default:
		b.WriteString(" (")
		for i, t := range out {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(t.Name())
		}
		b.WriteByte(')')
	}
	return b.String()
}

// method is one method of an interface.
type method struct {
	name string // qualified unless exported
	typ  uint64 // its descriptor, 0 unknown
}

// interfaceMethods reads the method set of an interface type.
func (ts *Types) interfaceMethods(d *descriptor) ([]method, error) {
	n := d.word(rtBytes + 16)
	if n > maxFields {
		return nil, fmt.Errorf("%w: interface of %d methods", ErrLimit, n)
	}
	m, ok := ts.moduleOf(d.addr)
	if n == 0 {
		return nil, nil
	}
	if !ok {
		return nil, fmt.Errorf("types: descriptor %#x belongs to no module", d.addr)
	}
	words, err := ts.words(d.word(rtBytes+8), int(n))
	if err != nil {
		return nil, err
	}
	pkg, err := ts.abiName(d.word(rtBytes))
	if err != nil {
		return nil, err
	}
	out := make([]method, 0, len(words))
	for _, w := range words {
		if uint64(uint32(w)) >= m.ETypes-m.Types || w>>32 >= m.ETypes-m.Types {
			return nil, fmt.Errorf("types: descriptor %#x: method at %#x", d.addr, w)
		}
		n, err := ts.abiName(m.Types + uint64(uint32(w)))
		if err != nil {
			return nil, err
		}
		path := pkg.name
		if n.pkg != 0 {
			if path, err = ts.nameAtOffset(d.addr, n.pkg); err != nil {
				return nil, err
			}
		}
		out = append(out, method{n.qualified(path), m.Types + w>>32})
	}
	return out, nil
}

func (ts *Types) interfaceName(d *descriptor) (string, error) {
	methods, err := ts.interfaceMethods(d)
	if err != nil {
		return "", err
	}
	if len(methods) == 0 {
		return "interface {}", nil
	}
	var b strings.Builder
	b.WriteString("interface {")
	for i, m := range methods {
		if i > 0 {
			b.WriteByte(';')
		}
		t, err := ts.FromRType(m.typ)
		if err != nil {
			return "", err
		}
		b.WriteString(" " + m.name + strings.TrimPrefix(t.Name(), "func"))
	}
	b.WriteString(" }")
	return b.String(), nil
}

// structFields reads the fields of a struct type.
func (ts *Types) structFields(d *descriptor) ([]Field, []abiName, error) {
	n := d.word(rtBytes + 16)
	if n > maxFields {
		return nil, nil, fmt.Errorf("%w: struct of %d fields", ErrLimit, n)
	}
	words, err := ts.words(d.word(rtBytes+8), int(3*n))
	if err != nil {
		return nil, nil, err
	}
	fields, names := make([]Field, n), make([]abiName, n)
	for i := range fields {
		if names[i], err = ts.abiName(words[3*i]); err != nil {
			return nil, nil, err
		}
		ft, err := ts.FromRType(words[3*i+1])
		if err != nil {
			return nil, nil, err
		}
		fields[i] = Field{Name: names[i].name, Type: ft, Offset: int64(words[3*i+2]), Embedded: names[i].embedded}
	}
	return fields, names, nil
}

func (ts *Types) structName(d *descriptor) (string, error) {
	fields, names, err := ts.structFields(d)
	if err != nil {
		return "", err
	}
	if len(fields) == 0 {
		return "struct {}", nil
	}
	pkg, err := ts.abiName(d.word(rtBytes))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("struct {")
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteByte(' ')
		if !f.Embedded {
			b.WriteString(names[i].qualified(pkg.name) + " ")
		}
		b.WriteString(f.Type.Name())
		if names[i].tag != "" {
			b.WriteString(" " + strconv.Quote(names[i].tag))
		}
	}
	b.WriteString(" }")
	return b.String(), nil
}

// qualified is the name with its package's path, which unexported names have
// in type literals; the compiler's own literals have no package.
func (n abiName) qualified(path string) string {
	r, _ := utf8.DecodeRuneInString(n.name)
	if path == "" || unicode.IsUpper(r) {
		return n.name
	}
	return escapePath(path) + "." + n.name
}

// escapePath writes an import path as in symbols: what would be ambiguous
// there, above all dots in its last element, becomes %xx.
func escapePath(path string) string {
	var b strings.Builder
	last := strings.LastIndexByte(path, '/')
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c <= ' ' || c == '%' || c == '"' || c >= 0x7f || (c == '.' && i > last) {
			fmt.Fprintf(&b, "%%%02x", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
