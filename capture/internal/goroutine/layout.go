// Package goroutine reads the runtime's account of a frozen program: its
// goroutines with their states, labels, panics and deferred calls. Layouts come
// from the program's own DWARF, so that one reader serves all Go versions; for
// programs without it from a table for each known version, which is believed
// only if the program's memory bears it out.
package goroutine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// Memory is the frozen address space.
type Memory interface {
	ReadMemory(p []byte, addr uint64) error
}

// absent marks a field that this Go version does not have.
const absent = ^uint64(0)

// Layout holds the offsets into the runtime's structures. It belongs to an
// image and serves all captures of it.
type Layout struct {
	arch     *unwind.Arch
	allgs    uint64 // address of runtime.allgs, a []*g
	allm     uint64 // address of runtime.allm, a *m; 0 unknown
	semtable uint64 // address of runtime.semtable; 0 unknown
	gsize    uint64
	g        gOffsets
	m        mOffsets
	pan      panicOffsets
	def      deferOffsets
	sudog    sudogOffsets
	coro     coroOffsets
	reason   waitReasons

	nextModule uint64 // in runtime.moduledata
}

type gOffsets struct {
	goid, status, waitReason, waitSince    uint64
	schedSP, schedPC, schedBP, schedLR     uint64
	syscallSP, syscallPC, syscallBP        uint64
	stackLo, stackHi                       uint64
	gopc, startpc, parent, labels, lockedm uint64
	m, panics, defers, waiting, sleepWhen  uint64
	asyncSafePoint, sigpc, xregs           uint64
	signal, faultAddr                      uint64
	schedCtxt, coroarg                     uint64
}

type mOffsets struct {
	size, procid, incgo, g0, gsignal, alllink uint64
}

type panicOffsets struct {
	size, arg, link, startSP, sp, recovered, goexit, repanicked uint64
}

type deferOffsets struct {
	size, sp, pc, fn, link, rangefunc, head uint64
}

type sudogOffsets struct {
	size, elem, waitlink, c, isSelect uint64
	g, next, prev                     uint64
}

// waitReasons is where runtime.waitReasonStrings lies: an array of strings.
type waitReasons struct {
	addr uint64
	n    int64
}

// NewLayout finds the offsets in the image's DWARF, or if it has none in a
// table, and then checks that the memory, of a program of which one goroutine
// runs this capture, is laid out so.
func NewLayout(img *image.Image, mem Memory) (*Layout, error) {
	if err := img.HasDWARF(); err != nil {
		return layoutFromTable(img, mem)
	}
	l := &Layout{arch: unwind.ArchOf(img)}
	var err error
	if l.allgs, _, err = img.Global("runtime.allgs"); err != nil {
		return nil, err
	}
	if addr, _, err := img.Global("runtime.allm"); err == nil {
		l.allm = addr
	}
	if addr, _, err := img.Global("runtime.semtable"); err == nil {
		l.semtable = addr
	}
	if addr, typ, err := img.Global("runtime.waitReasonStrings"); err == nil {
		if n, ok := img.ArrayLen(typ); ok && n > 0 && n < 256 {
			l.reason = waitReasons{addr, n}
		}
	}
	return l, l.find(inDWARF{img})
}

// find looks up all offsets.
func (l *Layout) find(in structures) error {
	f := &finder{in: in}
	f.findG(l)
	f.findM(l)
	f.findPanic(l)
	f.findDefer(l)
	f.findSudog(l)
	f.enter("runtime.moduledata")
	l.nextModule = f.may("next")
	f.findCoro(l)
	return errors.Join(f.errs...)
}

// finder looks up members and collects what is missing.
type finder struct {
	in   structures
	name string // of the structure at hand
	errs []error
}

func (f *finder) enter(name string) uint64 {
	f.name = name
	size, err := f.in.size(name)
	if err != nil {
		f.errs = append(f.errs, err)
	}
	return size
}

// must finds a member without which nothing can be read.
func (f *finder) must(path ...string) uint64 {
	off, ok := f.in.offset(f.name, strings.Join(path, "."))
	if !ok {
		f.errs = append(f.errs, fmt.Errorf("%s has no field %v", f.name, path))
	}
	return off
}

// may finds a member that not every version has.
func (f *finder) may(path ...string) uint64 {
	if off, ok := f.in.offset(f.name, strings.Join(path, ".")); ok {
		return off
	}
	return absent
}

