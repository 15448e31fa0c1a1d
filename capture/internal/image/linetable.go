package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// LineTable is a program's pclntab (runtime/symtab.go and internal/abi in
// GOROOT; the layout below is that of Go 1.20 to 1.27). It names functions,
// files and lines, gives each frame's size, and is there without DWARF too.
// Addresses in and out are those of the process.
type LineTable struct {
	text    uint64 // what function entries are relative to
	gofunc  []byte // go:func.*, what funcdata offsets are relative to
	names   []byte
	cu      []byte
	files   []byte
	pc      []byte
	funcs   []byte // functab followed by the _func records
	nfunc   int
	quantum uint64
	pclntab uint64 // address of the table
	args    int64  // from the CFA to a function's arguments
}

const (
	pclntabMagic = 0xfffffff1 // Go 1.20 and later

	offNFunc    = 8
	offNames    = 32
	offCU       = 40
	offFiles    = 48
	offPC       = 56
	offFuncs    = 64
	headerSize  = 72
	funcRecSize = 44 // fixed part of a _func
)

// Function is one entry of the pclntab.
type Function struct {
	t         *LineTable
	rec       []byte // the _func and what follows it
	Entry     uint64
	End       uint64
	StartLine int
}

// openLineTable finds the pclntab and what belongs to it.
func (m *Image) openLineTable() error {
	t, err := m.findLineTable()
	if err != nil {
		return err
	}
	m.lines = t
	if m.container.processor == ARM64 {
		t.args = 8 // abi.MinFrameSize: the return address lies between
	}
	if s := m.container.section(".text"); s != nil {
		t.text = s.addr + m.Bias // until the moduledata says better
	}
	if md, err := m.moduleInFile(); err == nil {
		m.setModule(md)
	}
	return nil
}

// findLineTable finds the pclntab in the section of its own that most linkers
// give it, or within the read-only data.
func (m *Image) findLineTable() (*LineTable, error) {
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		b, err := m.section(name)
		if err != nil {
			continue
		}
		t, err := parseHeader(b)
		if err == nil {
			t.pclntab = m.container.section(name).addr
		}
		return t, err
	}
	if b, err := m.section(".rdata"); err == nil {
		start := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0} // the magic and two zeros
		for off := 0; ; off += len(start) {
			i := bytes.Index(b[off:], start)
			if i < 0 {
				break
			}
			off += i
			if t, err := parseHeader(b[off:]); err == nil {
				t.pclntab = m.container.section(".rdata").addr + uint64(off)
				return t, nil
			}
		}
	}
	return nil, errors.New("not a Go program: it has no pclntab")
}

// parseHeader splits the table into its parts.
func parseHeader(b []byte) (*LineTable, error) {
	le := binary.LittleEndian
	if len(b) < headerSize || le.Uint32(b) != pclntabMagic || b[7] != 8 {
		return nil, errors.New("pclntab: unknown layout")
	}
	part := func(off int) []byte {
		if o := le.Uint64(b[off:]); o <= uint64(len(b)) {
			return b[o:]
		}
		return nil
	}
	t := &LineTable{
		names: part(offNames), cu: part(offCU), files: part(offFiles),
		pc: part(offPC), funcs: part(offFuncs),
		quantum: uint64(b[6]),
	}
	n := le.Uint64(b[offNFunc:])
	if n == 0 || n > uint64(len(t.funcs))/8 || t.quantum == 0 {
		return nil, errors.New("pclntab: contradicts itself")
	}
	t.nfunc = int(n)
	return t, nil
}

// entryAt gives the i-th function's entry; i == nfunc gives the end of the text.
func (t *LineTable) entryAt(i int) uint64 {
	return t.text + uint64(binary.LittleEndian.Uint32(t.funcs[8*i:]))
}

// Find gives the function that covers pc.
func (t *LineTable) Find(pc uint64) (Function, bool) {
	if pc < t.text || len(t.funcs) < 8*t.nfunc+4 {
		return Function{}, false
	}
	i := sort.Search(t.nfunc, func(i int) bool { return t.entryAt(i) > pc }) - 1
	if i < 0 || pc >= t.entryAt(t.nfunc) {
		return Function{}, false
	}
	return t.function(i)
}

