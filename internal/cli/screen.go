package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/gopostmortem/postmortem/restore"
)

// screen is where results are written. It escapes every string that it is
// given as an argument, so that nothing of a dump acts on a terminal: only
// the formats, which are the program's own, break lines.
type screen struct {
	w     io.Writer
	color bool
}

// style is how a part of a line stands out on a terminal.
type style string

const (
	styleAlarm  style = "\x1b[1;31m"
	styleStrong style = "\x1b[1m"
	styleName   style = "\x1b[36m"
	stylePath   style = "\x1b[34m"
	styleDim    style = "\x1b[2m"
	styleReset  style = "\x1b[0m"
)

// styled is an argument of printf that stands out.
type styled struct {
	style style
	text  string
}

// blank is an argument of printf that is written as it is: indentation.
type blank string

// printf writes like fmt.Printf, with its arguments made harmless.
func (s *screen) printf(format string, args ...any) {
	safe := make([]any, len(args))
	for i, a := range args {
		safe[i] = s.safe(a)
	}
	fmt.Fprintf(s.w, format, safe...)
}

func (s *screen) safe(a any) any {
	switch a := a.(type) {
	case blank:
		return string(a)
	case string:
		return restore.Printable(a)
	case styled:
		text := restore.Printable(a.text)
		if !s.color || text == "" {
			return text
		}
		return string(a.style) + text + string(styleReset)
	case error:
		return restore.Printable(a.Error())
	case fmt.Stringer:
		return restore.Printable(a.String())
	}
	return a
}

// sourceText makes a line of source harmless. Its tabs stay.
func sourceText(line string) string {
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), "\t")
	for i := range parts {
		parts[i] = restore.Printable(parts[i])
	}
	return strings.Join(parts, "\t")
}
