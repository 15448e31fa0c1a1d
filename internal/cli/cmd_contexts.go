package cli

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func contextCommands() []command {
	return []command{{
		names: []string{"contexts", "context"}, group: groups[3],
		short: "Show the contexts that the frame's variables hold.",
		usage: []string{"[goroutine <n>] [frame <m>] contexts"},
		long: "Each context.Context with the ones from which it was made: keys and values, deadlines with the time that was\n" +
			"left at the freeze, whether it was cancelled, and why.",
		run: (*call).contexts,
	}}
}

func (c *call) contexts() error {
	if _, err := c.frame(); err != nil {
		return err
	}
	list := c.scope.Contexts(c.reading)
	if len(list) == 0 {
		c.out.printf("(no contexts)\n")
	}
	lines := c.lines()
	for _, x := range list {
		c.out.printf("%s %s\n", styled{styleName, x.Name}, x.Type)
		for _, link := range x.Links {
			if !lines.next() {
				return lines.end()
			}
			c.out.printf("\t%s\n", link)
		}
		if x.Err != nil {
			c.out.printf("\t... %s\n", x.Err)
		}
	}
	return nil
}

// contextLine tells what there is to know at first sight of the contexts of the
// culprit's frame or, where it has none, of the nearest caller that has: its
// deadline, how it ended, and which values it carries.
func contextLine(d *dump.Dump, f dump.Frame) string {
	const callers = 16
	s, reading := restore.NewSession(d), restore.NewReading(d)
	for i := range callers {
		scope, err := s.ScopeAt(f.Goroutine().ID(), f.Index()+i)
		if err != nil {
			return ""
		}
		for _, x := range scope.Contexts(reading) {
			if text := contextSummary(x.Contexts); text != "" {
				return x.Name + ": " + text
			}
		}
	}
	return ""
}

// maxContextValues is how many values of a chain are told unasked.
const maxContextValues = 5

func contextSummary(x restore.Contexts) string {
	var parts, values []string
	detached, deadline := false, false // what is above context.WithoutCancel does not reach down
	for _, l := range x.Links {
		switch {
		case l.Key.Valid():
			values = append(values, strings.TrimPrefix(l.String(), "value "))
		case detached:
		case l.HasDeadline && !deadline:
			deadline = true
			parts = append(parts, l.String())
		case l.Cancelled && len(parts) == 0:
			parts = append(parts, strings.TrimPrefix(l.String(), "cancel: "))
		}
		detached = detached || l.Type == "context.withoutCancelCtx"
	}
	if more := len(values) - maxContextValues; more > 0 {
		values = append(values[:maxContextValues], strconv.Itoa(more)+" more")
	}
	if len(values) > 0 {
		parts = append(parts, "values "+strings.Join(values, ", "))
	}
	return strings.Join(parts, "; ")
}
