package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

func goroutineCommands() []command {
	return []command{{
		names: []string{"goroutines", "grs"}, group: groups[1],
		short: "List the goroutines.",
		usage: []string{"goroutines [-u|-r|-g|-s] [-t [depth]] [-l] [-with loc expr] [-without loc expr] [-group argument] [-chan expr] [-exec command]"},
		long:  goroutinesLong,
		run:   (*call).goroutines,
	}, {
		names: []string{"goroutine", "gr"}, group: groups[1],
		short: "Show a goroutine, go to another, or run a command there.",
		usage: []string{"goroutine", "goroutine <id>", "goroutine <id> <command>"},
		long: "Alone it tells what is known of the current goroutine. With a number that goroutine becomes the current one.\n" +
			"With a command as well, the command is run there, and the current goroutine stays.",
		run: (*call).switchGoroutine,
	}}
}

const goroutinesLong = `Each goroutine is shown with one of its places, with its thread, and with what it waits for.

	-u	the innermost frame outside the runtime; this is what it shows unless told otherwise
	-r	the innermost frame of all
	-g	the go statement that started it
	-s	the function it started with
	-t	its stack as well, 10 frames unless a depth follows
	-l	its labels as well

Only some of them:

	goroutines -with (userloc|curloc|goloc|startloc) text
	goroutines -with label key[=value]
	goroutines -with running
	goroutines -with user
	goroutines -chan expr

whose place contains a text, that have a label, that run on a thread, that the runtime did not start for itself,
or that wait for a channel. -without gives the others. -w and -wo are short.

Put together, the largest group first, with up to 5 goroutines of each:

	goroutines -group (stack|userloc|curloc|goloc|startloc|running|user)
	goroutines -group label key

stack puts together those whose stacks are equal, frame for frame.

	goroutines -exec command

runs the command on each.`

func (c *call) goroutines() error {
	view, err := c.parseGoroutines(c.args)
	if err != nil {
		return err
	}
	var list []dump.Goroutine
	for g := range c.s.Dump().Goroutines() {
		switch {
		case c.ctx.Err() != nil:
			return errInterrupted
		case c.reading.Spent():
			return errTooMuch
		}
		if view.accepts(g) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b dump.Goroutine) int {
		if a.ID() < b.ID() {
			return -1
		}
		return 1
	})
	if view.group != nil {
		return c.printGroups(list, view)
	}
	lines := c.lines()
	shown := 0
	for _, g := range list {
		if !lines.next() {
			break
		}
		shown++
		c.printGoroutine(g, view)
		if view.exec != "" {
			if err := c.onGoroutine(g, view.exec); err != nil {
				return err
			}
		}
	}
	switch {
	case c.ctx.Err() != nil || c.reading.Spent():
		return lines.end()
	case lines.cut:
		c.out.printf("[%d goroutines, %d shown: goroutines -group stack puts equal ones together; config max-list-lines 0 shows all]\n", len(list), shown)
	default:
		c.out.printf("[%d goroutines]\n", len(list))
	}
	return nil
}

// onGoroutine runs a command on a goroutine that is not the current one.
func (c *call) onGoroutine(g dump.Goroutine, line string) error {
	scope, err := c.s.ScopeAt(g.ID(), c.s.EntryFrame(g.ID()))
	if err != nil {
		scope = c.s.Only(g)
	}
	return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: scope, moved: true, reading: c.reading}, line)
}

// maxGroups and maxMembers bound what -group shows.
const (
	maxGroups  = 50
	maxMembers = 5
)

// printGroups writes the goroutines by group, the largest first.
func (c *call) printGroups(list []dump.Goroutine, view goroutineView) error {
	members := map[string][]dump.Goroutine{}
	var names []string
	for _, g := range list {
		name := view.group(g)
		if len(members[name]) == 0 {
			names = append(names, name)
		}
		members[name] = append(members[name], g)
	}
	slices.SortStableFunc(names, func(a, b string) int { return len(members[b]) - len(members[a]) })
	for i, name := range names {
		if i == maxGroups {
			c.out.printf("(%d more groups)\n", len(names)-i)
			break
		}
		if c.ctx.Err() != nil {
			return errInterrupted
		}
		c.out.printf("%s\n", name)
		inner := view
		inner.indent = "\t"
		for _, g := range members[name][:min(maxMembers, len(members[name]))] {
			c.printGoroutine(g, inner)
		}
		c.out.printf("\tTotal: %d\n\n", len(members[name]))
	}
	c.out.printf("[%d goroutines in %d groups]\n", len(list), len(names))
	return nil
}