func (t *LineTable) function(i int) (Function, bool) {
	off := uint64(binary.LittleEndian.Uint32(t.funcs[8*i+4:]))
	if off+funcRecSize > uint64(len(t.funcs)) {
		return Function{}, false
	}
	f := Function{t: t, rec: t.funcs[off:], Entry: t.entryAt(i), End: t.entryAt(i + 1)}
	f.StartLine = int(int32(f.word(9)))
	return f, true
}

// Functions calls yield for each function in address order until it returns false.
func (t *LineTable) Functions(yield func(Function) bool) {
	for i := range t.nfunc {
		if f, ok := t.function(i); ok && !yield(f) {
			return
		}
	}
}

// Named finds a function by its symbol.
func (t *LineTable) Named(symbol string) (Function, bool) {
	at := bytes.Index(t.names, []byte("\x00"+symbol+"\x00")) + 1
	for i := 0; at > 0 && i < t.nfunc; i++ {
		if f, ok := t.function(i); ok && f.word(1) == uint32(at) {
			return f, true
		}
	}
	return Function{}, false
}

// word is the i-th 32-bit word of the _func: entryOff, nameOff, args,
// deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset, startLine, then four
// bytes funcID, flag, pad, nfuncdata.
func (f Function) word(i int) uint32 { return binary.LittleEndian.Uint32(f.rec[4*i:]) }

// Name is the linker symbol.
func (f Function) Name() string { return cstring(f.t.names, f.word(1)) }

// ID is the runtime's funcID; 0 for ordinary functions.
func (f Function) ID() uint8 { return f.rec[40] }

// Flag holds abi.FuncFlag bits: 1 top of stack, 2 writes SP, 4 assembly.
func (f Function) Flag() uint8 { return f.rec[41] }

// SPDelta is the distance from the stack pointer at pc to the one before the
// call that made the frame, without the return address.
func (f Function) SPDelta(pc uint64) (int64, bool) {
	v, ok := f.t.pcvalue(f.word(4), f.Entry, pc)
	return int64(v), ok
}

// Line gives file and line at pc, as the compiler recorded them; for inlined
// code these are the innermost call's.
func (f Function) Line(pc uint64) (file string, line int) {
	fileNo, ok1 := f.t.pcvalue(f.word(5), f.Entry, pc)
	ln, ok2 := f.t.pcvalue(f.word(6), f.Entry, pc)
	if !ok1 || !ok2 {
		return "?", 0
	}
	return f.t.file(f.word(8), fileNo), int(ln)
}

// File is where the function is declared.
func (f Function) File() string {
	file, _ := f.Line(f.Entry)
	return file
}

func (t *LineTable) file(cuOff uint32, no int32) string {
	i := 4 * (uint64(cuOff) + uint64(uint32(no)))
	if i+4 > uint64(len(t.cu)) {
		return "?"
	}
	off := binary.LittleEndian.Uint32(t.cu[i:])
	if off == ^uint32(0) {
		return "?"
	}
	return cstring(t.files, off)
}

// pcdata indices and funcdata indices of internal/abi/symtab.go.
const (
	pcdataInlTreeIndex      = 2
	funcdataInlTree         = 3
	funcdataOpenCodedDefers = 4
	inlTreeEntrySize        = 16
)

// pcdata reads PCDATA table i at pc.
func (f Function) pcdata(i uint32, pc uint64) (int32, bool) {
	if i >= f.word(7) {
		return -1, false
	}
	off := funcRecSize + 4*uint64(i)
	if off+4 > uint64(len(f.rec)) {
		return -1, false
	}
	tab := binary.LittleEndian.Uint32(f.rec[off:])
	if tab == 0 {
		return -1, true
	}
	return f.t.pcvalue(tab, f.Entry, pc)
}

