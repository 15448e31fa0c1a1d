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

// openFlags are the flags of open.
type openFlags struct {
	commands, rules []string
	ascii           bool
}

func newOpenCommand(std IO) *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		DisableFlagsInUseLine: true,
		Use:                   "open [-c COMMAND]... [--rules FILE]... [--ascii] FILE",
		Short:                 "Look at a dump in the debugger",
		Long:                  openLong,
		Example:               openExample,
		Args:                  exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd.Context(), std, args[0], f)
		},
	}
	cmd.Flags().StringArrayVarP(&f.commands, "command", "c", nil, "run `COMMAND` and leave; may be repeated")
	cmd.Flags().StringArrayVar(&f.rules, "rules", nil, "show frames by the rules of `FILE`; may be repeated")
	cmd.Flags().BoolVar(&f.ascii, "ascii", false, "write nothing but ASCII")
	return cmd
}

// maxDamageShown is how many faults of a file a command tells unasked.
const maxDamageShown = 5

// openDump opens a dump. What is wrong with it but does not keep it from
// being read goes to standard error.
func openDump(ctx context.Context, std IO, path string) (*dump.Dump, error) {
	d, err := dump.Open(path)
	if d == nil {
		return nil, err
	}
	if err := d.Check(ctx); err != nil {
		d.Close()
		return nil, errInterrupted
	}
	for i, err := range d.Damage() {
		if i == maxDamageShown {
			warn(std, "warning: and more: postmortem verify tells all")
			break
		}
		warn(std, "warning: the dump is damaged: %v", err)
	}
	for _, w := range d.Warnings() {
		warn(std, "warning: %s", w)
	}
	return d, nil
}

func open(ctx context.Context, std IO, path string, f openFlags) error {
	d, err := openDump(ctx, std, path)
	if err != nil {
		return err
	}
	defer d.Close()
	dbg := newDebugger(std, restore.NewSession(d))
	if f.ascii {
		dbg.out.w, dbg.std.Err = &asciiWriter{w: dbg.out.w}, &asciiWriter{w: dbg.std.Err}
	}
	warnOfRules(dbg.std, dbg.s)
	if err := loadRuleFiles(dbg.std, dbg.s, f.rules); err != nil {
		return err
	}
	if len(f.commands) > 0 {
		return dbg.runAll(ctx, f.commands)
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
	out := std.stdout()
	return in, out != nil && isTerminal(out)
}

// colorful reports whether results may be coloured.
func colorful(std IO) bool {
	out := std.stdout()
	return out != nil && std.getenv("NO_COLOR") == "" && std.getenv("TERM") != "dumb" && isTerminal(out)
}
