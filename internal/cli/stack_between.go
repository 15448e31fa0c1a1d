package cli

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// between is what a stack has between frames of Go: frames that were left out,
// and frames of C.
type between struct {
	first   int // number of the goroutine's first frame
	at, n   int // n frames are missing before frame at
	foreign []dump.ForeignFrame
	unknown bool // it is in C, where is not known
}

// newBetween is that of a goroutine whose frames begin with number first.
func newBetween(g dump.Goroutine, first int) *between {
	at, n := g.Elided()
	b := &between{first: first, at: first + at, n: n, foreign: g.Foreign()}
	b.unknown = g.InC() && (len(b.foreign) == 0 || b.foreign[0].Before > 0)
	return b
}

// printBetween writes what belongs before a frame and has not been written yet.
func (c *call) printBetween(b *between, frame int, v stackView, digits int) {
	if !v.whole() {
		return
	}
	if b.n > 0 && frame >= b.at {
		c.out.printf("%s%*s  ... %d frames elided ...\n", v.indent, digits, "", b.n)
		b.n = 0
	}
	if b.unknown {
		c.out.printf("%s%*s  in C\n", v.indent, digits, "C")
		b.unknown = false
	}
	for len(b.foreign) > 0 && frame >= b.first+b.foreign[0].Before {
		c.printForeign(b.foreign[0], v, digits)
		b.foreign = b.foreign[1:]
	}
}

func (c *call) printForeign(f dump.ForeignFrame, v stackView, digits int) {
	name, in := f.Name, ""
	if name == "" {
		name = "???"
	}
	if f.Object != "" {
		in = fmt.Sprintf("at %s+%#x", f.Object, f.Offset)
		if f.Name != "" {
			in = "of " + f.Object
		}
	}
	if f.File != "" {
		in = fmt.Sprintf("at %s:%d", f.File, f.Line)
	}
	c.out.printf("%s%*s  0x%016x in %s\n", v.indent, digits, "C", f.PC, styled{styleName, name})
	if in != "" {
		c.out.printf("%s%s%s\n", v.indent, strings.Repeat(" ", digits+2), styled{stylePath, in})
	}
}

// printStarted tells what a goroutine that has not run yet will do.
func (c *call) printStarted(g dump.Goroutine, v stackView) {
	c.out.printf("%s(has not run yet)\n", v.indent)
	f, ok := g.Started()
	if !ok {
		return
	}
	c.out.printf("%swill call %s\n", v.indent, styled{styleName, functionName(f.Function)})
	for _, x := range f.Captured {
		c.out.printf("%s    %s\n", v.indent, c.reading.FormatVariable(x, restore.ShortConfig()))
	}
}
