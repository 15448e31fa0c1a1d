package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
)

const demoLong = `Build a sample web service with the go command, start it, send it a request that
makes a handler panic, and show the dump that its recover handler wrote. Without
-o the dump is demo.dump in the working directory, or the first of demo-2.dump,
demo-3.dump … that is free.`

// newDemoCommand is the demo command.
func newDemoCommand(std IO) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "demo [-o FILE]",
		Short:   "Crash a sample service and look at its dump",
		Long:    demoLong,
		Example: "  postmortem demo\n  postmortem demo -o crash.dump",
		Args:    exactly(0, "argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			return demo(ctx, std, output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the dump to `FILE`, which must not exist")
	return cmd
}

// demo makes the dump and shows it.
func demo(ctx context.Context, std IO, output string) (err error) {
	output, err = demoFile(output)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "postmortem-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	warn(std, "building the sample service")
	exe, err := buildSample(ctx, dir)
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(output)
	if err != nil {
		return err
	}
	if err := crashSample(ctx, std, exe, abs); err != nil {
		return err
	}
	return showDemo(ctx, std, output)
}

// demoFile gives the name of the dump: the one asked for, or a free one.
func demoFile(asked string) (string, error) {
	if asked != "" {
		if _, err := os.Lstat(asked); err == nil {
			return "", fmt.Errorf("%s exists: the demo overwrites nothing", asked)
		}
		return asked, nil
	}
	name := "demo.dump"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name, nil
		}
		name = fmt.Sprintf("demo-%d.dump", n)
	}
}

// showDemo shows what is in the dump and how to see more of it.
func showDemo(ctx context.Context, std IO, path string) error {
	d, err := openDump(ctx, std, path)
	if err != nil {
		return err
	}
	defer d.Close()
	if info, err := os.Stat(path); err == nil {
		warn(std, "dump written: %s, %d KB, %d goroutines%s", path, (info.Size()+1023)/1024, d.NumGoroutines(), captureTimes(d))
	}
	out := &screen{w: std.Out, color: colorful(std)}
	printCrash(out, d, defaultSettings())
	self := selfCommand()
	out.printf("\nTo look around in it, here or on any other machine:\n  %s open %s\n", self, path)
	out.printf("Try: goroutines -group userloc, goroutine, up, print *order, print s.coupons, rules on builtin, bt, help\n")
	return nil
}

// captureTimes tells how long the capture took, if the dump says so.
func captureTimes(d *dump.Dump) string {
	var text string
	for _, s := range d.Stats() {
		if s.Name == "freeze_ns" {
			text = fmt.Sprintf(", the service stood still for %v", time.Duration(s.Value).Round(10*time.Microsecond))
		}
	}
	return text
}

// selfCommand is how this command was called.
func selfCommand() string {
	exe, err := os.Executable()
	if err == nil && strings.Contains(filepath.ToSlash(exe), "/go-build") {
		return "go run ./cmd/postmortem"
	}
	return "postmortem"
}
