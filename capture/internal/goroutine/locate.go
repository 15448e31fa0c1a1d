package goroutine

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// A program without DWARF may have no symbol table either. Where the runtime's
// variables lie is then learned from the code of functions that refer to them:
// each address that such a function mentions is tried, and the one whose memory
// can be nothing else is taken.

var errLayout = errors.New("the runtime's memory is not laid out as is known of this version of Go")

// layoutFromTable takes the offsets of the program's version and checks them.
func layoutFromTable(img *image.Image, mem Memory) (*Layout, error) {
	table, err := tableFor(img.GoVersion())
	if err != nil {
		return nil, err
	}
	l := &Layout{arch: unwind.ArchOf(img)}
	if err := l.find(table); err != nil {
		return nil, err
	}
	l.on(runtime.GOOS) // a program for another system than this has DWARF
	v := &verifier{l: l, img: img, mem: mem}
	if l.allgs = v.first("runtime.allgs", v.isAllgs, "runtime.allgadd"); l.allgs == 0 {
		return nil, fmt.Errorf("%w: no list of goroutines", errLayout)
	}
	l.allm = v.first("runtime.allm", v.isAllm, "runtime.mcommoninit")
	if addr, ok := img.Symbol("runtime.semtable"); ok {
		l.semtable = addr
	}
	if n, err := table.size("runtime.waitReasonStrings"); err == nil {
		v.reasons = int64(n)
		if addr := v.first("runtime.waitReasonStrings", v.isReasons, "runtime.waitReason.String"); addr != 0 {
			l.reason = waitReasons{addr, v.reasons}
		}
	}
	return l, nil
}

// on forgets what the table cannot tell of another system than Linux: where the
// fields of an m lie behind what it keeps for signals, which is longer or shorter.
func (l *Layout) on(goos string) {
	if goos == "windows" || goos == "freebsd" {
		l.m.incgo, l.m.alllink = absent, absent
	}
}

// first gives the address of a variable: that of the symbol, if there is one,
// or the lowest that the code of a function mentions; but only one that passes.
func (v *verifier) first(symbol string, passes func(addr uint64) bool, function string) uint64 {
	if addr, ok := v.img.Symbol(symbol); ok {
		if passes(addr) {
			return addr
		}
		return 0
	}
	found := uint64(0)
	for _, addr := range v.img.References(function) {
		if addr%8 == 0 && (found == 0 || addr < found) && passes(addr) {
			found = addr
		}
	}
	return found
}

// verifier compares a layout with the memory of a running program.
type verifier struct {
	l       *Layout
	img     *image.Image
	mem     Memory
	reasons int64 // how many there are
}

// isAllgs recognizes a slice of pointers to g whose every field that can be
// checked is what it has to be. Some are the runtime's own.
func (v *verifier) isAllgs(addr uint64) bool {
	h, err := load(v.mem, addr, 24)
	if err != nil {
		return false
	}
	base, n, most := h.uint64(0), h.uint64(8), h.uint64(16)
	if n == 0 || n > most || most > maxGoroutines || base%8 != 0 {
		return false
	}
	const checked = 256
	own := 0
	for i := range min(n, checked) {
		p, err := load(v.mem, base+8*i, 8)
		if err != nil {
			return false
		}
		g, err := load(v.mem, p.uint64(0), v.l.gsize)
		if err != nil || !v.isG(g) {
			return false
		}
		if f, ok := v.img.Find(g.uint64(v.l.g.startpc)); ok && image.PackageOf(f.Name()) == "runtime" {
			own++
		}
	}
	return own > 0
}

// isG checks one goroutine.
func (v *verifier) isG(g record) bool {
	o := &v.l.g
	state := g.uint32(o.status) &^ gScan
	switch state {
	case gDead, gIdle, gDeadExtra:
		return true
	}
	lo, hi := g.uint64(o.stackLo), g.uint64(o.stackHi)
	onStack := func(p uint64) bool { return p >= lo && p <= hi }
	if _, ok := statuses[state]; !ok || lo == 0 || lo >= hi || g.uint64(o.goid) == 0 {
		return false
	}
	if running := state == gRunning || state == gSyscall; !running && !onStack(g.uint64(o.schedSP)) {
		return false // of one that runs they are those of an earlier stop
	}
	if sp := g.uint64(o.syscallSP); sp != 0 && !onStack(sp) {
		return false
	}
	if start := g.uint64(o.startpc); start != 0 {
		if f, ok := v.img.Find(start); !ok || f.Entry != start {
			return false
		}
	}
	if pc := g.uint64(o.gopc); pc != 0 {
		if _, ok := v.img.Find(pc); !ok {
			return false
		}
	}
	return v.isM(g.uint64(o.m)) && v.areChains(g, onStack)
}

// areChains checks the newest panic and the newest deferred call.
func (v *verifier) areChains(g record, onStack func(uint64) bool) bool {
	if addr := g.uint64(v.l.g.panics); addr != 0 {
		p, err := load(v.mem, addr, v.l.pan.size)
		if err != nil || !onStack(p.uint64(v.l.pan.startSP)) {
			return false
		}
	}
	if addr := g.uint64(v.l.g.defers); addr != 0 {
		d, err := load(v.mem, addr, v.l.def.size)
		if err != nil || !onStack(d.uint64(v.l.def.sp)) {
			return false
		}
	}
	if addr := g.uint64(v.l.g.waiting); addr != 0 {
		_, err := load(v.mem, addr, v.l.sudog.size)
		return err == nil
	}
	return true
}

// isM checks a thread, 0 for none: it and the goroutine that handles its
// signals refer to each other.
func (v *verifier) isM(addr uint64) bool {
	if addr == 0 {
		return true
	}
	m, err := load(v.mem, addr, v.l.m.size)
	if err != nil || m.uint64(v.l.m.procid) > 1<<32 {
		return false
	}
	signals := m.uint64(v.l.m.gsignal)
	if signals == 0 {
		return m.uint64(v.l.m.procid) == 0 // not started yet
	}
	g, err := load(v.mem, signals, v.l.gsize)
	return err == nil && g.uint64(v.l.g.m) == addr
}

// isAllm recognizes the head of the list of threads.
func (v *verifier) isAllm(addr uint64) bool {
	head, err := load(v.mem, addr, 8)
	if err != nil || head.uint64(0) == 0 {
		return false
	}
	at, started := head.uint64(0), 0
	for n := 0; at != 0; n++ {
		m, err := load(v.mem, at, v.l.m.size)
		if err != nil || n == maxThreads || !v.isM(at) {
			return false
		}
		if m.uint64(v.l.m.procid) != 0 {
			started++
		}
		at = m.uint64(v.l.m.alllink)
	}
	return started > 0
}

// isReasons recognizes the texts of what goroutines wait for: the first is
// empty, the others are not.
func (v *verifier) isReasons(addr uint64) bool {
	const longest = 64
	for i := range v.reasons {
		s, err := readString(v.mem, addr+16*uint64(i), longest)
		if err != nil || (s == "") != (i == 0) || len(s) == longest {
			return false
		}
		for _, c := range []byte(s) {
			if c < ' ' || c > '~' {
				return false
			}
		}
	}
	return true
}
