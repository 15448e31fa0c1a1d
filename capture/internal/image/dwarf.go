package image

import (
	"debug/dwarf"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/capture/internal/guard"
)

// debugInfo is the DWARF of an image. Units are found by their headers alone;
// what lies in a unit is indexed when an address falls in it.
type debugInfo struct {
	m      *Image
	info   []byte
	abbrev []byte
	data   *dwarf.Data
	lists  []byte // .debug_loclists
	loc    []byte // .debug_loc
	addr   []byte

	mu      sync.Mutex
	units   []*Unit
	ranges  []unitRange // ascending
	abbrevs map[uint64]abbrevTable
	runtime []*Unit // of package runtime: the compiler's and the assembler's
	vars    map[string]global
	types   map[string]dwarf.Offset

	byName    map[string][]*Unit
	described []typeDIE // types that have a descriptor, by it once sorted
	sorted    bool
}

type unitRange struct {
	low, high uint64
	unit      *Unit
}

// Unit is one compile unit.
type Unit struct {
	header   uint64 // offset of the unit's header in .debug_info
	root     uint64 // offset of its first DIE
	end      uint64
	version  int
	entry    *dwarf.Entry
	addrBase uint64
	lowPC    uint64

	indexed bool
	damage  error // why the index ends early
	runtime bool
	subs    []subprogram // by low
	vars    []variable   // but the runtime's, which debugInfo has
	consts  []constant
}

// Unoptimised reports whether the unit was compiled with -N: each variable has a
// place in memory, into which assignments are carried out at once.
func (u *Unit) Unoptimised() bool {
	producer, _ := u.entry.Val(dwarf.AttrProducer).(string)
	return strings.Contains(producer, "-N")
}

type subprogram struct {
	low, high uint64
	off       dwarf.Offset
}

type global struct {
	addr uint64
	typ  dwarf.Offset
}

// ErrNoDWARF says that the executable was linked without debug information.
var ErrNoDWARF = errors.New("no DWARF: build without -w")

func (m *Image) debugInfo() (*debugInfo, error) {
	m.dwarfOnce.Do(func() { m.dwarf, m.dwarfErr = guard.Run(m.openDWARF) })
	return m.dwarf, m.dwarfErr
}

// openDWARF inflates the few sections that are needed and finds the units.
func (m *Image) openDWARF() (*debugInfo, error) {
	if m.container.section(".debug_info") == nil && m.openSeparate() != nil {
		return nil, ErrNoDWARF
	}
	const addrs, ranges, lists = ".debug_addr", ".debug_rnglists", ".debug_loclists"
	rest := m.later(addrs, ranges, lists)
	defer rest(lists) // nothing may be under way once the image can be closed
	info, err := m.debugSection(".debug_info")
	if err != nil {
		return nil, err
	}
	abbrev, err := m.debugSection(".debug_abbrev")
	if err != nil {
		return nil, err
	}
	optional := func(name string) []byte {
		b, err := m.debugSection(name)
		if err != nil {
			return nil
		}
		return b
	}
	awaited := func(name string) []byte {
		b, err := rest(name)
		if err != nil {
			return nil
		}
		return b
	}
	data, err := dwarf.New(abbrev, nil, nil, info, nil, nil, optional(".debug_ranges"), optional(".debug_str"))
	if err != nil {
		return nil, fmt.Errorf("DWARF: %w", err)
	}
	addr := awaited(addrs)
	for _, s := range []struct {
		name string
		b    []byte
	}{{addrs, addr}, {ranges, awaited(ranges)}, {".debug_line_str", optional(".debug_line_str")}, {".debug_str_offsets", optional(".debug_str_offsets")}} {
		if len(s.b) == 0 {
			continue
		}
		if err := data.AddSection(s.name, s.b); err != nil {
			return nil, fmt.Errorf("DWARF: %w", err)
		}
	}
	d := &debugInfo{
		m: m, info: info, abbrev: abbrev, data: data, addr: addr,
		abbrevs: map[uint64]abbrevTable{}, vars: map[string]global{}, types: map[string]dwarf.Offset{},
	}
	d.loc = optional(".debug_loc")
	err = d.findUnits()
	d.lists = awaited(lists)
	return d, err
}

