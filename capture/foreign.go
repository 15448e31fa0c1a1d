package capture

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/foreign"
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/internal/model"
)

// StoppedThread is where a thread stood.
type StoppedThread struct {
	ID     int64
	PC, SP uint64
}

// Frames of C. Go code calls C on the stack of the thread, not on that of the
// goroutine; and C calls Go on the goroutine's again. So one goroutine can have
// several stretches of C frames: one at the inner end, if it is in C now, and
// one for each call that came back to Go.

// foreignCode is what a capture knows of code outside Go.
type foreignCode struct {
	read    bool
	objects []*foreign.Object
	err     error  // why there may be more objects
	symbols []byte // of the executable
	names   []byte
}

// The frame of runtime/cgo.crosscall2, by which C calls Go, on amd64: where it
// keeps the registers that C wants preserved.
const (
	crosscallSize = 0x48
	crosscallRegs = 0x18
)

// foreign records the frames outside Go, innermost first.
func (c *run) foreign(rec *model.Goroutine, g *goroutine.Info, t unwind.Trace) error {
	var errs []error
	if g.InC {
		errs = append(errs, c.inC(rec, g))
	}
	sp := uint64(0)
	for i := range t.Frames {
		if !t.Frames[i].IsCallback() {
			continue
		}
		if sp == 0 {
			sp = c.e.layout.SystemSP(c.r.Mem, g)
		}
		err := c.calledBack(rec, t.Frames[i].PC, sp, int64(i+1))
		if err != nil && len(rec.Panics) > 0 {
			rec.Errors = append(rec.Errors, "frames of C: they are gone: a panic has left the C code that called Go")
			err = nil
		}
		errs = append(errs, err)
		before, err := readWord(c.r.Mem, sp) // where it stood at the callback before this one
		if err != nil || before <= sp {
			break
		}
		sp = before
	}
	return errors.Join(errs...)
}

// inC records where the C code stands that the goroutine has called.
func (c *run) inC(rec *model.Goroutine, g *goroutine.Info) error {
	for _, t := range c.r.Stopped {
		if t.ID == g.Thread {
			back, err := c.walkForeign(rec, foreign.Stopped(t.PC, t.SP), 0)
			if err == nil && back == 0 {
				err = errors.New("they do not lead back to Go")
			}
			return err
		}
	}
	rec.Errors = append(rec.Errors, "frames of C: its thread was running, or could not be looked at: its registers are not known")
	return nil
}

// calledBack records the frames of C that called a Go function, which
// arrived in cgocallback: the thread's stack pointer was sp there.
func (c *run) calledBack(rec *model.Goroutine, pc, sp uint64, before int64) error {
	arch := unwind.ArchOf(c.e.img)
	for range 2 { // cgocallback's frame and crosscall2's
		f, err := arch.At(c.e.img, pc, sp)
		if err != nil {
			return err
		}
		regs := foreign.Called(0, f.CFA)
		if f.CFA-8-f.SP == crosscallSize {
			var saved [6]uint64
			for i := range saved {
				saved[i], _ = readWord(c.r.Mem, f.SP+crosscallRegs+8*uint64(i)) // the next read fails as well
			}
			regs.Preserved(saved)
		}
		if pc, err = readWord(c.r.Mem, f.CFA-8); err != nil {
			return err
		}
		sp = f.CFA
		if _, ok := c.e.img.Find(pc); !ok {
			regs.Return(pc)
			_, err = c.walkForeign(rec, regs, before)
			return err
		}
	}
	return errors.New("the call of Go by C is not understood")
}

// walkForeign records the frames from some registers up to Go's, or to the
// thread's first.
func (c *run) walkForeign(rec *model.Goroutine, regs foreign.Registers, before int64) (back uint64, err error) {
	if c.e.img.Processor() != image.AMD64 {
		return 0, errors.New("they are followed on amd64 only")
	}
	f := &c.foreignCode
	if !f.read {
		f.read = true
		if header, ok := c.e.img.Header(); ok {
			f.objects, f.err = foreign.Objects(c.r.Mem, header)
		}
		f.symbols, f.names = c.e.img.FunctionSymbols()
	}
	list, back, err := foreign.Walk(c.r.Mem, f.objects, regs, func(pc uint64) bool {
		_, ok := c.e.img.Find(pc)
		return ok
	})
	for i := range list {
		rec.Foreign = append(rec.Foreign, c.foreignFrame(&list[i], before))
	}
	if err != nil {
		return 0, errors.Join(err, f.err)
	}
	if fn, ok := c.e.img.Find(back); ok && !strings.HasPrefix(fn.Name(), "runtime.asmcgocall") {
		return 0, fmt.Errorf("they lead to %s, which does not call C", fn.Name())
	}
	return back, nil
}

// foreignFrame describes a frame as far as symbols allow.
func (c *run) foreignFrame(x *foreign.Frame, before int64) model.CFrame {
	out := model.CFrame{PC: x.PC, Frame: before}
	o := x.Object
	if o == nil {
		return out
	}
	at := x.PC
	if !x.Exact {
		at--
	}
	var start uint64
	if out.Object = o.Path; o.Path == "" {
		if out.Object = c.r.Meta.Program; out.Object == "" {
			out.Object = c.e.img.Path
		}
		out.Name, start = foreign.FindSymbol(c.foreignCode.symbols, c.foreignCode.names, at, o.Bias)
	}
	if out.Name == "" {
		out.Name, start = o.Symbol(c.r.Mem, at)
	}
	if out.Name == "" {
		start = o.Bias
	}
	out.Offset = x.PC - start
	return out
}