// printGoroutine writes one line on a goroutine, and what the view adds to it.
func (c *call) printGoroutine(g dump.Goroutine, view goroutineView) {
	mark := "  "
	if now, ok := c.s.Goroutine(); ok && now == g {
		mark = "* "
	}
	c.out.printf("%s%sGoroutine %d - %s: %s%s\n", view.indent, mark, g.ID(), view.where.title(), view.where.of(c.s.Dump(), g), goroutineState(g))
	if labels := labelText(g); view.labels && labels != "" {
		c.out.printf("%s\tLabels: %s\n", view.indent, labels)
	}
	if view.stack {
		if err := c.printStack(g, stackView{depth: view.depth, indent: view.indent + "\t"}); err != nil {
			c.out.printf("%s\t%s\n", view.indent, err)
		}
	}
}

// goroutineState tells the thread and what the goroutine waited for.
func goroutineState(g dump.Goroutine) string {
	var b strings.Builder
	if g.Thread() != 0 {
		b.WriteString(" (thread " + itoa(g.Thread()) + ")")
	}
	b.WriteString(" [" + goroutineStatus(g) + "]")
	return b.String()
}

// goroutineStatus is the bracket that the runtime's traceback has: chan receive, 3m0s, locked to thread.
func goroutineStatus(g dump.Goroutine) string {
	parts := []string{bucketStatus(g)}
	if t, ok := g.WaitTime(); ok && t >= time.Second {
		parts = append(parts, t.Truncate(time.Second).String())
	}
	for _, also := range []struct {
		is   bool
		text string
	}{
		{g.InC(), "in C"}, {g.OnSystemStack(), "on the system stack"}, {g.Locked(), "locked to thread"},
	} {
		if also.is {
			parts = append(parts, also.text)
		}
	}
	return strings.Join(parts, ", ")
}

// switchGoroutine shows or selects a goroutine, or runs the rest of the line there.
func (c *call) switchGoroutine() error {
	word, rest := splitWord(c.args)
	if word == "" {
		return c.describeGoroutine()
	}
	if rest != "" {
		g, err := c.goroutineOf(word)
		if err != nil {
			return err
		}
		if now, _ := c.s.Goroutine(); now == g {
			return c.dispatch(&call{debugger: c.debugger, ctx: c.ctx, scope: c.s.Scope(), moved: true, reading: c.reading}, rest)
		}
		return c.onGoroutine(g, rest)
	}
	id, err := parseGoID(word)
	if err != nil {
		return err
	}
	before, _ := c.s.Goroutine()
	if err := c.s.SelectGoroutine(id); err != nil {
		return err
	}
	now, _ := c.s.Goroutine()
	c.out.printf("Switched from %d to %d", before.ID(), now.ID())
	if now.Thread() != 0 {
		c.out.printf(" (thread %d)", now.Thread())
	}
	c.out.printf("\n")
	return nil
}

// describeGoroutine tells what is known of the goroutine that the call looks at.
func (c *call) describeGoroutine() error {
	g, err := c.goroutine()
	if err != nil {
		return err
	}
	c.out.printf("Goroutine %d:%s\n", g.ID(), goroutineState(g))
	for _, where := range []goroutineWhere{curLoc, userLoc, goLoc, startLoc} {
		c.out.printf("\t%s: %s\n", where.title(), where.of(c.s.Dump(), g))
	}
	if g.Parent() != 0 {
		c.out.printf("\tParent: %d\n", g.Parent())
	}
	if by, ok := g.Resumer(); ok {
		c.out.printf("\tResumed: by goroutine %d through iter.Pull\n", by.ID())
	}
	if labels := labelText(g); labels != "" {
		c.out.printf("\tLabels: %s\n", labels)
	}
	for _, l := range c.s.Blocked(g, c.reading) {
		c.out.printf("\tWaits: %s\n", l)
	}
	for _, e := range g.Errors() {
		c.out.printf("\tError: %s\n", e)
	}
	return nil
}
