package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func sourceCommands() []command {
	return []command{{
		names: []string{"list", "ls", "l"}, group: groups[4],
		short: "Show source.",
		usage: []string{"[goroutine <n>] [frame <m>] list [<locspec>]"},
		long: "The lines around the current statement, or around a place: <line>, +<offset> or -<offset> in the current file,\n" +
			"<file>:<line>, or <function>[:<line>]. The text is what the dump holds. For example:\n\n" +
			"	frame 1 list 69\n	list server.go:100\n	list main.main\n	list +10",
		run: (*call).listSource,
	}}
}

func (c *call) listSource() error {
	if c.args == "" {
		f, err := c.frame()
		if err != nil {
			return err
		}
		c.out.printf("Goroutine %d frame %d at %s:%d (PC: %#x)\n", c.scope.Goroutine().ID(), f.Index(), styled{stylePath, f.File()}, f.Line(), f.PC())
		c.listAround(f.File(), f.Line(), true)
		return nil
	}
	file, line, err := c.locate(c.args)
	if err != nil {
		return err
	}
	if n := sourceLines(c.s.Dump(), file); n > 0 && line > n {
		return fmt.Errorf("no such line: %s has %d lines", file, n)
	}
	c.out.printf("Showing %s:%d\n", styled{stylePath, file}, line)
	c.listAround(file, line, false)
	return nil
}

// sourceLines is how many lines a source file in the dump has, 0 if it is not there.
func sourceLines(d *dump.Dump, file string) int {
	text, err := d.Source(file)
	if err != nil || len(text) == 0 {
		return 0
	}
	n := bytes.Count(text, []byte{'\n'})
	if text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// locate resolves a place in the source.
func (c *call) locate(spec string) (file string, line int, err error) {
	f, ok := c.scope.Frame()
	if n, err := strconv.Atoi(spec); err == nil {
		if !ok {
			return "", 0, errors.New("there is no current file")
		}
		if spec[0] == '+' || spec[0] == '-' {
			n += f.Line()
		}
		return f.File(), max(n, 1), nil
	}
	name, number := spec, 0
	if i := strings.LastIndexByte(spec, ':'); i >= 0 {
		if n, err := strconv.Atoi(spec[i+1:]); err == nil {
			name, number = spec[:i], n
		}
	}
	if path, err := c.matchFile(name); err == nil || number > 0 && strings.Contains(name, ".go") {
		return path, max(number, 1), err
	}
	fn, err := c.matchFunction(name)
	if err != nil {
		return "", 0, err
	}
	if number == 0 {
		number = fn.StartLine()
	}
	return fn.File(), number, nil
}

// matchFile finds the one source file that ends with name.
func (c *call) matchFile(name string) (string, error) {
	var found []string
	for f := range c.s.Dump().Sources() {
		if f.Path == name {
			return name, nil
		}
		if strings.HasSuffix(f.Path, "/"+name) {
			found = append(found, f.Path)
		}
	}
	return one(found, "source file", name)
}

// matchFunction finds the one function of that name: whole, or without its path.
func (c *call) matchFunction(name string) (dump.Function, error) {
	byName := map[string]dump.Function{}
	var found []string
	for f := range c.s.Dump().Functions() {
		if f.Name() == name {
			return f, nil
		}
		if strings.HasSuffix(f.Name(), "/"+name) || strings.HasSuffix(f.Name(), "."+name) {
			byName[f.Name()] = f
			found = append(found, f.Name())
		}
	}
	full, err := one(found, "function", name)
	return byName[full], err
}

func one(found []string, what, name string) (string, error) {
	switch len(found) {
	case 0:
		return "", fmt.Errorf("the dump has no %s %q", what, name)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s %q is ambiguous: %s", what, name, strings.Join(found[:min(len(found), 5)], ", "))
}

func (c *call) listAround(file string, line int, arrow bool) {
	c.out.listAround(c.s.Dump(), file, line, c.conf.sourceLines, arrow)
}

// maxSourceLine is how much of a line is shown, in bytes.
const maxSourceLine = 2000

// listAround writes the source around a line, or says why it is not there.
func (s *screen) listAround(d *dump.Dump, file string, line, around int, arrow bool) {
	text, err := d.Source(file)
	if err != nil {
		s.printf("%s\n", absentSource(file, err))
		return
	}
	if isStale(d, file) {
		s.printf("The source of %q is newer than the executable: lines may not match.\n", file)
	}
	n := 0
	for l := range bytes.Lines(text) {
		n++
		if n < line-around || n > line+around {
			continue
		}
		mark := "  "
		if arrow && n == line {
			mark = "=>"
		}
		row := fmt.Sprintf("%2s%4d:\t%s\n", mark, n, sourceText(string(l[:min(len(l), maxSourceLine)])))
		if s.color && mark == "=>" {
			row = string(styleStrong) + strings.TrimSuffix(row, "\n") + string(styleReset) + "\n"
		}
		s.w.Write([]byte(row))
	}
	if line > n+around {
		s.printf("(%s has %d lines)\n", file, n)
	}
}

func isStale(d *dump.Dump, file string) bool {
	for f := range d.Sources() {
		if f.Path == file {
			return f.State == dump.SourceStale
		}
	}
	return false
}

func absentSource(file string, err error) string {
	var why *dump.SourceError
	switch {
	case file == "":
		return "The source file is not known."
	case errors.As(err, &why) && why.State == dump.SourceDisabled:
		return fmt.Sprintf("The source of %q was left out of the dump.", file)
	case errors.As(err, &why) && why.Reason != "":
		return fmt.Sprintf("Couldn't locate %q during dump: %s.", file, why.Reason)
	case errors.As(err, &why):
		return fmt.Sprintf("Couldn't locate %q during dump.", file)
	}
	return restore.Printable(fmt.Sprintf("Couldn't read %q: %v.", file, err))
}
