//go:build linux && amd64

package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/restore"
)

// How much of one file is looked at, so that a case takes milliseconds.
const (
	maxGoroutines = 30
	maxFrames     = 40 // of a goroutine
	maxVariables  = 300
)

// user does with a file what a user might do, and collects what is wrong with
// how that ends.
type user struct {
	faults    []string
	variables int
}

// use looks at everything in a file. It gives what a user should never meet:
// an error without class, a panic, text that a terminal would obey.
func use(file []byte) (faults []string) {
	u := &user{}
	defer func() {
		if r := recover(); r != nil {
			faults = append(u.faults, fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	u.read(file)
	u.raw(file)
	return u.faults
}

func (u *user) fault(format string, args ...any) {
	u.faults = append(u.faults, fmt.Sprintf(format, args...))
}

func (u *user) read(file []byte) {
	d, err := dump.NewReader(bytes.NewReader(file), int64(len(file)))
	u.classed("open", err)
	if d == nil {
		if err == nil {
			u.fault("neither a dump nor an error")
		}
		return
	}
	defer d.Close()
	u.walk(d)
	u.tables(d)
	u.classed("verify", d.Verify(context.Background()))
	u.classed("damage", errors.Join(d.Damage()...))
}

// walk looks at goroutines, frames and variables.
func (u *user) walk(d *dump.Dump) {
	s := restore.NewSession(d)
	_ = s.AddRules("", "insert main.* `{1} {len(s)} {n}`") // whatever there is
	u.variable(d.Cause().TypeName, d.Cause().Value())
	n := 0
	for g := range d.Goroutines() {
		if n++; n > maxGoroutines {
			break
		}
		u.goroutine(s, g)
		for f := range g.Frames() {
			if f.Index() >= maxFrames {
				break
			}
			for _, x := range f.Defers() {
				u.text("deferred", s.DeferText(f, x, restore.NewReading(d)))
			}
			scope, err := s.ScopeAt(g.ID(), f.Index())
			u.known(err)
			if err != nil {
				continue
			}
			for _, c := range scope.Contexts(restore.NewReading(d)) {
				for _, link := range c.Links {
					u.text("context", link.String())
				}
			}
			for _, v := range append(scope.Args(), scope.Locals()...) {
				u.variable(v.Name(), v.Value())
				if u.variables < maxVariables/4 {
					_, err := scope.Eval(v.Name())
					u.known(err)
				}
			}
		}
	}
	for v := range d.Globals() {
		u.variable(v.Name(), v.Value())
	}
	for _, circle := range restore.Deadlocks(s.Locks(restore.NewReading(d))) {
		u.text("deadlock", restore.DeadlockText(circle))
	}
	restore.Tree(d, func(dump.Goroutine) bool { return true })
}

// goroutine looks at what is known of one, its frames apart.
func (u *user) goroutine(s *restore.Session, g dump.Goroutine) {
	d := s.Dump()
	for _, p := range g.Panics() {
		u.variable("panic", p.Value())
		p.Frame()
	}
	for _, x := range g.Defers() {
		s.Shows(g, x)
	}
	for _, l := range s.Blocked(g, restore.NewReading(d)) {
		u.text("waits", l.String())
	}
	_, err := s.View(g, restore.Slice{}, restore.NewReading(d))
	u.known(err)
	restore.ProgramFrame(d, g)
	g.Foreign()
	g.Elided()
	g.Started()
	g.Start()
	g.Created()
	g.Resumer()
}

// text checks what a terminal is to show.
func (u *user) text(name, text string) {
	if restore.Printable(text) != text {
		u.fault("%q: a terminal would obey %q", name, text)
	}
}

func (u *user) variable(name string, v dump.Value) {
	if u.variables++; u.variables > maxVariables {
		return
	}
	u.text(name, restore.FormatValue(v, restore.LongConfig()))
}

// tables looks at what is listed apart from the goroutines.
func (u *user) tables(d *dump.Dump) {
	for f := range d.Sources() {
		if _, err := d.Source(f.Path); err != nil && !errors.Is(err, dump.ErrNoSource) {
			u.classed("source", err)
		}
	}
	n := 0
	for t := range d.Types() {
		if n++; n > maxVariables {
			break
		}
		u.variable(t.Name(), d.At(t, 0x1000))
	}
	for range d.Functions() {
	}
	for range d.Losses() {
	}
}

// raw writes the text twin.
func (u *user) raw(file []byte) {
	r, err := model.NewReader(bytes.NewReader(file), int64(len(file)), model.Limits{})
	u.classed("open", err)
	if err != nil {
		return
	}
	var text bytes.Buffer
	u.classed("raw", model.WriteText(&text, r))
	if i := bytes.IndexFunc(text.Bytes(), func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }); i >= 0 {
		u.fault("raw: a terminal would obey %q", text.Bytes()[i:min(i+20, text.Len())])
	}
}

var classes = []error{dump.ErrNotDump, dump.ErrVersion, dump.ErrTruncated, dump.ErrChecksum, dump.ErrLimit, dump.ErrMalformed}

// classed checks that each of the errors joined in err has one of the format's classes.
func (u *user) classed(doing string, err error) {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range list.Unwrap() {
			u.classed(doing, e)
		}
		return
	}
	if err == nil {
		return
	}
	if strings.Contains(err.Error(), "\n") {
		u.fault("%s: an error of several lines: %q", doing, err)
	}
	for _, class := range classes {
		if errors.Is(err, class) {
			return
		}
	}
	u.fault("%s: an error without class: %v", doing, err)
}

// known checks that an error of the debugger has one of its classes.
func (u *user) known(err error) {
	if err == nil {
		return
	}
	for _, class := range []error{
		restore.ErrSyntax, restore.ErrUnknown, restore.ErrReadOnly, restore.ErrAbsent,
		restore.ErrNil, restore.ErrRange, restore.ErrOperand, restore.ErrTooMuch,
	} {
		if errors.Is(err, class) {
			return
		}
	}
	u.fault("an error without class: %v", err)
}
