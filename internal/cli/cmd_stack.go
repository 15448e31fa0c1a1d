package cli

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func stackCommands() []command {
	return []command{{
		names: []string{"stack", "bt"}, group: groups[2],
		short: "Print the stack.",
		usage: []string{"[goroutine <n>] [frame <m>] stack [<depth>] [-full] [-a] [-defer] [-offsets]"},
		long: "	-full		adds the arguments and local variables of each frame\n" +
			"	-a		shows the wrappers too that the compiler made\n" +
			"	-defer		adds the pending deferred calls of each frame, in the order in which they would run\n" +
			"	-offsets	adds the frame address and stack pointer of each frame\n\n" +
			"The depth is 50 unless given.",
		run: (*call).stack,
	}}
}

// stackView is how a stack is shown.
type stackView struct {
	depth                      int
	full, all, defers, offsets bool
	indent                     blank
}

func parseStack(args string) (stackView, error) {
	v := stackView{depth: 50}
	for _, a := range strings.Fields(args) {
		switch a {
		case "-full":
			v.full = true
		case "-a":
			v.all = true
		case "-defer":
			v.defers = true
		case "-offsets":
			v.offsets = true
		default:
			n, err := strconv.Atoi(a)
			if err != nil || n < 0 {
				return v, usagef("depth must be a number, not %q", a)
			}
			v.depth = n
		}
	}
	return v, nil
}

func (c *call) stack() error {
	view, err := parseStack(c.args)
	if err != nil {
		return err
	}
	g, err := c.goroutine()
	if err != nil {
		return err
	}
	c.printStack(g, view)
	for _, e := range g.Errors() {
		c.out.printf("error: %s\n", e)
	}
	return nil
}

// printStack writes the frames of a goroutine.
func (c *call) printStack(g dump.Goroutine, v stackView) {
	digits := len(strconv.Itoa(max(g.NumFrames()-1, 0)))
	before, elided := g.Elided()
	shown := 0
	for f := range g.Frames() {
		if c.ctx.Err() != nil {
			return
		}
		if elided > 0 && f.Index() == before {
			c.out.printf("%s%*s  ... %d frames elided ...\n", v.indent, digits, "", elided)
		}
		if f.Hidden() && !v.all {
			continue
		}
		if shown++; shown > v.depth+1 {
			c.out.printf("%s(truncated)\n", v.indent)
			return
		}
		c.printFrame(f, v, digits)
	}
	switch {
	case elided > 0 && before >= g.NumFrames():
		c.out.printf("%s%*s  ... %d frames elided ...\n", v.indent, digits, "", elided)
	case g.NumFrames() == 0:
		c.out.printf("%s(no frames in the dump)\n", v.indent)
	}
}

func (c *call) printFrame(f dump.Frame, v stackView, digits int) {
	pad := v.indent + blank(strings.Repeat(" ", digits+2))
	c.out.printf("%s%*d  0x%016x in %s\n", v.indent, digits, f.Index(), f.PC(), styled{styleName, functionName(f.Function())})
	c.out.printf("%sat %s:%d\n", pad, styled{stylePath, f.File()}, f.Line())
	if v.offsets {
		c.out.printf("%sframe: %#x stack pointer %#x\n", pad, f.CFA(), f.SP())
	}
	if v.defers {
		c.printDefers(f, pad)
	}
	if v.full {
		scope, err := c.s.ScopeAt(f.Goroutine().ID(), f.Index())
		if err == nil {
			c.printFull(f, scope, pad+"    ")
		}
	}
	if v.full || v.defers || v.offsets {
		c.out.printf("\n")
	}
}

func (c *call) printDefers(f dump.Frame, pad blank) {
	for i, x := range f.Defers() {
		state := ""
		if x.Running {
			state = " (running)"
		}
		c.out.printf("%s    defer %d: %#016x in %s%s\n", pad, i+1, x.Function().Entry(), styled{styleName, functionName(x.Function())}, state)
		if x.Line > 0 {
			c.out.printf("%s        deferred by %s at %s:%d\n", pad, functionName(f.Function()), x.File, x.Line)
		}
	}
}

// printFull writes the variables of a frame below it.
func (c *call) printFull(f dump.Frame, scope restore.Scope, pad blank) {
	vars := append(scope.Args(), scope.Locals()...)
	for i, v := range vars {
		if i == maxFrameVariables {
			c.out.printf("%s(%d more: frame %d locals)\n", pad, len(vars)-i, f.Index())
			break
		}
		c.out.printf("%s%s\n", pad, c.reading.FormatVariable(v, restore.ShortConfig()))
	}
	if why, ok := scope.NoVariables(); ok && len(vars) == 0 {
		c.out.printf("%s(%s)\n", pad, noVariables(c.s.Dump(), why))
	}
}

func functionName(f dump.Function) string {
	if name := f.Name(); name != "" {
		return name
	}
	return "???"
}
