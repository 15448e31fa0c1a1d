package export

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The text form: lines of a word and its value. Lines of a frame are indented.
// It tells of variables what locals tells; JSON has their parts.
//
//	stacks 1
//	program shop go1.26.8
//	cause panic out of stock
//
//	goroutine 7 waiting, chan receive
//	label tenant=a
//	frame 0 main.work
//		at /src/main.go:18
//		pc 0x481f6e
//		text for j := range s.jobs {
//		arg s = *main.server …
//		local j = 3
//		defer /src/main.go:12 main.work.func1
//	frame - serve POST /take
//	frame C read
//		note in /lib/libc.so.6+0x11ba61
//	hidden 3
//	parent 1
//	created /src/main.go:9 main.main
//
// What is left out is counted: omitted-variables in a frame, omitted-frames in
// a goroutine, omitted-goroutines at the end.

// textWriter writes the text form.
type textWriter struct{ w *bufio.Writer }

// NewText writes text.
func NewText(w io.Writer) Writer { return &textWriter{bufio.NewWriter(w)} }

// line writes a line unless its value is empty. The writer keeps its own error.
func (t *textWriter) line(word, value string) {
	if value != "" {
		_, _ = t.w.WriteString(word + " " + value + "\n")
	}
}

func (t *textWriter) lines(word string, values []string) {
	for _, v := range values {
		_, _ = t.w.WriteString(word + " " + v + "\n")
	}
}

func (t *textWriter) values(word string, values []Value) {
	for i := range values {
		t.line(word, values[i].line())
	}
}

func (t *textWriter) number(word string, n int) {
	if n != 0 {
		t.line(word, strconv.Itoa(n))
	}
}

// Begin implements Writer.
func (t *textWriter) Begin(head *Stacks) error {
	t.number("stacks", head.Format)
	t.line("program", head.Program)
	t.line("cause", head.Cause)
	return nil
}

// Add implements Writer.
func (t *textWriter) Add(g *Goroutine) error {
	_ = t.w.WriteByte('\n')
	t.line("goroutine", strconv.FormatUint(g.ID, 10)+" "+g.State)
	t.lines("label", g.Labels)
	for _, f := range g.Frames {
		t.frame(f)
	}
	t.number("hidden", g.Hidden)
	t.number("elided", g.Elided)
	t.number("omitted-frames", g.Omitted)
	if g.Parent != 0 {
		t.line("parent", strconv.FormatUint(g.Parent, 10))
	}
	t.line("created", g.Created)
	t.lines("error", g.Errors)
	return t.w.Flush()
}

func (t *textWriter) frame(f *Frame) {
	number := strconv.Itoa(f.Number)
	switch {
	case f.Foreign:
		number = "C"
	case f.Number < 0:
		number = "-"
	}
	t.line("frame", number+" "+f.Function)
	if f.File != "" || f.Line != 0 {
		t.line("\tat", f.File+":"+strconv.Itoa(f.Line))
	}
	if f.PC != 0 {
		t.line("\tpc", f.PC.String())
	}
	t.line("\ttext", f.Text)
	t.values("\targ", f.Args)
	t.values("\tlocal", f.Locals)
	t.number("\tomitted-variables", f.Omitted)
	t.lines("\tdefer", f.Defers)
	t.line("\tnote", f.Note)
}

// End implements Writer.
func (t *textWriter) End(omitted int) error {
	t.number("omitted-goroutines", omitted)
	return t.w.Flush()
}

// maxLine bounds a line of what is read.
const maxLine = 64 << 20

// ReadText reads what NewText has written.
func ReadText(r io.Reader) (*Stacks, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	lines.Split(splitLines)
	p := &textReader{s: &Stacks{}}
	n := 0
	for lines.Scan() {
		n++
		word, value, ok := strings.Cut(lines.Text(), " ")
		if !ok && word == "" {
			continue
		}
		if err := p.line(word, value); err != nil {
			return nil, fmt.Errorf("stacks: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("stacks: %w", err)
	}
	if p.s.Format != format {
		return nil, fmt.Errorf("stacks: form %d is not known", p.s.Format)
	}
	return p.s, nil
}

// splitLines is like bufio.ScanLines, but leaves a carriage return what it is.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, c := range data {
		if c == '\n' {
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

type textReader struct {
	s *Stacks
	g *Goroutine
	f *Frame
}

func (p *textReader) line(word, value string) (err error) {
	switch {
	case word == "stacks":
		p.s.Format, err = strconv.Atoi(value)
	case word == "program":
		p.s.Program = value
	case word == "cause":
		p.s.Cause = value
	case word == "goroutine":
		id, state, _ := strings.Cut(value, " ")
		p.g, p.f = &Goroutine{State: state}, nil
		p.s.Goroutines = append(p.s.Goroutines, p.g)
		p.g.ID, err = strconv.ParseUint(id, 10, 64)
	case word == "omitted-goroutines":
		p.s.Omitted, err = strconv.Atoi(value)
	case p.g == nil:
		return fmt.Errorf("%q before the first goroutine", word)
	case strings.HasPrefix(word, "\t"):
		return p.ofFrame(word[1:], value)
	default:
		return p.ofGoroutine(word, value)
	}
	return err
}

func (p *textReader) ofGoroutine(word, value string) (err error) {
	g := p.g
	switch word {
	case "label":
		g.Labels = append(g.Labels, value)
	case "frame":
		number, function, _ := strings.Cut(value, " ")
		p.f = &Frame{Number: -1, Function: function}
		g.Frames = append(g.Frames, p.f)
		if p.f.Foreign = number == "C"; number != "-" && number != "C" {
			p.f.Number, err = strconv.Atoi(number)
		}
	case "hidden":
		g.Hidden, err = strconv.Atoi(value)
	case "elided":
		g.Elided, err = strconv.Atoi(value)
	case "omitted-frames":
		g.Omitted, err = strconv.Atoi(value)
	case "parent":
		g.Parent, err = strconv.ParseUint(value, 10, 64)
	case "created":
		g.Created = value
	case "error":
		g.Errors = append(g.Errors, value)
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return err
}

func (p *textReader) ofFrame(word, value string) (err error) {
	f := p.f
	if f == nil {
		return fmt.Errorf("%q before the first frame", word)
	}
	switch word {
	case "at":
		colon := strings.LastIndexByte(value, ':')
		if colon < 0 {
			return fmt.Errorf("%q has no line", value)
		}
		f.File = value[:colon]
		f.Line, err = strconv.Atoi(value[colon+1:])
	case "pc":
		err = f.PC.UnmarshalText([]byte(value))
	case "text":
		f.Text = value
	case "arg":
		f.Args, err = appendLine(f.Args, value)
	case "local":
		f.Locals, err = appendLine(f.Locals, value)
	case "omitted-variables":
		f.Omitted, err = strconv.Atoi(value)
	case "defer":
		f.Defers = append(f.Defers, value)
	case "note":
		f.Note = value
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return err
}
