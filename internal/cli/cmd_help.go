package cli

import (
	"slices"
	"strings"
	"text/tabwriter"
)

func helpCommands() []command {
	return []command{{
		names: []string{"help", "h"}, group: groups[4],
		short: "List the commands, or explain one.",
		usage: []string{"help [command]"},
		long:  `With a command, or one of its aliases, it tells what that does and which forms it has.`,
		run:   (*call).help,
	}, {
		names: []string{"exit", "quit", "q"}, group: groups[4],
		short: "Leave the debugger.",
		usage: []string{"exit"},
		run:   func(*call) error { return errExit },
	}}
}

func (c *call) help() error {
	if c.args != "" {
		name, rest := splitWord(c.args)
		if name == "config" && rest != "" {
			return c.helpSetting(rest)
		}
		cmd := c.find(name)
		if cmd == nil {
			return c.unknown(name)
		}
		c.out.printf("%s\n", cmd.short)
		for i, u := range cmd.usage {
			if i == 0 {
				c.out.printf("\n")
			}
			for line := range strings.SplitSeq(u, "\n") {
				c.out.printf("\t%s\n", line)
			}
		}
		if cmd.long != "" {
			c.out.w.Write([]byte("\n" + cmd.long + "\n"))
		}
		return nil
	}
	c.out.printf("Commands, by what they are for:\n")
	for _, g := range groups {
		c.out.printf("\n%s:\n", g)
		w := tabwriter.NewWriter(c.out.w, 0, 8, 1, ' ', 0)
		for _, cmd := range c.commands {
			if cmd.group == g {
				w.Write([]byte("    " + title(cmd) + "\t" + cmd.short + "\n"))
			}
		}
		w.Flush()
	}
	c.out.printf("\nhelp COMMAND explains one. goroutine, frame, up and down may stand in front of another command.\n")
	return nil
}

// title names a command with its aliases.
func title(c command) string {
	if len(c.names) == 1 {
		return c.names[0]
	}
	return c.names[0] + " (alias: " + strings.Join(slices.Clone(c.names[1:]), " | ") + ")"
}