// funcdata gives the bytes from FUNCDATA i on.
func (f Function) funcdata(i uint8) []byte {
	if i >= f.rec[43] {
		return nil
	}
	off := funcRecSize + 4*uint64(f.word(7)) + 4*uint64(i)
	if off+4 > uint64(len(f.rec)) {
		return nil
	}
	v := uint64(binary.LittleEndian.Uint32(f.rec[off:]))
	if v == uint64(^uint32(0)) || v >= uint64(len(f.t.gofunc)) {
		return nil
	}
	return f.t.gofunc[v:]
}

// OpenDefers gives, for a function with open-coded defers, the offsets below
// the frame's varp of the byte of defer bits and of the first closure slot.
func (f Function) OpenDefers() (bits, slots uint64, ok bool) {
	b := f.funcdata(funcdataOpenCodedDefers)
	bits, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, 0, false
	}
	slots, n = binary.Uvarint(b[n:])
	return bits, slots, n > 0
}

// IDWrapper is the funcID of what the compiler makes around methods and
// deferred calls (abi.FuncIDWrapper, Go 1.25 to 1.27).
const IDWrapper = 23

// Call is one logical frame at a pc.
type Call struct {
	Name      string
	File      string
	Line      int
	StartLine int
	FuncID    uint8
	Inlined   bool
}

// maxInlineDepth bounds the walk through a damaged inline tree.
const maxInlineDepth = 200

// Calls gives the logical frames at pc, innermost inlined call first; the last
// is the function itself. For a return address pass pc-1.
func (f Function) Calls(pc uint64) []Call {
	file, line := f.Line(pc)
	var out []Call
	tree := f.funcdata(funcdataInlTree)
	for tree != nil && len(out) < maxInlineDepth {
		ix, ok := f.pcdata(pcdataInlTreeIndex, pc)
		if !ok || ix < 0 || uint64(ix+1)*inlTreeEntrySize > uint64(len(tree)) {
			break
		}
		// runtime.inlinedCall: funcID, 3 pad bytes, nameOff, parentPc, startLine.
		e := tree[int(ix)*inlTreeEntrySize:]
		out = append(out, Call{
			Name: cstring(f.t.names, binary.LittleEndian.Uint32(e[4:])), File: file, Line: line,
			StartLine: int(int32(binary.LittleEndian.Uint32(e[12:]))), FuncID: e[0], Inlined: true,
		})
		pc = f.Entry + uint64(binary.LittleEndian.Uint32(e[8:]))
		file, line = f.Line(pc)
	}
	return append(out, Call{Name: f.Name(), File: file, Line: line, StartLine: f.StartLine, FuncID: f.ID()})
}

// pcvalue decodes a table of (value delta, pc delta) pairs up to target
// (runtime.pcvalue and runtime.step).
func (t *LineTable) pcvalue(off uint32, entry, target uint64) (int32, bool) {
	if off == 0 || uint64(off) >= uint64(len(t.pc)) {
		return 0, false
	}
	p := t.pc[off:]
	pc, val := entry, int32(-1)
	for first := true; ; first = false {
		uv, n := binary.Uvarint(p)
		if n <= 0 || (uv == 0 && !first) {
			return 0, false
		}
		p = p[n:]
		val += int32(uint32(uv>>1) ^ -uint32(uv&1))
		d, n := binary.Uvarint(p)
		if n <= 0 {
			return 0, false
		}
		p = p[n:]
		pc += d * t.quantum
		if target < pc {
			return val, true
		}
	}
}

// cstring is the zero-terminated string at off.
func cstring(b []byte, off uint32) string {
	if uint64(off) >= uint64(len(b)) {
		return ""
	}
	b = b[off:]
	const longest = 64 << 10
	b = b[:min(len(b), longest)]
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return ""
}

// PackageOf cuts a linker symbol after its package path.
func PackageOf(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return ""
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}

// String names the function for errors.
func (f Function) String() string { return fmt.Sprintf("%s at %#x", f.Name(), f.Entry) }
