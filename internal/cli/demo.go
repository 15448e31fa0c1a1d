package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDemoCommand is the demo command.
func newDemoCommand(std IO) *cobra.Command {
	return &cobra.Command{
		Use:     "demo [-o FILE]",
		Short:   "Crash a sample service and look at its dump",
		Example: "  postmortem demo",
		Args:    exactly(0, "argument"),
		RunE:    func(*cobra.Command, []string) error { return errors.New("the demo is not part of this build") },
	}
}
