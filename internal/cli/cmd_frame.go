package cli

import (
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
)

func frameCommands() []command {
	return []command{{
		names: []string{"frame"}, group: groups[2],
		short: "Set the current frame, or execute command on a different frame.",
		usage: []string{"frame <m>", "frame <m> <command>"},
		long:  "The first form sets the frame used by subsequent commands such as \"print\" or \"locals\".\nThe second form runs the command on the given frame.",
		run: func(c *call) error {
			if c.args == "" {
				return usagef("not enough arguments")
			}
			return c.moveFrame(func(_, m int) int { return m })
		},
	}, {
		names: []string{"up"}, group: groups[2],
		short: "Move the current frame up, towards the caller.",
		usage: []string{"up [<m>]", "up [<m>] <command>"},
		long:  "Move the current frame up by <m>. The second form runs the command on the given frame.",
		run:   func(c *call) error { return c.moveFrame(func(now, m int) int { return now + m }) },
	}, {
		names: []string{"down"}, group: groups[2],
		short: "Move the current frame down, towards the callee.",
		usage: []string{"down [<m>]", "down [<m>] <command>"},
		long:  "Move the current frame down by <m>. The second form runs the command on the given frame.",
		run:   func(c *call) error { return c.moveFrame(func(now, m int) int { return now - m }) },
	}, {
		names: []string{"deferred"}, group: groups[2],
		short: "Executes command in the context of a deferred call.",
		usage: []string{"deferred <n> <command>"},
		long:  "Executes the command (print, args, locals) in the context of the n-th deferred call of the\ncurrent frame, as numbered by \"stack -defer\": it sees what the call's closure captured.",
		run:   (*call).deferred,
	}}
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
		if err != nil && c.args == word {
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
	return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: scope, moved: true}, rest)
}

// showPosition tells where the session stands now.
func (c *call) showPosition() error {
	f, ok := c.s.Frame()
	if !ok {
		return nil
	}
	c.out.printf("Frame %d: %s:%d %s (PC: %x)\n", f.Index(), styled{stylePath, f.File()}, f.Line(), styled{styleName, f.Function().Name()}, f.PC())
	c.listAround(f.File(), f.Line(), true)
	return nil
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
	return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: scope, moved: true}, rest)
}

// parseGoID reads the number of a goroutine.
func parseGoID(s string) (dump.GoID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, usagef("%q is not the number of a goroutine", s)
	}
	return dump.GoID(n), nil
}
