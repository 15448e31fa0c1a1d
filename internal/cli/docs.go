package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Manual writes docs/cli.md: the commands of the command line and of the
// debugger, from the same tables that run them.
func Manual() string {
	var b strings.Builder
	b.WriteString("# The postmortem command\n\n<!-- Generated from the command tables: go test ./internal/cli -update -->\n\n")
	root := newRootCommand(IO{})
	b.WriteString(root.Long + "\n")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			manualCommand(&b, c)
		}
	}
	b.WriteString("\n# Commands of the debugger\n\nThey have the names, aliases and forms of Delve's. " +
		"`goroutine`, `frame`, `up`, `down` and `deferred` can stand in front of another command and say where it looks: " +
		"`goroutine 5 frame 2 locals`.\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n", g)
		for _, c := range commandTable() {
			if c.group == g {
				manualDebugger(&b, c)
			}
		}
	}
	b.WriteString("\n# Configuration parameters\n\n| parameter | value | meaning |\n|---|---|---|\n")
	conf := defaultSettings()
	for _, s := range settingTable() {
		fmt.Fprintf(&b, "| %s | %d | %s |\n", s.name, *s.value(&conf), s.doc)
	}
	return b.String()
}

func manualCommand(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "\n## postmortem %s\n\n", c.Name())
	if c.Long != "" {
		b.WriteString(c.Long + "\n\n")
	} else {
		b.WriteString(c.Short + ".\n\n")
	}
	fmt.Fprintf(b, "```\n%s\n\n%s\n", strings.TrimSpace(c.UseLine()), c.Example)
	if flags := c.LocalFlags().FlagUsages(); flags != "" {
		b.WriteString("\n" + flags)
	}
	b.WriteString("```\n")
}

func manualDebugger(b *strings.Builder, c command) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n```\n%s\n```\n", c.names[0], c.short, strings.Join(c.usage, "\n"))
	if c.long != "" {
		if strings.Contains(c.long, "\t") {
			fmt.Fprintf(b, "\n```\n%s\n```\n", c.long)
		} else {
			fmt.Fprintf(b, "\n%s\n", c.long)
		}
	}
	if len(c.names) > 1 {
		fmt.Fprintf(b, "\nAliases: %s\n", strings.Join(c.names[1:], ", "))
	}
}
