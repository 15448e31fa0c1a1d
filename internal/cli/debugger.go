package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// debugger is the REPL: it runs commands on a session.
type debugger struct {
	std      IO
	out      *screen
	quota    *quota
	s        *restore.Session
	conf     settings
	commands []command
	terminal bool   // a user sits there: long lists are cut
	last     string // command, for an empty line

	interrupts chan os.Signal // Ctrl-C, on a terminal
}

func newDebugger(std IO, s *restore.Session) *debugger {
	q := &quota{}
	out := &screen{w: metered{std.Out, q}, color: colorful(std)}
	std.Err = metered{std.Err, q}
	return &debugger{
		std: std, s: s, out: out, quota: q,
		conf: defaultSettings(), commands: commandTable(),
	}
}

// command is one command of the debugger.
type command struct {
	names []string // its name, then aliases
	group string
	short string // one line
	usage []string
	long  string
	run   func(c *call) error
}

// call is one run of a command: where it looks, and its arguments.
type call struct {
	*debugger
	ctx   context.Context
	scope restore.Scope
	moved bool // a prefix says where to look
	args  string

	reading *restore.Reading // of the whole line
}

var errExit = errors.New("exit")

// converse reads commands and runs them until the end.
func (d *debugger) converse(ctx context.Context, u ui) (err error) {
	if d.terminal = u.interactive(); d.terminal {
		d.interrupts = make(chan os.Signal, 1)
		signal.Notify(d.interrupts, os.Interrupt) // also between two commands, where it has to do nothing
		defer signal.Stop(d.interrupts)
	}
	defer func() {
		if cerr := u.close(); cerr != nil && err == nil {
			warn(d.std, "%v", cerr)
		}
	}()
	failed := false
	for {
		line, err := u.readLine("(postmortem) ")
		switch {
		case errors.Is(err, errCleared):
			continue
		case errors.Is(err, io.EOF):
			return d.leave(failed)
		case err != nil:
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			if !d.terminal {
				continue
			}
			line = d.last
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		d.last = line
		err = d.interruptible(ctx, line)
		if errors.Is(err, errExit) {
			return d.leave(failed)
		}
		if err != nil {
			d.report(err)
			failed = true
		}
	}
}

// leave ends a conversation. What a user got wrong and saw at once is no failure of the whole.
func (d *debugger) leave(failed bool) error {
	if d.terminal {
		fmt.Fprintln(d.out.w)
		return nil
	}
	if failed {
		return errReported
	}
	return nil
}

// interruptible runs a command that Ctrl-C stops.
func (d *debugger) interruptible(ctx context.Context, line string) error {
	if !d.terminal {
		return d.run(ctx, line)
	}
	select {
	case <-d.interrupts: // came before the command
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-d.interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	return d.run(ctx, line)
}

// runAll runs the commands of a command line.
func (d *debugger) runAll(ctx context.Context, lines []string) error {
	failed := false
	for _, line := range lines {
		err := d.run(ctx, line)
		if errors.Is(err, errExit) {
			break
		}
		if err != nil {
			d.report(err)
			failed = true
		}
	}
	return d.leave(failed)
}

// commandError is the error of one command, which may be the last of several in a line.
type commandError struct {
	name string
	err  error
}

func (e *commandError) Error() string { return e.name + ": " + e.err.Error() }
func (e *commandError) Unwrap() error { return e.err }

func (d *debugger) report(err error) {
	warn(d.std, "%v", err)
	var usage *usageError
	if errors.As(err, &usage) && usage.hint != "" {
		warn(d.std, "%s", usage.hint)
	}
}

// run runs one line.
func (d *debugger) run(ctx context.Context, line string) error {
	if line = strings.TrimSpace(line); line == "" {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d.conf.maxOutput > 0 {
		*d.quota = quota{int64(d.conf.maxOutput) << 20, func() { cancel(errTooLong) }}
	}
	c := &call{debugger: d, ctx: ctx, scope: d.s.Scope(), reading: restore.NewReading(d.s.Dump())}
	err := d.dispatch(c, line)
	*d.quota = quota{}
	if errors.Is(context.Cause(ctx), errTooLong) {
		name, _ := splitWord(line)
		return &commandError{name, errTooLong}
	}
	if c.reading.Unsearched() {
		warn(d.std, "warning: that is too much to search: names, contexts and states of channels are left out from some point on")
	}
	return err
}

// dispatch finds the command of a line and runs it where c looks.
func (d *debugger) dispatch(c *call, line string) error {
	name, args := splitWord(line)
	cmd := d.find(name)
	if cmd == nil {
		return &commandError{name, d.unknown(name)}
	}
	c.args = args
	err := cmd.run(c)
	var named *commandError
	if err == nil || errors.Is(err, errExit) || errors.As(err, &named) {
		return err
	}
	return &commandError{name, err}
}

func (d *debugger) find(name string) *command {
	for i := range d.commands {
		for _, n := range d.commands[i].names {
			if n == name {
				return &d.commands[i]
			}
		}
	}
	return nil
}

// liveCommands are Delve's commands that need a running program.
const liveCommands = " break b trace t watch restart r rebuild continue c step s step-instruction si stepi " +
	"next-instruction ni nexti next n stepout so call jump j clear clearall toggle set on condition cond rewind rw checkpoint "

func (d *debugger) unknown(name string) error {
	if strings.Contains(liveCommands, " "+name+" ") {
		return fmt.Errorf("a dump is read-only: the program does not run any more and can not be changed")
	}
	var names []string
	for _, c := range d.commands {
		names = append(names, c.names[0])
	}
	e := &usageError{text: "command not available", hint: "type help for a list of commands"}
	if near := nearest(name, names); near != "" {
		e.hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

// splitWord cuts off the first word of a line.
func splitWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// goroutine is the one that the call looks at.
func (c *call) goroutine() (dump.Goroutine, error) {
	g := c.scope.Goroutine()
	if !g.Valid() {
		return g, errors.New("the dump has no goroutines")
	}
	return g, nil
}

// frame is the one that the call looks at.
func (c *call) frame() (dump.Frame, error) {
	f, ok := c.scope.Frame()
	if ok {
		return f, nil
	}
	g, err := c.goroutine()
	if err != nil {
		return f, err
	}
	return f, fmt.Errorf("goroutine %d has no frames in the dump", g.ID())
}
