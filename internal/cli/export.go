package cli

import (
	"bufio"
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/export"
	"github.com/gopostmortem/postmortem/restore"
)

const exportLong = `Write the stacks of a dump as JSON or text, with the variables as print shows
them. Both forms are made to be read again by programs; rules for showing frames
are applied unless --raw is given.`

const exportExample = `  postmortem export crash.dump > stacks.json
  postmortem export --text --goroutine 7 crash.dump | less
  postmortem export --locals=false --raw crash.dump | jq '.goroutines[].frames[].function'`

// exportFlags are the flags of export.
type exportFlags struct {
	text, raw, locals, ascii bool
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
			d, err := openDump(std, args[0])
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
	x := export.New(s, export.Options{Slice: restore.Slice{Raw: f.raw}, All: f.raw, Locals: f.locals})
	out := bufio.NewWriter(std.Out)
	w := exportWriter(out, f.text, f.ascii)
	if err := w.Begin(export.Head(d)); err != nil {
		return err
	}
	for g := range d.Goroutines() {
		if ctx.Err() != nil {
			return errInterrupted
		}
		if !wanted(g, f.goroutines) {
			continue
		}
		e, err := x.Goroutine(g)
		if err != nil {
			return err
		}
		if err := w.Add(e); err != nil {
			return err
		}
	}
	for _, id := range f.goroutines {
		if _, err := s.Root(dump.GoID(id)); err != nil {
			warn(std, "%v", err)
			defer func() { _ = out.Flush() }()
			return errReported
		}
	}
	if err := w.End(); err != nil {
		return err
	}
	return out.Flush()
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
	x := export.New(c.s, export.Options{Slice: slice, All: v.all, Locals: v.full, Depth: v.depth + 1})
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
