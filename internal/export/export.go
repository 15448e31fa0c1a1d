// Package export writes the stacks of a dump as JSON or as text, and reads both
// again: what is read and written again is the same, byte for byte.
package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// Stacks are goroutines with their frames and variables: they need no dump any
// more. Fields may be added. All text in them is printable.
type Stacks struct {
	Format     int          `json:"format"` // 1
	Program    string       `json:"program,omitempty"`
	Cause      string       `json:"cause,omitempty"`
	Goroutines []*Goroutine `json:"goroutines"`
	Omitted    int          `json:"omitted_goroutines,omitempty"` // for which there was no room
}

// format is the version of the form.
const format = 1

// Goroutine is one goroutine.
type Goroutine struct {
	ID      uint64   `json:"id"`
	State   string   `json:"state"`
	Labels  []string `json:"labels,omitempty"`         // KEY=VALUE
	Frames  []*Frame `json:"frames,omitempty"`         // innermost first
	Hidden  int      `json:"hidden,omitempty"`         // frames that rules hide
	Elided  int      `json:"elided,omitempty"`         // frames that the capture left out
	Omitted int      `json:"omitted_frames,omitempty"` // for which there was no room
	Parent  uint64   `json:"parent,omitempty"`
	Created string   `json:"created,omitempty"` // FILE:LINE FUNCTION of the go statement
	Errors  []string `json:"errors,omitempty"`
}