// first finds the first of several members that this version has: Go 1.26
// wrapped some of sudog's pointers in structures whose vu is always set.
func (f *finder) first(paths ...string) uint64 {
	for _, p := range paths {
		if off := f.may(p); off != absent {
			return off
		}
	}
	return absent
}

func (f *finder) findG(l *Layout) {
	l.gsize = f.enter("runtime.g")
	l.g = gOffsets{
		goid: f.must("goid"), status: f.must("atomicstatus"), waitReason: f.must("waitreason"), waitSince: f.may("waitsince"),
		schedSP: f.must("sched", "sp"), schedPC: f.must("sched", "pc"), schedBP: f.may("sched", "bp"),
		schedLR:   f.may("sched", "lr"),
		syscallSP: f.must("syscallsp"), syscallPC: f.must("syscallpc"), syscallBP: f.may("syscallbp"),
		stackLo: f.must("stack", "lo"), stackHi: f.must("stack", "hi"),
		gopc: f.may("gopc"), startpc: f.may("startpc"), parent: f.may("parentGoid"), labels: f.may("labels"), lockedm: f.may("lockedm"),
		m: f.may("m"), panics: f.may("_panic"), defers: f.may("_defer"), waiting: f.may("waiting"), sleepWhen: f.may("sleepWhen"),
		asyncSafePoint: f.may("asyncSafePoint"), sigpc: f.may("sigpc"), xregs: f.may("xRegs", "state"),
		signal: f.may("sig"), faultAddr: f.may("sigcode1"),
		schedCtxt: f.may("sched", "ctxt"), coroarg: f.may("coroarg"),
	}
}

func (f *finder) findM(l *Layout) {
	size := f.enter("runtime.m")
	l.m = mOffsets{size: size, procid: f.may("procid"), incgo: f.may("incgo"),
		g0: f.may("g0"), gsignal: f.may("gsignal"), alllink: f.may("alllink")}
}

func (f *finder) findPanic(l *Layout) {
	size := f.enter("runtime._panic")
	l.pan = panicOffsets{size: size, arg: f.must("arg"), link: f.must("link"), startSP: f.may("startSP"), sp: f.may("sp"),
		recovered: f.may("recovered"), goexit: f.may("goexit"), repanicked: f.may("repanicked")}
}

func (f *finder) findDefer(l *Layout) {
	size := f.enter("runtime._defer")
	l.def = deferOffsets{size: size, sp: f.must("sp"), pc: f.may("pc"), fn: f.must("fn"), link: f.must("link"),
		rangefunc: f.may("rangefunc"), head: f.may("head")}
}

func (f *finder) findSudog(l *Layout) {
	size := f.enter("runtime.sudog")
	l.sudog = sudogOffsets{size: size, elem: f.first("elem.vu", "elem"), waitlink: f.may("waitlink"),
		c: f.first("c.maybeTraceablePtr.vu", "c"), isSelect: f.may("isSelect"),
		g: f.may("g"), next: f.may("next"), prev: f.may("prev")}
}

// record is a copy of one of the runtime's structures.
type record []byte

func (r record) uint64(off uint64) uint64 {
	if off == absent || off+8 > uint64(len(r)) {
		return 0
	}
	return binary.LittleEndian.Uint64(r[off:])
}

func (r record) uint32(off uint64) uint32 {
	if off == absent || off+4 > uint64(len(r)) {
		return 0
	}
	return binary.LittleEndian.Uint32(r[off:])
}

func (r record) byte(off uint64) byte {
	if off == absent || off >= uint64(len(r)) {
		return 0
	}
	return r[off]
}

// load copies a structure out of the frozen memory.
func load(mem Memory, addr, size uint64) (record, error) {
	const largest = 64 << 10
	if size == 0 || size > largest {
		return nil, fmt.Errorf("structure of %d bytes", size)
	}
	r := make(record, size)
	return r, mem.ReadMemory(r, addr)
}

// readString reads a Go string header at addr and its bytes, at most limit.
func readString(mem Memory, addr uint64, limit int) (string, error) {
	var h [16]byte
	if err := mem.ReadMemory(h[:], addr); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(h[8:])
	if n == 0 {
		return "", nil
	}
	b := make([]byte, min(n, uint64(limit)))
	err := mem.ReadMemory(b, binary.LittleEndian.Uint64(h[:]))
	return string(b), err
}
