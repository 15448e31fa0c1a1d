package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/peterh/liner"
)

// ui is where the debugger's commands come from.
type ui interface {
	// readLine gives the next command. The error is io.EOF at the end, and
	// errCleared when the user dropped the line.
	readLine(prompt string) (string, error)
	interactive() bool
	close() error
}

var errCleared = errors.New("line dropped")

// script reads commands line by line from what is no terminal.
type script struct{ in *bufio.Scanner }

// maxCommand is the longest line that a script may have.
const maxCommand = 64 << 10

func newScript(r io.Reader) *script {
	s := &script{in: bufio.NewScanner(r)}
	s.in.Buffer(nil, maxCommand)
	return s
}

func (s *script) readLine(string) (string, error) {
	if s.in.Scan() {
		return s.in.Text(), nil
	}
	if err := s.in.Err(); err != nil {
		return "", err
	}
	return "", io.EOF
}

func (s *script) interactive() bool { return false }
func (s *script) close() error      { return nil }

// lineEditor reads commands from a terminal, with history and completion.
type lineEditor struct {
	state   *liner.State
	history string // file; "" for none
}

func newLineEditor(std IO, _ *os.File, complete func(string) []string) *lineEditor {
	e := &lineEditor{state: liner.NewLiner(), history: historyFile(std)}
	e.state.SetCtrlCAborts(true)
	e.state.SetTabCompletionStyle(liner.TabPrints)
	e.state.SetCompleter(complete)
	if f, err := os.Open(e.history); err == nil {
		_, _ = e.state.ReadHistory(f) // a broken history is as good as none
		_ = f.Close()
	}
	return e
}

func (e *lineEditor) readLine(prompt string) (string, error) {
	line, err := e.state.Prompt(prompt)
	switch {
	case errors.Is(err, liner.ErrPromptAborted):
		return "", errCleared
	case err != nil:
		return "", err
	}
	if line != "" {
		e.state.AppendHistory(line)
	}
	return line, nil
}

func (e *lineEditor) interactive() bool { return true }

// close gives the terminal back and keeps the history.
func (e *lineEditor) close() error {
	err := e.saveHistory()
	return errors.Join(err, e.state.Close())
}

func (e *lineEditor) saveHistory() error {
	if e.history == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(e.history), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(e.history, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = e.state.WriteHistory(f)
	return errors.Join(err, f.Close())
}

// historyFile is where earlier commands are kept: in the user's state directory.
func historyFile(std IO) string {
	if dir := std.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "postmortem", "history")
	}
	if home := std.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "postmortem", "history")
	}
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "postmortem", "history")
	}
	return ""
}
