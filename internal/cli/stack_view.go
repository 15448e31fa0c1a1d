package cli

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// stackView is how a stack is shown.
type stackView struct {
	depth                      int
	full, all, defers, offsets bool
	flat, json, root           bool
	slice                      restore.Slice
	indent                     blank
}

// part reports whether only a part of the stack was asked for.
func (v *stackView) part() bool {
	return v.root || v.slice.Since != "" || v.slice.Until != "" || v.slice.Limit > 0
}

// whole reports whether the stack is shown with what lies between frames.
func (v *stackView) whole() bool { return !v.part() && !v.flat }

func parseStack(args string) (stackView, error) {
	v := stackView{depth: 50}
	flags := map[string]*bool{
		"-full": &v.full, "-a": &v.all, "-raw": &v.all, "-defer": &v.defers, "-offsets": &v.offsets,
		"-flat": &v.flat, "-json": &v.json, "-root": &v.root,
	}
	words := strings.Fields(args)
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if on := flags[word]; on != nil {
			*on = true
			continue
		}
		switch word {
		case "-since", "-until", "-limit":
			if len(words) == 0 {
				return v, usagef("%s needs to be followed by its value", word)
			}
			if err := v.bound(word, words[0]); err != nil {
				return v, err
			}
			words = words[1:]
		default:
			n, err := strconv.Atoi(word)
			if err != nil || n < 0 {
				return v, usagef("depth must be a number, not %q", word)
			}
			v.depth = n
		}
	}
	if v.root && (v.slice.Since != "" || v.slice.Until != "" || v.slice.Limit > 0) {
		return v, usagef("-root is one frame: -since, -until and -limit have no meaning")
	}
	v.slice.Raw = v.all
	return v, nil
}

// bound takes in a flag that says which part of the stack is shown.
func (v *stackView) bound(flag, value string) error {
	switch flag {
	case "-since":
		v.slice.Since = value
	case "-until":
		v.slice.Until = value
	default:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return usagef("-limit must be a number from 1 on, not %q", value)
		}
		v.slice.Limit = n
	}
	return nil
}

// sliceOf is the part of the stack that was asked for.
func (c *call) sliceOf(g dump.Goroutine, v *stackView) (restore.Slice, error) {
	s := v.slice
	if v.root {
		f, err := c.s.Root(g.ID())
		if err != nil {
			return s, err
		}
		s.Since = strconv.Itoa(f.Index())
		s.Until = s.Since
	}
	return s, nil
}

// printInner writes what rules show between a frame and the next inner one.
func (c *call) printInner(shown restore.Shown, g dump.Goroutine, v stackView, digits int) {
	for _, label := range shown.Inner {
		if v.flat {
			c.out.printf("goroutine %d frame - %s\n", g.ID(), label)
			continue
		}
		c.out.printf("%s%*s  %s\n", v.indent, digits, "*", styled{styleStrong, label})
	}
}

// printRuled tells what rules hide, and why some were not applied.
func (c *call) printRuled(rules *restore.View, v stackView) {
	if rules.Hidden > 0 && !v.flat {
		c.out.printf("%s... %s hidden by rules (bt -a shows them)\n", v.indent, counted(rules.Hidden, "frame"))
	}
	for _, p := range rules.Problems {
		warn(c.std, "rule not applied: %s", p)
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// printFlat writes a frame on one line.
func (c *call) printFlat(g dump.Goroutine, f dump.Frame, where string) {
	c.out.printf("goroutine %d frame %d %s", g.ID(), f.Index(), styled{styleName, functionName(f.Function())})
	if where != "" {
		c.out.printf(" %s", styled{stylePath, where})
	}
	c.out.printf("\n")
}

// frameWhere is a frame's place in the source, with ? for what is not known.
func frameWhere(f dump.Frame) string {
	file, line := f.File(), f.Line()
	switch {
	case file == "":
		return "?"
	case line <= 0:
		return file + ":?"
	}
	return file + ":" + strconv.Itoa(line)
}
