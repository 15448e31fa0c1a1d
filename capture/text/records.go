package text

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Records are the records of a dump that a traceback gives.
type Records struct {
	Funcs      []model.Func
	Locs       []model.Loc
	Stacks     []model.Stack
	Goroutines []model.Goroutine
}

// Program tells whose functions are whose. Its zero value makes all functions
// of packages outside the standard library the user's.
type Program struct {
	Main    string   // import path of the main module
	Modules []string // of its dependencies
}

// Records turns t into records. Now is the time on the clock to which the
// goroutines' waiting times shall relate, Meta.Monotonic.
func (t *Trace) Records(prog Program, now int64) *Records {
	b := &builder{prog: prog, now: now, out: &Records{},
		funcs: map[string]model.FuncID{}, locs: map[string]model.LocID{}, stacks: map[string]model.StackID{}}
	for i := range t.Goroutines {
		b.goroutine(&t.Goroutines[i])
	}
	return b.out
}

// builder gives equal functions, locations and stacks one record each.
type builder struct {
	prog   Program
	now    int64
	out    *Records
	funcs  map[string]model.FuncID
	locs   map[string]model.LocID
	stacks map[string]model.StackID
}

func (b *builder) goroutine(t *Goroutine) {
	g := model.Goroutine{ID: t.ID, Labels: t.Labels, Parent: t.Parent, Stack: b.stack(t)}
	g.Status, g.WaitReason = status(t)
	if t.Minutes > 0 {
		const minute = 60e9
		g.WaitSince = max(1, b.now-t.Minutes*minute)
	}
	if t.Locked {
		g.Flags |= model.GoLocked
	}
	if t.Creator.Func != "" {
		g.Created = b.loc([]Frame{t.Creator})
		g.CreatedPC = t.Creator.PC
	}
	if n := len(t.Frames); n > 0 && !t.Cut {
		g.Start = b.function(t.Frames[n-1])
	}
	if t.Cut {
		g.Errors = append(g.Errors, "the traceback left out older frames")
	}
	if t.Error != "" {
		g.Errors = append(g.Errors, t.Error)
	}
	b.out.Goroutines = append(b.out.Goroutines, g)
}

// stack gives the record of a goroutine's frames: calls inlined in one
// function share a location.
func (b *builder) stack(t *Goroutine) model.StackID {
	if len(t.Frames) == 0 {
		return 0
	}
	s := model.Stack{Elided: t.Elided}
	var key strings.Builder
	for from := 0; from < len(t.Frames); {
		to := from
		for to+1 < len(t.Frames) && t.Frames[to].Inlined && !(t.Elided > 0 && to+1 == t.ElidedAt) {
			to++
		}
		if t.Elided > 0 && t.ElidedAt == from {
			s.ElidedAt = int64(len(s.Frames))
			fmt.Fprintf(&key, "-%d ", t.Elided)
		}
		id := b.loc(t.Frames[from : to+1])
		s.Frames = append(s.Frames, model.StackFrame{Loc: id})
		fmt.Fprintf(&key, "%d ", id)
		from = to + 1
	}
	if t.Elided > 0 && t.ElidedAt == len(t.Frames) {
		s.ElidedAt = int64(len(s.Frames))
		fmt.Fprintf(&key, "-%d ", t.Elided)
	}
	if id, ok := b.stacks[key.String()]; ok {
		return id
	}
	s.ID = model.StackID(len(b.out.Stacks) + 1)
	b.stacks[key.String()] = s.ID
	b.out.Stacks = append(b.out.Stacks, s)
	return s.ID
}

// loc gives the record of one physical frame and the calls inlined in it.
func (b *builder) loc(frames []Frame) model.LocID {
	var key strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&key, "%s\x00%s:%d+%d@%d\x00", f.Func, f.File, f.Line, f.Offset, f.PC)
	}
	if id, ok := b.locs[key.String()]; ok {
		return id
	}
	physical := frames[len(frames)-1]
	l := model.Loc{ID: model.LocID(len(b.out.Locs) + 1), PC: physical.PC}
	for i, f := range frames {
		l.Frames = append(l.Frames, model.LocFrame{
			Func: b.function(f), File: f.File, Line: f.Line,
			Inlined: i < len(frames)-1,
			Reason:  mock.Unreadable,
		})
	}
	b.locs[key.String()] = l.ID
	b.out.Locs = append(b.out.Locs, l)
	return l.ID
}

func (b *builder) function(f Frame) model.FuncID {
	if id, ok := b.funcs[f.Func]; ok {
		return id
	}
	pkg := PackageOf(f.Func)
	rec := model.Func{ID: model.FuncID(len(b.out.Funcs) + 1), Name: f.Func, Package: pkg, File: f.File, Flags: b.prog.flags(pkg)}
	if f.PC > f.Offset && !f.Inlined {
		rec.Entry = f.PC - f.Offset
	}
	b.funcs[f.Func] = rec.ID
	b.out.Funcs = append(b.out.Funcs, rec)
	return rec.ID
}

// status translates what stands in a header's brackets.
func status(t *Goroutine) (model.Status, string) {
	if t.Leaked {
		return model.StatusLeaked, t.State
	}
	named := map[string]model.Status{
		"idle": model.StatusIdle, "runnable": model.StatusRunnable, "running": model.StatusRunning,
		"syscall": model.StatusSyscall, "waiting": model.StatusWaiting, "dead": model.StatusDead,
		"copystack": model.StatusCopystack, "preempted": model.StatusPreempted, "???": model.StatusUnknown,
	}
	if s, ok := named[t.State]; ok {
		return s, ""
	}
	return model.StatusWaiting, t.State
}

// PackageOf gives the import path in a linker symbol: the part up to the first
// dot behind the last slash that no type argument holds.
func PackageOf(name string) string {
	head, _, _ := strings.Cut(name, "[")
	head, _, _ = strings.Cut(head, "(")
	slash := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[slash:], '.')
	if dot < 0 {
		return ""
	}
	return unescapePath(head[:slash+dot])
}

// unescapePath undoes what the linker does to dots in the last element of a path.
func unescapePath(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "%2e", "."), "%25", "%")
}

// Standard reports whether a function is the standard library's.
func (p Program) Standard(function string) bool {
	return p.flags(PackageOf(function))&model.FuncStd != 0
}

// flags tells a package's owner.
func (p Program) flags(pkg string) uint64 {
	first, _, _ := strings.Cut(pkg, "/")
	switch {
	case pkg == "runtime" || strings.HasPrefix(pkg, "runtime/") || strings.HasPrefix(pkg, "internal/runtime/"):
		return model.FuncRuntime | model.FuncStd
	case pkg == "main" || p.Main != "" && within(pkg, p.Main):
		return model.FuncUser
	}
	for _, m := range p.Modules {
		if within(pkg, m) {
			return 0
		}
	}
	if !strings.Contains(first, ".") && p.Main != "" {
		return model.FuncStd
	}
	if standard(first) {
		return model.FuncStd
	}
	return model.FuncUser
}

// within reports whether pkg is of the module.
func within(pkg, module string) bool {
	rest, ok := strings.CutPrefix(pkg, module)
	return ok && (rest == "" || rest[0] == '/')
}

// standard reports whether the first element of an import path is one of the
// standard library's.
func standard(first string) bool {
	const names = " archive arena bufio builtin bytes cmp compress container context crypto database debug embed " +
		"encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin " +
		"reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak "
	return first != "" && strings.Contains(names, " "+first+" ")
}