// findUnits walks the unit headers and reads each unit's own DIE.
func (d *debugInfo) findUnits() error {
	r := d.data.Reader()
	for off := uint64(0); off+11 <= uint64(len(d.info)); {
		length := uint64(binary.LittleEndian.Uint32(d.info[off:]))
		if length >= 0xfffffff0 {
			return errors.New("DWARF: 64-bit units are not supported")
		}
		u := &Unit{header: off, end: off + 4 + length, version: int(binary.LittleEndian.Uint16(d.info[off+4:]))}
		if u.end > uint64(len(d.info)) || length < 7 {
			return errors.New("DWARF: unit reaches beyond its section")
		}
		u.root = off + 11
		if u.version >= 5 {
			u.root = off + 12
		}
		off = u.end
		r.Seek(dwarf.Offset(u.root))
		e, err := r.Next()
		if err != nil || e == nil || e.Tag != dwarf.TagCompileUnit {
			continue // a partial or type unit, or a damaged one: no code in it
		}
		d.addUnit(u, e)
	}
	sort.Slice(d.ranges, func(i, j int) bool { return d.ranges[i].low < d.ranges[j].low })
	return nil
}

func (d *debugInfo) addUnit(u *Unit, e *dwarf.Entry) {
	const attrAddrBase dwarf.Attr = 0x73
	u.entry = e
	if base, ok := e.Val(attrAddrBase).(int64); ok {
		u.addrBase = uint64(base)
	}
	if name, _ := e.Val(dwarf.AttrName).(string); name == "runtime" {
		u.runtime = true
		d.runtime = append(d.runtime, u)
	}
	if low, ok := e.Val(dwarf.AttrLowpc).(uint64); ok {
		u.lowPC = low
	}
	ranges, err := d.data.Ranges(e)
	if err != nil {
		return
	}
	for i, rg := range ranges {
		if i == 0 && u.lowPC == 0 {
			u.lowPC = rg[0]
		}
		d.ranges = append(d.ranges, unitRange{rg[0], rg[1], u})
	}
	d.units = append(d.units, u)
}

// unitAt gives the unit that covers a pc of the file.
func (d *debugInfo) unitAt(pc uint64) *Unit {
	i := sort.Search(len(d.ranges), func(i int) bool { return d.ranges[i].low > pc }) - 1
	if i < 0 || pc >= d.ranges[i].high {
		return nil
	}
	return d.ranges[i].unit
}

// Subprogram gives the DIE of the function that covers pc, an address in the process.
func (m *Image) Subprogram(pc uint64) (*Unit, dwarf.Offset, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, 0, err
	}
	pc -= m.Bias
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.unitAt(pc)
	if u == nil {
		return nil, 0, fmt.Errorf("DWARF: no unit covers %#x", pc)
	}
	if err := d.index(u); err != nil {
		return nil, 0, err
	}
	i := sort.Search(len(u.subs), func(i int) bool { return u.subs[i].low > pc }) - 1
	if i < 0 || pc >= u.subs[i].high {
		return nil, 0, fmt.Errorf("DWARF: no subprogram covers %#x", pc)
	}
	return u, u.subs[i].off, nil
}

// EmptyInterface is the name of the type of a panic's value, for RuntimeType.
const EmptyInterface = "interface {}"

// SubprogramOffset gives the DIE of the function that covers pc.
func (m *Image) SubprogramOffset(pc uint64) (dwarf.Offset, bool) {
	_, off, err := m.Subprogram(pc)
	return off, err == nil
}

// Global finds a package variable of the runtime: address in the process and type.
func (m *Image) Global(name string) (addr uint64, typ dwarf.Offset, err error) {
	d, err := m.runtimeUnit()
	if err != nil {
		return 0, 0, err
	}
	g, ok := d.vars[name]
	if !ok {
		return 0, 0, fmt.Errorf("DWARF: no variable %s", name)
	}
	return g.addr + m.Bias, g.typ, nil
}

// RuntimeType finds a type by name among those that the linker lists in the
// runtime's unit, which in Go programs are all types.
func (m *Image) RuntimeType(name string) (dwarf.Offset, error) {
	d, err := m.runtimeUnit()
	if err != nil {
		return 0, err
	}
	off, ok := d.types[name]
	if !ok {
		return 0, fmt.Errorf("DWARF: no type %s", name)
	}
	return off, nil
}

func (m *Image) runtimeUnit() (*debugInfo, error) {
	d, err := m.debugInfo()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.runtime {
		if err := d.index(u); err != nil {
			return nil, err
		}
	}
	return d, nil
}