// Frame is a frame, or what a rule shows in the place of some.
type Frame struct {
	Number   int      `json:"number"`            // -1: made up by a rule, or foreign
	Foreign  bool     `json:"foreign,omitempty"` // not of Go: C
	Function string   `json:"function"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	PC       Address  `json:"pc,omitempty"`
	Text     string   `json:"text,omitempty"` // the line of source
	Args     []Value  `json:"args,omitempty"`
	Locals   []Value  `json:"locals,omitempty"`
	Omitted  int      `json:"omitted_variables,omitempty"` // for which there was no room
	Defers   []string `json:"defers,omitempty"`            // FILE:LINE FUNCTION of pending calls, in the order in which they would run
	Note     string   `json:"note,omitempty"`              // why there are no variables, or why a rule was not applied
}

// Options say what is exported.
type Options struct {
	Slice  restore.Slice
	All    bool               // also what the compiler made
	Locals bool               // arguments and variables
	Lines  bool               // of variables only what the text form has
	Depth  int                // frames of a goroutine, 0: all
	Values restore.LoadConfig // how much of the values
}

// maxVariables bounds the variables of one frame.
const maxVariables = 500

// Head describes the program.
func Head(d *dump.Dump) *Stacks {
	m, c := d.Meta(), d.Cause()
	return &Stacks{
		Format:  format,
		Program: restore.Printable(strings.Join(strings.Fields(m.Program+" "+m.MainVersion+" "+m.GoVersion), " ")),
		Cause:   restore.Printable(strings.TrimSpace(c.Kind.String() + " " + c.Text)),
	}
}

// maxText bounds what is made of one goroutine, about: a dump may have 500
// variables in each of 200,000 frames.
const maxText = 16 << 20

// Exporter exports the goroutines of a session.
type Exporter struct {
	s       *restore.Session
	reading *restore.Reading // of a goroutine
	walk    *restore.Reading // of the export: what it counts are frames
	o       Options
	lines   map[string][]string // of source files
	sources int                 // bytes of them, about
}

// New prepares an export.
func New(s *restore.Session, o Options) *Exporter {
	return &Exporter{s: s, o: o, walk: restore.NewReading(s.Dump()), lines: map[string][]string{}}
}

// ErrLimit is the error of an export for which there was no room: goroutines
// are left out, and counted in what was written, which is in order.
var ErrLimit = errors.New("the export is cut short")

// maxReading is what one export may decompress, in bytes. A dump made to do
// harm has it read everything again for each goroutine.
const maxReading = 64 << 30

// Write exports the goroutines that accept takes, until full says that there
// is no more room.
func (x *Exporter) Write(ctx context.Context, w Writer, accept func(dump.Goroutine) bool, full func() bool) error {
	d := x.s.Dump()
	if err := w.Begin(Head(d)); err != nil {
		return err
	}
	from, omitted := d.BytesRead(), 0
	for g := range d.Goroutines() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !accept(g) {
			continue
		}
		if omitted > 0 || full() || d.BytesRead()-from > maxReading {
			omitted++
			continue
		}
		e, err := x.Goroutine(g)
		if errors.Is(err, restore.ErrTooMuch) || x.walk.Lost() {
			omitted++
			continue
		}
		if err != nil {
			return err
		}
		if err := w.Add(e); err != nil {
			return err
		}
	}
	if err := w.End(omitted); err != nil || omitted == 0 {
		return err
	}
	return fmt.Errorf("%w: %d goroutines are left out", ErrLimit, omitted)
}

// Goroutine exports one. What it gives holds nothing of the dump.
func (x *Exporter) Goroutine(g dump.Goroutine) (*Goroutine, error) {
	view, err := x.s.View(g, x.o.Slice, x.walk)
	if err != nil {
		return nil, err
	}
	x.reading = restore.NewReading(x.s.Dump())
	_, elided := g.Elided()
	out := &Goroutine{ID: uint64(g.ID()), State: state(g), Hidden: view.Hidden, Elided: elided, Parent: uint64(g.Parent())}
	for _, kv := range g.Labels() {
		out.Labels = append(out.Labels, restore.Printable(kv.Key+"="+kv.Value))
	}
	x.frames(out, g, view)
	if l := g.Created(); l.File != "" && g.Parent() != 0 {
		out.Created = restore.Printable(fmt.Sprintf("%s:%d %s", l.File, l.Line, l.Function.Name()))
	}
	for _, e := range g.Errors() {
		out.Errors = append(out.Errors, restore.Printable(e))
	}
	return out, nil
}

func (x *Exporter) frames(out *Goroutine, g dump.Goroutine, view *restore.View) {
	left := room(maxText)
	foreign := g.Foreign()
	if x.o.Slice.Since != "" || x.o.Slice.Until != "" || x.o.Slice.Limit > 0 {
		foreign = nil
	}
	for f := range g.Frames() {
		i := f.Index()
		if x.walk.Walk(1); left < 0 || x.walk.Lost() {
			out.Omitted = g.NumFrames() - i
			return
		}
		for len(foreign) > 0 && i >= foreign[0].Before {
			out.Frames = append(out.Frames, left.foreign(foreign[0]))
			foreign = foreign[1:]
		}
		if i < view.First || i > view.Last || !x.o.All && (f.Hidden() || f.Function().Name() == "runtime.goexit") {
			continue
		}
		how := view.Frame(i)
		for _, label := range how.Inner {
			out.Frames = append(out.Frames, &Frame{Number: -1, Function: label})
			left -= room(len(label))
		}
		if how.Hidden {
			continue
		}
		if out.Frames = append(out.Frames, x.frame(g, f, how, &left)); x.o.Depth > 0 && len(out.Frames) >= x.o.Depth {
			return
		}
	}
	for i, f := range foreign {
		if left < 0 {
			out.Omitted = len(foreign) - i
			return
		}
		out.Frames = append(out.Frames, left.foreign(f))
	}
}

// frame accounts for a frame without its variables.
func (left *room) frame(f *Frame) *Frame {
	n := 400 + len(f.Function) + len(f.File) + len(f.Text) + len(f.Note)
	for _, text := range f.Defers {
		n += 20 + len(text)
	}
	*left -= room(n)
	return f
}

func (left *room) foreign(f dump.ForeignFrame) *Frame {
	out := &Frame{Number: -1, Foreign: true, Function: restore.Printable(f.Name), PC: Address(f.PC), File: restore.Printable(f.File), Line: f.Line}
	if f.Object != "" {
		out.Note = restore.Printable(fmt.Sprintf("in %s+%#x", f.Object, f.Offset))
	}
	return left.frame(out)
}

func state(g dump.Goroutine) string {
	text := g.Status().String()
	if w := g.WaitReason(); w != "" {
		text += ", " + w
	}
	return restore.Printable(text)
}

func (x *Exporter) frame(g dump.Goroutine, f dump.Frame, how restore.Shown, left *room) *Frame {
	out := &Frame{Number: f.Index(), Function: restore.Printable(f.Function().Name()), PC: Address(f.PC()), Note: how.Problem}
	if !how.NoPlace {
		out.File, out.Line = restore.Printable(f.File()), f.Line()
		out.Text = x.sourceLine(f)
	}
	for _, d := range f.Defers() {
		out.Defers = append(out.Defers, restore.Printable(fmt.Sprintf("%s:%d %s", d.File, d.Line, d.Function().Name())))
	}
	left.frame(out)
	if !x.o.Locals {
		return out
	}
	scope, err := x.s.ScopeAt(g.ID(), f.Index())
	if err != nil {
		return out
	}
	var args, locals int
	out.Args, args = x.variables(scope.Args(), left)
	out.Locals, locals = x.variables(scope.Locals(), left)
	out.Omitted = args + locals
	if why, ok := scope.NoVariables(); ok && out.Args == nil && out.Locals == nil && out.Note == "" {
		out.Note = restore.Printable("no variables: " + why.Reason.String())
	}
	return out
}

// maxSources bounds the source that is kept while exporting.
const maxSources = 64 << 20

// sourceLine is the line of source of a frame, "" if the dump does not have it.
func (x *Exporter) sourceLine(f dump.Frame) string {
	file, line := f.File(), f.Line()
	lines, ok := x.lines[file]
	if !ok && !x.reading.Spent() {
		text, _ := x.s.Dump().Source(file)
		size := 100 + len(text) + 16*bytes.Count(text, []byte{'\n'})
		if x.sources += size; x.sources > maxSources {
			x.lines, x.sources = map[string][]string{}, size
		}
		if text != nil && size <= maxSources {
			lines = strings.Split(string(text), "\n")
		}
		x.lines[file] = lines
	}
	if line < 1 || line > len(lines) {
		return ""
	}
	return restore.Printable(strings.TrimSpace(lines[line-1]))
}
