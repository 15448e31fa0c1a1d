package capture

import (
	"fmt"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// Runtime tells package freeze where the program's memory lies that a copy in
// the stopped world takes, if this program's runtime is known.
func (e *Engine) Runtime() (*freeze.Runtime, error) {
	return guarded(e, func() (*freeze.Runtime, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		r, err := e.tables()
		if err == nil && r.Data == nil {
			e.ranges(r)
		}
		return r, err
	})
}

// ranges lists what the executable takes in memory.
func (e *Engine) ranges(r *freeze.Runtime) {
	for _, l := range e.img.Loaded() {
		if l.Constant {
			r.Constant = append(r.Constant, freeze.Range{Lo: l.Lo, Hi: l.Hi})
		} else {
			r.Data = append(r.Data, e.without(freeze.Range{Lo: l.Lo, Hi: l.Hi})...)
		}
	}
}

// tables finds the runtime's tables, once.
func (e *Engine) tables() (*freeze.Runtime, error) {
	if e.runtime != nil {
		return e.runtime, nil
	}
	r := &freeze.Runtime{}
	f := &fields{img: e.img}
	f.goroutines(r)
	f.heap(r)
	f.spans(r)
	if f.err != nil {
		return nil, fmt.Errorf("capture: this runtime is laid out in a way that is not known: %w", f.err)
	}
	e.runtime = r
	return r, nil
}

// without takes out of a range the 32 MB that the standard library keeps for
// its FIPS mode, from Go 1.26 on: to read memory that was never touched takes longest.
func (e *Engine) without(r freeze.Range) []freeze.Range {
	const pkg = "crypto/internal/fips140/drbg"
	list, _ := e.img.Variables(func(name string) bool { return name == pkg }) // without it the freeze is longer, no more
	for _, v := range list {
		array, _ := e.img.Elem(v.Type) // it has a type of its own
		n, ok := e.img.ArrayLen(array)
		if v.Name != pkg+".memory" || !ok || n < 0 || v.Addr < r.Lo || v.Addr+uint64(n) > r.Hi {
			continue
		}
		return []freeze.Range{{Lo: r.Lo, Hi: v.Addr}, {Lo: v.Addr + uint64(n), Hi: r.Hi}}
	}
	return []freeze.Range{r}
}

// fields looks up the runtime's structures and keeps the first error.
type fields struct {
	img *image.Image
	s   *image.Struct
	err error
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// global gives the address of one of the runtime's variables.
func (f *fields) global(name string) uint64 {
	addr, _, err := f.img.Global(name)
	if err != nil {
		f.fail("%w", err)
	}
	return addr
}

// enter turns to a structure and gives its size.
func (f *fields) enter(name string) uint64 {
	s, err := f.img.RuntimeStruct(name)
	if err != nil {
		f.fail("%w", err)
		s = &image.Struct{Name: name}
	}
	f.s = s
	return s.Size
}

// may gives the offset of a member, 0 if there is none; must reports that.
func (f *fields) may(path ...string) uint64 {
	off, _ := f.img.Offset(f.s, path...)
	return off
}

func (f *fields) must(path ...string) uint64 {
	off, ok := f.img.Offset(f.s, path...)
	if !ok {
		f.fail("%s has no field %v", f.s.Name, path)
	}
	return off
}

// length gives the number of elements of a member that is an array, and of the
// arrays that its elements point to.
func (f *fields) length(name string) (n, below uint64) {
	typ := f.s.Members[name].Type
	if k, ok := f.img.ArrayLen(typ); ok && k > 0 {
		n = uint64(k)
	}
	for range 2 { // the element, and what it points to
		next, ok := f.img.Elem(typ)
		if !ok {
			return n, 0
		}
		typ = next
	}
	if k, ok := f.img.ArrayLen(typ); ok && k > 0 {
		below = uint64(k)
	}
	return n, below
}

func (f *fields) goroutines(r *freeze.Runtime) {
	r.AllGs = f.global("runtime.allgs")
	r.G.Size = f.enter("runtime.g")
	r.G.ID, r.G.Status, r.G.M = f.must("goid"), f.must("atomicstatus"), f.must("m")
	r.G.StackLo, r.G.StackHi = f.must("stack", "lo"), f.must("stack", "hi")
	r.G.SP, r.G.SyscallSP = f.must("sched", "sp"), f.must("syscallsp")
	r.G.XRegs, r.G.XRegsSize = f.may("xRegs", "state"), uint64(unwind.ArchOf(f.img).XRegsSize())
}

func (f *fields) heap(r *freeze.Runtime) {
	r.Heap = f.global("runtime.mheap_")
	f.enter("runtime.mheap")
	r.Arenas = f.must("arenas")
	r.L1, r.L2 = f.length("arenas")
	if off, ok := f.img.Offset(f.s, "heapArenas"); ok {
		r.HeapArenas = off
	} else {
		r.HeapArenas = f.must("allArenas") // before Go 1.26
	}
	r.ArenaSize = f.enter("runtime.heapArena")
	r.Spans = f.must("spans")
	r.Pages, _ = f.length("spans")
	if r.L1 == 0 || r.L2 == 0 || r.Pages == 0 {
		f.fail("the heap's arenas are no arrays")
	}
	r.Base = unwind.ArchOf(f.img).HeapOffset
}

func (f *fields) spans(r *freeze.Runtime) {
	s := &r.Span
	s.Size = f.enter("runtime.mspan")
	s.Start, s.Pages, s.State = f.must("startAddr"), f.must("npages"), f.must("state")
	s.ElemSize, s.Class = f.must("elemsize"), f.must("spanclass")
	s.Elems, s.AllocBits, s.MarkBits = f.may("nelems"), f.may("allocBits"), f.may("gcmarkBits")
}
