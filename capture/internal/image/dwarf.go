package image

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/guard"
)

// debugInfo is the DWARF of an image. Units are found by their headers alone;
// what lies in a unit is indexed when an address falls in it.
type debugInfo struct {
	m        *Image
	info     *content
	abbrev   []byte
	rngLists *content // .debug_rnglists
	ranges4  []byte   // .debug_ranges
	lists    *content // .debug_loclists
	loc      []byte   // .debug_loc
	addr     []byte
	str      []byte
	lineStr  []byte
	strOffs  []byte // .debug_str_offsets

	mu      sync.Mutex
	all     []*Unit     // by their headers
	units   []*Unit     // those with code or variables
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
	abbrevs  abbrevTable
	entry    *dwarf.Entry
	lowPC    uint64
	addrBase uint64 // in .debug_addr, and so on
	strBase  uint64
	rngBase  uint64

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
	d := &debugInfo{m: m, abbrevs: map[uint64]abbrevTable{}, vars: map[string]global{}, types: map[string]dwarf.Offset{}}
	abbrev, err := m.debugContent(".debug_abbrev", nil)
	if err != nil {
		return nil, err
	}
	d.abbrev, d.str, d.lineStr = abbrev.all, m.optional(".debug_str"), m.optional(".debug_line_str")
	d.strOffs, d.loc, d.ranges4 = m.optional(".debug_str_offsets"), m.optional(".debug_loc"), m.optional(".debug_ranges")
	f := finder{d: d}
	if d.info, err = m.debugContent(".debug_info", f.look); err != nil {
		return nil, err
	}
	d.addr, d.rngLists = rest(addrs).all, rest(ranges)
	if err = f.err; err == nil {
		err = d.fileUnits()
	}
	d.rngLists.letGo(len(d.rngLists.all), nil)
	d.lists = rest(lists)
	return d, err
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
