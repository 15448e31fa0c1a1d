package foreign

import (
	"errors"
	"fmt"
)

// Registers are those of a frame, as far as they are known.
type Registers struct {
	value [registers]uint64
	known [registers]bool
	exact bool // the program counter is that of an instruction, not of the one after a call
}

// Stopped gives the registers of a thread that stands at an instruction, of
// which no more is known.
func Stopped(pc, sp uint64) Registers {
	r := Called(pc, sp)
	r.exact = true
	return r
}

// Called gives the registers to which a call returns.
func Called(pc, sp uint64) Registers {
	var r Registers
	r.set(ra, pc)
	r.set(rsp, sp)
	return r
}

func (r *Registers) set(n int, v uint64) { r.value[n], r.known[n] = v, true }

// Preserved adds the registers that a function has to preserve: rbx, r12 to r15, rbp.
func (r *Registers) Preserved(saved [6]uint64) {
	r.set(rbx, saved[0])
	for i := range 4 {
		r.set(r12+i, saved[1+i])
	}
	r.set(rbp, saved[5])
}

// Return sets the program counter to a return address.
func (r *Registers) Return(pc uint64) { r.set(ra, pc) }

// PC is the program counter.
func (r *Registers) PC() uint64 { return r.value[ra] }

// Frame is a frame of code that is not Go's.
type Frame struct {
	PC     uint64
	Exact  bool // PC is the instruction itself, not the one after a call
	Object *Object
}

// maxFrames is how deep a stack is followed.
const maxFrames = 256

// Walk follows the frames from r outwards until home tells that a program counter
// is Go's, which it returns, or until the thread began, with 0.
func Walk(mem Memory, objects []*Object, r Registers, home func(pc uint64) bool) (list []Frame, back uint64, err error) {
	for {
		pc := r.PC()
		if pc == 0 {
			return list, 0, nil
		}
		if home(pc) {
			return list, pc, nil
		}
		if len(list) == maxFrames {
			return list, 0, fmt.Errorf("more than %d frames", maxFrames)
		}
		o := Find(objects, pc)
		list = append(list, Frame{PC: pc, Exact: r.exact, Object: o})
		if o == nil {
			return list, 0, fmt.Errorf("no object at pc %#x", pc)
		}
		at := pc
		if !r.exact {
			at--
		}
		e, err := o.find(mem, at)
		if err != nil {
			return list, 0, err
		}
		rules, err := e.rulesAt(at)
		if err != nil {
			return list, 0, err
		}
		next, err := r.caller(mem, &rules)
		if err != nil {
			return list, 0, err
		}
		if next.PC() != 0 && next.value[rsp] <= r.value[rsp] {
			return list, 0, errors.New("the stack does not get any shorter")
		}
		r = next
	}
}

// caller gives the registers of the calling frame. A PC of 0 says that there is none.
func (r *Registers) caller(mem Memory, rules *row) (Registers, error) {
	var next Registers
	if rules.opaque || rules.cfaReg >= registers || !r.known[rules.cfaReg] {
		return next, errors.New("a register that the next frame depends on is not known")
	}
	cfa := r.value[rules.cfaReg] + uint64(rules.cfaOff)
	for n := range next.value {
		switch x := rules.regs[n]; x.kind {
		case saved:
			w, err := word(mem, cfa+uint64(x.off))
			if err != nil {
				return next, err
			}
			next.set(n, w)
		case offset:
			next.set(n, cfa+uint64(x.off))
		case unset, same:
			if r.known[n] && (n == rbx || n == rbp || n >= r12 && n <= r15 || x.kind == same) {
				next.set(n, r.value[n])
			}
		}
	}
	next.set(rsp, cfa)
	if kind := rules.regs[ra].kind; kind == undefined {
		next.set(ra, 0)
	} else if kind != saved {
		return next, errTable
	}
	return next, nil
}
