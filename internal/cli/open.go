package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

const openLong = `Open a dump in the debugger. It begins with the answer: what panicked, where,
with which value, in which build; then the crashing frame with its source and
its variables. The commands are Delve's: type help for a list.

With -c, or when standard input is no terminal, the commands are run one after
the other, and the exit status is 1 if one of them failed.`

const openExample = `  postmortem open crash.dump
  postmortem open -c 'goroutine 7 bt' -c 'print req.URL' crash.dump
  echo locals | postmortem open crash.dump`

func newOpenCommand(std IO) *cobra.Command {
	var commands []string
	cmd := &cobra.Command{
		DisableFlagsInUseLine: true,
		Use:                   "open [-c COMMAND]... FILE",
		Short:                 "Look at a dump in the debugger",
		Long:                  openLong,
		Example:               openExample,
		Args:                  exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd.Context(), std, args[0], commands)
		},
	}
	cmd.Flags().StringArrayVarP(&commands, "command", "c", nil, "run `COMMAND` and leave; may be repeated")
	return cmd
}

// openDump opens a dump. What is wrong with it but does not keep it from
// being read goes to standard error.
func openDump(std IO, path string) (*dump.Dump, error) {
	d, err := dump.Open(path)
	if d == nil {
		return nil, err
	}
	if err != nil {
		warn(std, "warning: %v", err)
	}
	for _, w := range d.Warnings() {
		warn(std, "warning: %s", w)
	}
	return d, nil
}

func open(ctx context.Context, std IO, path string, commands []string) error {
	d, err := openDump(std, path)
	if err != nil {
		return err
	}
	defer d.Close()
	dbg := newDebugger(std, restore.NewSession(d))
	if len(commands) > 0 {
		return dbg.runAll(ctx, commands)
	}
	dbg.crash()
	if file, ok := interactive(std); ok {
		return dbg.converse(ctx, newLineEditor(std, file, dbg.complete))
	}
	return dbg.converse(ctx, newScript(std.In))
}

// interactive reports whether a user sits at both ends.
func interactive(std IO) (*os.File, bool) {
	in, ok := std.In.(*os.File)
	if !ok || in != os.Stdin || !isTerminal(in) {
		return nil, false
	}
	out, ok := std.Out.(*os.File)
	return in, ok && isTerminal(out)
}

// colorful reports whether results may be coloured.
func colorful(std IO) bool {
	out, ok := std.Out.(*os.File)
	return ok && std.getenv("NO_COLOR") == "" && std.getenv("TERM") != "dumb" && isTerminal(out)
}
