//go:build linux && amd64

// Package oracle reads a frozen process with Delve's engine, so that tests can
// compare what this module reads with what the debugger people know reads in
// the same memory.
//
// Only tests may import it: Delve's pkg/proc must not reach a service.
package oracle

import (
	"fmt"
	"strings"

	"github.com/go-delve/delve/pkg/goversion"
	"github.com/go-delve/delve/pkg/proc"
	"github.com/go-delve/delve/service/api"
)

// Config says how far variables are loaded and printed; the fields mean what
// they do in Delve.
type Config struct {
	Recurse     int
	StringLen   int
	ArrayValues int
	MaxFrames   int // per goroutine

	// Skip, if set, drops the variables of a function.
	Skip func(function string) bool
}

// Goroutine is one goroutine as Delve sees it.
type Goroutine struct {
	ID         int64
	Status     uint64
	WaitReason string
	Frames     []Frame
	Err        error // why it could not be read
}

// Frame is one logical frame, innermost first.
type Frame struct {
	Function string
	File     string
	Line     int
	Inlined  bool
	PC       uint64
	CFA      int64
	Vars     []Var
	Err      error // why its variables could not be read
}

// Var is one variable, arguments before locals.
type Var struct {
	Name       string
	Type       string
	Text       string // as Delve's terminal prints it on one line
	Addr       uint64
	DeclLine   int64
	Arg        bool
	Escaped    bool
	Shadowed   bool
	Unreadable string // Delve's reason, "" when the variable was read
	Location   string // where Delve found it, for reports
}

// Read reads all goroutines of process pid, which runs (or is a frozen image
// of) exe.
func Read(pid int, exe string, cfg Config) ([]Goroutine, error) {
	t, err := attach(pid, exe)
	if err != nil {
		return nil, err
	}
	defer t.BinInfo().Close()
	gs, _, err := proc.GoroutinesInfo(t, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("oracle: goroutines: %w", err)
	}
	var out []Goroutine
	for _, g := range gs {
		out = append(out, readGoroutine(t, g, cfg))
	}
	return out, nil
}

func readGoroutine(t *proc.Target, g *proc.G, cfg Config) Goroutine {
	if g.Unreadable != nil {
		return Goroutine{ID: g.ID, Err: g.Unreadable}
	}
	out := Goroutine{ID: g.ID, Status: g.Status}
	if g.WaitReason != 0 {
		ver := goversion.ParseProducer(t.BinInfo().Producer())
		out.WaitReason = api.WaitReasonString(&ver, g.WaitReason)
	}
	frames, err := proc.GoroutineStacktrace(t, g, cfg.MaxFrames, 0)
	if err != nil {
		out.Err = err
		return out
	}
	for i := range frames {
		out.Frames = append(out.Frames, readFrame(t, g, frames[i:], cfg))
	}
	return out
}

func readFrame(t *proc.Target, g *proc.G, frames []proc.Stackframe, cfg Config) Frame {
	call := frames[0].Call
	f := Frame{File: call.File, Line: call.Line, Inlined: frames[0].Inlined, PC: call.PC, CFA: frames[0].Regs.CFA}
	if frames[0].Err != nil {
		f.Err = frames[0].Err
		return f
	}
	if call.Fn == nil {
		return f
	}
	f.Function = call.Fn.Name
	if cfg.Skip != nil && cfg.Skip(f.Function) {
		return f
	}
	scope := proc.FrameToScope(t, t.Memory(), g, 0, frames...)
	load := proc.LoadConfig{
		FollowPointers:     true,
		MaxVariableRecurse: cfg.Recurse,
		MaxStringLen:       cfg.StringLen,
		MaxArrayValues:     cfg.ArrayValues,
		MaxStructFields:    -1,
	}
	args, err := scope.FunctionArguments(load)
	if err != nil {
		f.Err = err
		return f
	}
	locals, err := scope.LocalVariables(load)
	if err != nil {
		f.Err = err
		return f
	}
	for _, v := range args {
		f.Vars = append(f.Vars, convert(v, true))
	}
	for _, v := range locals {
		f.Vars = append(f.Vars, convert(v, false))
	}
	return f
}

func convert(v *proc.Variable, arg bool) Var {
	a := api.ConvertVar(v)
	return Var{
		Name:       a.Name,
		Type:       a.Type,
		Text:       a.SinglelineString(),
		Addr:       a.Addr,
		DeclLine:   a.DeclLine,
		Arg:        arg,
		Escaped:    v.Flags&proc.VariableEscaped != 0,
		Shadowed:   v.Flags&proc.VariableShadowed != 0,
		Unreadable: strings.TrimSpace(a.Unreadable),
		Location:   a.LocationExpr,
	}
}

// Walk reads all goroutines like [Read], but keeps nothing: for measuring. It
// gives the number of variables.
func Walk(pid int, exe string, cfg Config) (variables int, err error) {
	t, err := attach(pid, exe)
	if err != nil {
		return 0, err
	}
	defer t.BinInfo().Close()
	gs, _, err := proc.GoroutinesInfo(t, 0, 0)
	if err != nil {
		return 0, fmt.Errorf("oracle: goroutines: %w", err)
	}
	for _, g := range gs {
		for _, f := range readGoroutine(t, g, cfg).Frames {
			variables += len(f.Vars)
		}
	}
	return variables, nil
}

// Load loads the debug information of an executable, as Delve does before
// anything else.
func Load(exe string) error {
	info := proc.NewBinaryInfo("linux", "amd64", false)
	defer info.Close()
	return info.LoadBinaryInfo(exe, 0, nil)
}
