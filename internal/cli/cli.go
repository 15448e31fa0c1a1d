// Package cli is the postmortem command as a library: one call runs it with
// given arguments and streams and gives its exit status.
//
// The rules of its output: results go to standard output, everything else to
// standard error with the prefix "postmortem: ", without capitals and final
// periods. Nothing that comes from a dump reaches either of them unescaped.
// Colours are used only on a terminal, and not where NO_COLOR is set.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/restore"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // a command failed
	exitUsage  = 2 // it was called in a wrong way
)

// IO is what a command is connected to.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string // nil: os.Getenv
}

func (std IO) getenv(key string) string {
	if std.Getenv == nil {
		return os.Getenv(key)
	}
	return std.Getenv(key)
}

// Run runs the command with args, which do not contain the program's name,
// and gives its exit status.
func Run(ctx context.Context, args []string, std IO) int {
	std.Err = &sharedWriter{w: std.Err}
	out := &results{w: std.Out}
	std.Out = out
	root := newRootCommand(std)
	root.SetArgs(args)
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.failure()
	}
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		complain(std, err)
		return exitUsage
	case errors.Is(err, errReported):
		return exitFailed
	}
	if !errors.Is(err, syscall.EPIPE) {
		complain(std, err)
	}
	return exitFailed
}

// results is standard output. It remembers what went wrong with it, for the
// commands that write line by line.
type results struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (r *results) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// failure is why results were lost; nil also where their reader has left, as
// head does: it wants no more.
func (r *results) failure() error {
	if errors.Is(r.err, syscall.EPIPE) {
		return nil
	}
	return r.err
}

// stdout is the file behind standard output, nil if there is none.
func (std IO) stdout() *os.File {
	out, _ := std.Out.(*results)
	if out == nil {
		return nil
	}
	f, _ := out.w.(*os.File)
	return f
}

// sharedWriter is a writer for several goroutines, such as the copiers of
// what other programs say.
type sharedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *sharedWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// errReported is the error of a command that has already said what is wrong.
var errReported = errors.New("reported")

// usageError is wrong usage. Its hint stands on a line of its own.
type usageError struct {
	text string
	hint string
}

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// complain writes an error, and the hint it may have, to standard error.
func complain(std IO, err error) {
	warn(std, "%s", err.Error())
	var usage *usageError
	if errors.As(err, &usage) && usage.hint != "" {
		warn(std, "%s", usage.hint)
	}
}

// warn writes one line to standard error.
func warn(std IO, format string, args ...any) {
	text := strings.ReplaceAll(strings.TrimSpace(fmt.Sprintf(format, args...)), "\n", "; ")
	fmt.Fprintf(std.Err, "postmortem: %s\n", restore.Printable(text))
}

const rootLong = `postmortem reads dumps of Go programs: what every goroutine was doing when the
program failed, with the values of its variables and its source. A dump opens
anywhere, alone.`

func newRootCommand(std IO) *cobra.Command {
	root := &cobra.Command{
		Use:           "postmortem",
		Short:         "Look at Go programs after they failed",
		Long:          rootLong,
		Version:       version(),
		Example:       "  postmortem open crash.dump\n  postmortem info crash.dump",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          func(cmd *cobra.Command, args []string) error { return noCommand(cmd, args) },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{text: err.Error(), hint: helpHint(cmd)}
	})
	root.AddCommand(
		newDemoCommand(std),
		newOpenCommand(std),
		newInfoCommand(std),
		newExportCommand(std),
		newVerifyCommand(std),
		newRawCommand(std),
	)
	return root
}

// noCommand is what happens when no command was named, or one that does not exist.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return &usageError{text: "no command given", hint: helpHint(cmd)}
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	e := &usageError{text: fmt.Sprintf("unknown command %q", args[0]), hint: helpHint(cmd)}
	if near := nearest(args[0], names); near != "" {
		e.hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

func helpHint(cmd *cobra.Command) string { return "see " + cmd.CommandPath() + " --help" }

// exactly wants a number of arguments, which what names.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return &usageError{text: "no " + what + " given", hint: helpHint(cmd)}
		case len(args) > n:
			return &usageError{text: fmt.Sprintf("too many arguments: %q", args[n]), hint: helpHint(cmd)}
		}
		return nil
	}
}
