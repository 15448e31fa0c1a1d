package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/export"
	"github.com/gopostmortem/postmortem/restore"
)

const exportLong = `Write the stacks of a dump as JSON or text, with their variables: in JSON with
type, address, length and parts, in text on one line each as print shows them.
Both forms are made to be read again by programs; rules for showing frames are
applied unless --raw is given. What there is no room for is left out and counted:
"omitted_goroutines" at the end, with exit status 1, "omitted_frames" and
"omitted_variables" where they are missing.`

const exportExample = `  postmortem export crash.dump > stacks.json
  postmortem export --text --goroutine 7 crash.dump | less
  postmortem export crash.dump | jq '.goroutines[].frames[].locals[]? | select(.type == "string")'
  postmortem export --locals=false --raw crash.dump | jq '.goroutines[].frames[].function'`

// exportFlags are the flags of export.
type exportFlags struct {
	text, raw, locals, ascii bool
	depth, limit             int
	goroutines               []uint
	rules                    []string
}

func newExportCommand(std IO) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:     "export FILE",
		Short:   "Write the stacks of a dump as JSON or text",
		Long:    exportLong,
		Example: exportExample,
		Args:    exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openDump(cmd.Context(), std, args[0])
			if err != nil {
				return err
			}
			defer d.Close()
			return exportDump(cmd.Context(), std, d, f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.text, "text", false, "write text, not JSON")
	flags.BoolVar(&f.raw, "raw", false, "without rules, and with what the compiler made")
	flags.BoolVar(&f.locals, "locals", true, "with arguments and variables")
	flags.IntVar(&f.depth, "depth", restore.LongConfig().MaxVariableRecurse, "show `LEVELS` of structs, maps and interfaces inside each other")
	flags.IntVar(&f.limit, "limit", 1024, "leave out the goroutines that come after so many `MIB`, 0 for no limit")
	flags.BoolVar(&f.ascii, "ascii", false, "write nothing but ASCII")
	flags.UintSliceVarP(&f.goroutines, "goroutine", "g", nil, "only the goroutine with this `number`; may be repeated")
	flags.StringArrayVar(&f.rules, "rules", nil, "apply the rules of `FILE`; may be repeated")
	return cmd
}

func exportDump(ctx context.Context, std IO, d *dump.Dump, f exportFlags) error {
	s := restore.NewSession(d)
	warnOfRules(std, s)
	if err := loadRuleFiles(std, s, f.rules); err != nil {
		return err
	}
	for _, id := range f.goroutines {
		var unknown *restore.NoGoroutineError
		if _, err := s.Root(dump.GoID(id)); errors.As(err, &unknown) {
			return err
		}
	}
	values := restore.LongConfig()
	values.MaxVariableRecurse = f.depth
	x := export.New(s, export.Options{Slice: restore.Slice{Raw: f.raw}, All: f.raw, Locals: f.locals, Lines: f.text, Values: values})
	out := &countingWriter{w: bufio.NewWriter(std.Out)}
	full := func() bool { return f.limit > 0 && out.n>>20 >= int64(f.limit) }
	err := x.Write(ctx, exportWriter(out, f.text, f.ascii), func(g dump.Goroutine) bool { return wanted(g, f.goroutines) }, full)
	switch {
	case ctx.Err() != nil:
		err = errInterrupted
	case errors.Is(err, export.ErrLimit):
		err = fmt.Errorf("%w at --limit %d (MiB)", err, f.limit)
	}
	return cmp.Or(out.w.Flush(), err)
}

// countingWriter counts what is written.
type countingWriter struct {
	w *bufio.Writer
	n int64
}

// Write implements io.Writer.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func wanted(g dump.Goroutine, ids []uint) bool {
	for _, id := range ids {
		if dump.GoID(id) == g.ID() {
			return true
		}
	}
	return len(ids) == 0
}

func exportWriter(w io.Writer, text, ascii bool) export.Writer {
	switch {
	case text && ascii:
		return export.NewText(&asciiWriter{w: w})
	case text:
		return export.NewText(w)
	case ascii:
		return export.NewJSON(asciiJSON{w})
	}
	return export.NewJSON(w)
}

// stackJSON writes one stack as export does.
func (c *call) stackJSON(g dump.Goroutine, v stackView) error {
	slice, err := c.sliceOf(g, &v)
	if err != nil {
		return err
	}
	c.reading.Walk(g.NumFrames())
	x := export.New(c.s, export.Options{Slice: slice, All: v.all, Locals: v.full, Depth: v.depth + 1, Values: c.conf.load()})
	e, err := x.Goroutine(g)
	if err != nil {
		return err
	}
	all := export.Head(c.s.Dump())
	all.Goroutines = append(all.Goroutines, e)
	w := c.out.w
	if a, ok := w.(*asciiWriter); ok {
		w = asciiJSON{a.w}
	}
	return export.Write(export.NewJSON(w), all)
}
