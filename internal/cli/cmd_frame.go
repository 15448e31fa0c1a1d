package cli

import (
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
)

func frameCommands() []command {
	return []command{{
		names: []string{"frame"}, group: groups[2],
		short: "Go to a frame by number, or run a command there.",
		usage: []string{"frame <m>", "frame <m> <command>"},
		long:  "Without a command the frame becomes the current one, at which print, locals and the others look. With a\ncommand that alone is run there, and the current frame stays.",
		run: func(c *call) error {
			if c.args == "" {
				return usagef("not enough arguments")
			}
			if word, _ := splitWord(c.args); !isNumber(word) {
				return usagef("%q is not the number of a frame", word)
			}
			return c.moveFrame(func(_, m int) int { return m })
		},
	}, {
		names: []string{"up"}, group: groups[2],
		short: "Go to the caller, or run a command there.",
		usage: []string{"up [<m>]", "up [<m>] <command>"},
		long:  "<m> is the number of frames, 1 unless given.",
		run:   func(c *call) error { return c.moveFrame(func(now, m int) int { return now + m }) },
	}, {
		names: []string{"down"}, group: groups[2],
		short: "Go to the callee, or run a command there.",
		usage: []string{"down [<m>]", "down [<m>] <command>"},
		long:  "<m> is the number of frames, 1 unless given.",
		run:   func(c *call) error { return c.moveFrame(func(now, m int) int { return now - m }) },
	}, {
		names: []string{"deferred"}, group: groups[2],
		short: "Run a command in a deferred call.",
		usage: []string{"deferred <n> <command>"},
		long:  "The command, which is print or locals, sees what the closure captured that the n-th deferred call of the frame\nwould run. stack -defer numbers them.",
		run:   (*call).deferred,
	}}
}

func isNumber(word string) bool {
	_, err := strconv.Atoi(word)
	return err == nil
}

// moveFrame selects another frame, or runs the rest of the line there.
func (c *call) moveFrame(to func(now, m int) int) error {
	now, m := 0, 1
	if f, ok := c.scope.Frame(); ok {
		now = f.Index()
	}
	rest := c.args
	if word, after := splitWord(c.args); word != "" {
		n, err := strconv.Atoi(word)
		if err != nil && c.find(word) == nil {
			return usagef("%q is not the number of a frame", word)
		}
		if err == nil {
			m, rest = n, after
		}
	}
	if rest == "" && !c.moved {
		if err := c.s.SelectFrame(to(now, m)); err != nil {
			return err
		}
		return c.showPosition()
	}
	g, err := c.goroutine()
	if err != nil {
		return err
	}
	scope, err := c.s.ScopeAt(g.ID(), to(now, m))
	if err != nil {
		return err
	}
	if rest == "" { // goroutine 5 frame 2
		if err := c.s.SelectGoroutine(g.ID()); err != nil {
			return err
		}
		if err := c.s.SelectFrame(to(now, m)); err != nil {
			return err
		}
		return c.showPosition()
	}
	return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: scope, moved: true, reading: c.reading}, rest)
}

// showPosition tells where the session stands now.
func (c *call) showPosition() error {
	f, ok := c.s.Frame()
	if !ok {
		return nil
	}
	c.out.printf("Frame %d: %s:%d %s (PC: %x)\n", f.Index(), styled{stylePath, f.File()}, f.Line(), styled{styleName, f.Function().Name()}, f.PC())
	for _, line := range c.deferLines(f) {
		c.out.printf("deferred: %s\n", line)
	}
	c.listAround(f.File(), f.Line(), true)
	return nil
}

// maxDeferLines is how many deferred calls of a frame are told unasked.
const maxDeferLines = 5

// deferLines describes the deferred calls of a frame, in the order in which they would run.
func (c *call) deferLines(f dump.Frame) (out []string) {
	list := f.Defers()
	for i, x := range list {
		if i == maxDeferLines {
			return append(out, strconv.Itoa(len(list)-i)+" more: stack -defer")
		}
		text := c.s.DeferText(f, x, c.reading)
		if x.Running {
			text += ", running"
		}
		if l, u, ok := c.s.Shows(f.Goroutine(), x); ok {
			text += ", which " + u.HeldText() + " the " + l.Type
		}
		if x.Line > 0 {
			text += " at " + x.File + ":" + strconv.Itoa(x.Line)
		}
		out = append(out, text)
	}
	return out
}

func (c *call) deferred() error {
	word, rest := splitWord(c.args)
	n, err := strconv.Atoi(word)
	if err != nil || rest == "" {
		return usagef("not enough arguments: deferred <n> <command>")
	}
	scope, err := c.scope.Deferred(n)
	if err != nil {
		return err
	}
	return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: scope, moved: true, reading: c.reading}, rest)
}

// parseGoID reads the number of a goroutine.
func parseGoID(s string) (dump.GoID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, usagef("%q is not the number of a goroutine", s)
	}
	return dump.GoID(n), nil
}
