package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
)

func newVerifyCommand(std IO) *cobra.Command {
	return &cobra.Command{
		Use:     "verify FILE",
		Short:   "Check every section, checksum and limit of a dump",
		Long:    "Read all of a dump: every section, checksum, record and limit. The exit status\nis 1 if anything is wrong with it.",
		Example: "  postmortem verify crash.dump",
		Args:    exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, openErr := dump.Open(args[0])
			if d == nil {
				return openErr
			}
			defer d.Close()
			err := d.Verify(cmd.Context())
			if err == nil {
				err = openErr
			}
			if err == nil {
				(&screen{w: std.Out}).printf("%s: ok, %d goroutines\n", args[0], d.NumGoroutines())
				return nil
			}
			for line := range strings.SplitSeq(err.Error(), "\n") { // one for each fault
				warn(std, "%s: %s", args[0], line)
			}
			return errReported
		},
	}
}

func newRawCommand(std IO) *cobra.Command {
	return &cobra.Command{
		Use:     "raw FILE",
		Short:   "Write a dump as text, record by record",
		Long:    "Write the text twin of a dump: one line for each section and record, so that\ndumps can be compared with diff.",
		Example: "  postmortem raw crash.dump | less\n  diff <(postmortem raw a.dump) <(postmortem raw b.dump)",
		Args:    exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return err
			}
			r, err := model.NewReader(f, info.Size(), model.Limits{})
			if r == nil {
				return err
			}
			return model.WriteText(std.Out, r)
		},
	}
}
