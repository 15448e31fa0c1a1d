//go:build linux && amd64

// The target that Delve's engine is given: a process that never runs, with one
// thread of which nothing is known.

package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/go-delve/delve/pkg/dwarf/op"
	"github.com/go-delve/delve/pkg/proc"
	"github.com/go-delve/delve/pkg/proc/linutil"
)

// process implements what the engine calls of proc.ProcessInternal; the rest
// would crash on the nil interface, and is never called for a frozen image.
type process struct {
	proc.ProcessInternal
	info        *proc.BinaryInfo
	mem         *memory
	entry       uint64
	breakpoints proc.BreakpointMap
	thread      *thread
}

// attach makes Delve's target out of the memory of process pid, an image of
// the executable exe.
func attach(pid int, exe string) (*proc.Target, error) {
	entry, err := entryPoint(pid)
	if err != nil {
		return nil, err
	}
	p := &process{
		info:        proc.NewBinaryInfo("linux", "amd64", false),
		mem:         newMemory(pid),
		entry:       entry,
		breakpoints: proc.NewBreakpointMap(),
	}
	p.thread = &thread{p: p}
	_, add := proc.NewGroup(group{}, proc.NewTargetGroupConfig{})
	t, err := add(p, pid, p.thread, exe, proc.StopAttached, "")
	if err != nil {
		return nil, fmt.Errorf("oracle: %w", err)
	}
	return t, nil
}

// entryPoint reads AT_ENTRY of the auxiliary vector, which tells where a
// position independent executable was loaded.
func entryPoint(pid int) (uint64, error) {
	const atEntry = 9
	auxv, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return 0, err
	}
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == atEntry {
			return binary.LittleEndian.Uint64(auxv[8:]), nil
		}
	}
	return 0, errors.New("oracle: no entry point in the auxiliary vector")
}

func (p *process) BinInfo() *proc.BinaryInfo              { return p.info }
func (p *process) EntryPoint() (uint64, error)            { return p.entry, nil }
func (p *process) ThreadList() []proc.Thread              { return []proc.Thread{p.thread} }
func (p *process) FindThread(int) (proc.Thread, bool)     { return p.thread, true }
func (p *process) Breakpoints() *proc.BreakpointMap       { return &p.breakpoints }
func (p *process) Memory() proc.MemoryReadWriter          { return p.mem }
func (p *process) Valid() (bool, error)                   { return true, nil }
func (p *process) SupportsBPF() bool                      { return false }
func (p *process) WriteBreakpoint(*proc.Breakpoint) error { return errFrozen }
func (p *process) EraseBreakpoint(*proc.Breakpoint) error { return errFrozen }

// errFrozen is the answer to every attempt to change the image.
var errFrozen = errors.New("oracle: the image is frozen")

// group is the process group of one that cannot be resumed.
type group struct{}

func (group) ContinueOnce(*proc.ContinueOnceContext) (proc.Thread, proc.StopReason, error) {
	return nil, proc.StopUnknown, errFrozen
}
func (group) StepInstruction(int) error { return errFrozen }
func (group) Detach(int, bool) error    { return nil }
func (group) Close() error              { return nil }

// thread is the one thread: its registers are all zero, so that no goroutine
// is found running on it and each is read from what the runtime saved.
type thread struct {
	p      *process
	common proc.CommonThread
}

func (t *thread) Breakpoint() *proc.BreakpointState      { return &proc.BreakpointState{} }
func (t *thread) ThreadID() int                          { return 1 }
func (t *thread) RestoreRegisters(proc.Registers) error  { return errFrozen }
func (t *thread) BinInfo() *proc.BinaryInfo              { return t.p.info }
func (t *thread) ProcessMemory() proc.MemoryReadWriter   { return t.p.mem }
func (t *thread) SetCurrentBreakpoint(bool) error        { return nil }
func (t *thread) SoftExc() bool                          { return false }
func (t *thread) Common() *proc.CommonThread             { return &t.common }
func (t *thread) SetReg(uint64, *op.DwarfRegister) error { return errFrozen }
func (t *thread) Registers() (proc.Registers, error) {
	return &linutil.AMD64Registers{Regs: &linutil.AMD64PtraceRegs{}}, nil
}
