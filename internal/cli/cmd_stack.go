package cli

import (
	"math"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func stackCommands() []command {
	return []command{{
		names: []string{"stack", "bt"}, group: groups[2],
		short: "Print the stack.",
		usage: []string{"[goroutine <n>] [frame <m>] stack [<depth>] [-full] [-a] [-defer] [-offsets] [-flat] [-json]\n" +
			"      [-since <frame>] [-until <frame>] [-limit <n>] [-root]"},
		long: "	-full		adds the arguments and local variables of each frame\n" +
			"	-a, -raw	shows the wrappers too that the compiler made, runtime.goexit, and what rules hide; see help rules\n" +
			"	-defer		adds the pending deferred calls of each frame, in the order in which they would run\n" +
			"	-offsets	adds the frame address and stack pointer of each frame\n" +
			"	-flat		writes one line a frame, for logs and grep\n" +
			"	-json		writes the stack as export does\n" +
			"	-since <frame>	begins with the outermost frame of that number, function, package or pattern (net/http.*)\n" +
			"	-until <frame>	ends with the innermost one\n" +
			"	-limit <n>	shows n frames: the innermost, or those that -since begins with\n" +
			"	-root		shows the outermost frame alone\n\n" +
			"The depth is 50 unless given.",
		run: (*call).stack,
	}}
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
	if view.json {
		return c.stackJSON(g, view)
	}
	if err := c.printStack(g, view); err != nil {
		return err
	}
	if view.part() || view.flat {
		return nil
	}
	if f, ok := g.Frame(g.NumFrames() - 1); ok {
		c.printCreators(f.Goroutine())
	} else {
		c.printCreators(g)
	}
	for _, e := range g.Errors() {
		c.out.printf("error while reading the %s\n", e)
	}
	c.hintRules(g, view)
	return nil
}

// hintRules tells, of the stack of a crash that begins with the runtime and the
// capture, how to see less of it.
func (c *call) hintRules(g dump.Goroutine, v stackView) {
	f, ok := c.s.Dump().Cause().Frame()
	if !ok || f.Goroutine() != g || f.Index() == 0 || v.all || c.s.RulesEnabled(restore.BuiltinRules) {
		return
	}
	c.out.printf("(the failure is in frame %d: \"rules on builtin\" leaves out the runtime and the capture)\n", f.Index())
}

// printStack writes the frames of a goroutine, as rules want them shown.
func (c *call) printStack(g dump.Goroutine, v stackView) error {
	slice, err := c.sliceOf(g, &v)
	if err != nil {
		return err
	}
	rules, err := c.s.View(g, slice, c.reading)
	if err != nil {
		return err
	}
	c.printFrames(g, v, rules)
	c.printRuled(rules, v)
	switch {
	case g.New():
		c.printStarted(g, v)
	case g.NumFrames() == 0:
		c.out.printf("%s(no frames in the dump)\n", v.indent)
	}
	return nil
}

func (c *call) printFrames(g dump.Goroutine, v stackView, rules *restore.View) {
	digits := len(strconv.Itoa(max(g.NumFrames()-1, 0)))
	shown, part := 0, g
	between := newBetween(g, 0)
	for f := range g.Frames() {
		if c.reading.Walk(1); c.ctx.Err() != nil {
			return
		}
		if now := f.Goroutine(); now != part {
			c.printBetween(between, math.MaxInt, v, digits)
			if v.whole() {
				c.out.printf("%s--- resumed by goroutine %d through iter.Pull ---\n", v.indent, now.ID())
			}
			part, between = now, newBetween(now, f.Index())
		}
		c.printBetween(between, f.Index(), v, digits)
		if f.Index() < rules.First || f.Index() > rules.Last || (f.Hidden() || f.Function().Name() == outermost) && !v.all {
			continue
		}
		how := rules.Frame(f.Index())
		c.printInner(how, g, v, digits)
		if how.Hidden {
			continue
		}
		if shown++; shown > v.depth+1 {
			c.out.printf("%s(truncated)\n", v.indent)
			return
		}
		c.printFrame(g, f, v, how, digits)
	}
	c.printBetween(between, math.MaxInt, v, digits)
}

// outermost is the function to which the first one of a goroutine returns.
const outermost = "runtime.goexit"

// maxCreators is how many creators a stack is followed by.
const maxCreators = 10

// printCreators tells who started the goroutine, and who started that one.
func (c *call) printCreators(g dump.Goroutine) {
	for range maxCreators {
		where := g.Created()
		if g.Parent() == 0 || where.File == "" {
			return
		}
		c.out.printf("created by %s in goroutine %d\n   at %s:%d\n", styled{styleName, functionName(where.Function)}, g.Parent(), styled{stylePath, where.File}, where.Line)
		parent, ok := c.s.Dump().Goroutine(g.Parent())
		if !ok || parent == g {
			return
		}
		g = parent
	}
}

func (c *call) printFrame(g dump.Goroutine, f dump.Frame, v stackView, how restore.Shown, digits int) {
	where := frameWhere(f)
	if how.NoPlace {
		where = ""
	}
	if v.flat {
		c.printFlat(g, f, where)
		return
	}
	pad := v.indent + blank(strings.Repeat(" ", digits+2))
	c.out.printf("%s%*d  0x%016x in %s\n", v.indent, digits, f.Index(), f.PC(), styled{styleName, functionName(f.Function())})
	if where != "" {
		c.out.printf("%sat %s\n", pad, styled{stylePath, where})
	}
	if v.offsets {
		c.out.printf("%sframe: %#x stack pointer %#x\n", pad, f.CFA(), f.SP())
	}
	if v.defers {
		c.printDefers(f, pad)
	}
	if v.full {
		scope, err := c.s.ScopeAt(g.ID(), f.Index())
		if err == nil {
			c.printFull(f, scope, pad+"    ")
		}
	}
	if v.full || v.defers || v.offsets {
		c.out.printf("\n")
	}
}

func (c *call) printDefers(f dump.Frame, pad blank) {
	n := 0
	for _, x := range f.Defers() {
		if x.Running {
			c.out.printf("%s    defer running: %#016x in %s\n", pad, x.Function().Entry(), styled{styleName, functionName(x.Function())})
		} else {
			n++
			c.out.printf("%s    defer %d: %#016x in %s\n", pad, n, x.Function().Entry(), styled{styleName, functionName(x.Function())})
		}
		if !x.Running && x.Target() != x.Function() {
			c.out.printf("%s        calls %s\n", pad, c.s.DeferText(f, x, c.reading))
		}
		if x.Line > 0 {
			c.out.printf("%s        deferred by %s at %s:%d\n", pad, functionName(f.Function()), x.File, x.Line)
		}
	}
}

// printFull writes the variables of a frame below it.
func (c *call) printFull(f dump.Frame, scope restore.Scope, pad blank) {
	c.reading.Walk(max(0, f.NumVariables()-maxFrameVariables)) // to find what is an argument
	if c.reading.Lost() {
		c.out.printf("%s(%d variables: frame %d locals)\n", pad, f.NumVariables(), f.Index())
		return
	}
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
