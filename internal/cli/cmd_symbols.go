package cli

import (
	"regexp"
	"slices"

	"github.com/gopostmortem/postmortem/dump"
)

func symbolCommands() []command {
	return []command{{
		names: []string{"sources"}, group: groups[4],
		short: "List the source files.",
		usage: []string{"sources [<regex>]"},
		long:  "Those that match the regular expression, or all. Files whose text is not in the dump are marked.",
		run:   (*call).sources,
	}, {
		names: []string{"funcs"}, group: groups[4],
		short: "List the functions.",
		usage: []string{"funcs [<regex>]"},
		long:  "Those that match the regular expression, or all. A dump knows the functions on its stacks and in its values.",
		run: func(c *call) error {
			var names []string
			for f := range c.s.Dump().Functions() {
				names = append(names, f.Name())
			}
			return c.sorted(names)
		},
	}, {
		names: []string{"types"}, group: groups[4],
		short: "List the types.",
		usage: []string{"types [<regex>]"},
		long:  "Those that match the regular expression, or all. A dump knows the types of its values.",
		run: func(c *call) error {
			var names []string
			for t := range c.s.Dump().Types() {
				names = append(names, t.Name())
			}
			return c.sorted(names)
		},
	}, {
		names: []string{"packages"}, group: groups[4],
		short: "List the packages.",
		usage: []string{"packages [<regex>]"},
		long:  "Those that match the regular expression, or all.",
		run: func(c *call) error {
			var names []string
			for f := range c.s.Dump().Functions() {
				names = append(names, f.Package())
			}
			return c.sorted(names)
		},
	}}
}

// sorted writes the names that match the call's regular expression.
func (c *call) sorted(names []string) error {
	re, err := regexp.Compile(c.args)
	if err != nil {
		return usagef("%v", err)
	}
	slices.Sort(names)
	lines := c.lines()
	for _, n := range slices.Compact(names) {
		if n == "" || !re.MatchString(n) {
			continue
		}
		if !lines.next() {
			break
		}
		c.out.printf("%s\n", n)
	}
	return lines.end()
}

func (c *call) sources() error {
	notes := map[string]string{}
	var names []string
	for f := range c.s.Dump().Sources() {
		names = append(names, f.Path)
		switch f.State {
		case dump.SourceEmbedded:
		case dump.SourceStale:
			notes[f.Path] = " (newer than the executable)"
		case dump.SourceDisabled:
			notes[f.Path] = " (left out)"
		default:
			notes[f.Path] = " (absent)"
		}
	}
	re, err := regexp.Compile(c.args)
	if err != nil {
		return usagef("%v", err)
	}
	slices.Sort(names)
	lines := c.lines()
	for _, n := range slices.Compact(names) {
		if !re.MatchString(n) {
			continue
		}
		if !lines.next() {
			break
		}
		c.out.printf("%s%s\n", n, notes[n])
	}
	return lines.end()
}
