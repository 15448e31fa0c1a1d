package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

func crashCommands() []command {
	return []command{{
		names: []string{"crash", "why"}, group: groups[0],
		short: "Tell again why the program failed.",
		usage: []string{"crash"},
		long:  "Prints what the debugger began with: the cause, the place, the build, and the culprit's frame.",
		run:   func(c *call) error { c.crash(); return nil },
	}}
}

// crash writes the answer with which a session begins.
func (d *debugger) crash() { printCrash(d.out, d.s.Dump(), d.conf) }

// printCrash tells why the program failed, where and in which build, and
// shows the culprit's frame with its source and variables.
func printCrash(out *screen, d *dump.Dump, conf settings) {
	printCause(out, d)
	f, ok := culprit(d)
	if !ok {
		return
	}
	out.printf("\nFrame %d: %s at %s:%d\n", f.Index(), styled{styleName, functionName(f.Function())}, styled{stylePath, f.File()}, f.Line())
	out.listAround(d, f.File(), f.Line(), conf.sourceLines, true)
	printVariables(out, d, f, conf)
}

// culprit is the frame at which a look at the dump begins.
func culprit(d *dump.Dump) (dump.Frame, bool) {
	return restore.NewSession(d).Frame()
}

// printCause writes the lines that say what happened.
func printCause(out *screen, d *dump.Dump) {
	title, detail := causeTitle(d.Cause())
	out.printf("%s%s\n", styled{styleAlarm, title}, cut(detail, maxValueText))
	for _, l := range causeLines(d) {
		out.printf("  %-6s %s\n", l.label, l.text)
	}
}

// causeTitle says in one line why the dump exists.
func causeTitle(c dump.Cause) (title, detail string) {
	if c.Lost {
		return "cause: ", mock.Damaged.String()
	}
	switch c.Kind {
	case dump.CausePanic:
		return "panic: ", causeText(c)
	case dump.CauseError:
		return "error: ", causeText(c)
	case dump.CauseValue:
		return "value: ", causeText(c)
	case dump.CauseFatal:
		return "fatal error: ", c.Text
	case dump.CauseGoexit:
		return "runtime.Goexit", ""
	case dump.CauseSnapshot:
		return "snapshot: ", c.Name
	case dump.CauseNone:
		return "snapshot", ""
	}
	return c.Kind.String() + ": ", c.Text
}

// causeText is what the cause says or, where nobody asked it, its type.
func causeText(c dump.Cause) string {
	if c.Text == "" && c.TextError != "" {
		return "(" + c.TypeName + ")"
	}
	return c.Text
}

// labelled is one line of what is known: what it is about, and what it says.
type labelled struct{ label, text string }

// pulledOrigin says where a panic came from that iter.Pull caught in its
// iterator and raised again in the caller of next or stop.
func pulledOrigin(c dump.Cause) string {
	g, ok := c.Goroutine()
	if !ok || strings.HasPrefix(c.Text, "iter.Pull") { // a misuse that iter itself complains of
		return ""
	}
	for _, p := range g.Panics() {
		if f, ok := p.Frame(); ok && !p.Goexit {
			if name := f.Function().Name(); strings.HasPrefix(name, "iter.Pull") {
				return "in an iterator of iter.Pull, which has ended: dump.Capture in a deferred function of the iterator keeps its frames"
			}
			break
		}
	}
	return ""
}

// maxValueText is how much of one value the summary shows, in characters.
const maxValueText = 1000

func causeLines(d *dump.Dump) []labelled {
	c := d.Cause()
	var out []labelled
	add := func(label, text string) {
		if text != "" {
			out = append(out, labelled{label, text})
		}
	}
	add("type", c.TypeName)
	if v := c.Value(); v.Valid() && !v.IsNil() && !c.Lost {
		add("value", cut(restore.FormatValue(v, restore.LongConfig()), maxValueText))
	}
	add("text", c.TextError)
	if c.Signal != "" {
		add("signal", fmt.Sprintf("%s at %#x", c.Signal, c.FaultAddr))
	}
	if f, ok := c.Frame(); ok {
		add("where", fmt.Sprintf("%s at %s:%d", functionName(f.Function()), f.File(), f.Line()))
	}
	add("origin", pulledOrigin(c))
	for _, line := range panicChain(d) {
		add("chain", line)
	}
	if g, ok := c.Goroutine(); ok {
		add("in", goroutineLine(g))
	}
	if f, ok := culprit(d); ok {
		add("ctx", cut(contextLine(d, f), maxValueText))
	}
	m := d.Meta()
	add("build", buildLine(m))
	add("host", processLine(m))
	for _, kv := range m.Labels {
		add("label", kv.Key+"="+kv.Value)
	}
	for _, s := range m.Missing {
		add("lacks", s)
	}
	return out
}

// panicChain lists the panics of the goroutine, newest first, where there is more than one.
func panicChain(d *dump.Dump) []string {
	g, ok := d.Cause().Goroutine()
	if !ok {
		return nil
	}
	panics := g.Panics()
	if len(panics) < 2 {
		return nil
	}
	var out []string
	for _, p := range panics {
		out = append(out, panicLine(p))
	}
	return out
}

func panicLine(p dump.Panic) string {
	text := "runtime.Goexit"
	if !p.Goexit {
		text = "panic " + cut(restore.FormatValue(p.Value(), restore.LongConfig()), maxValueText)
	}
	if p.Repanicked {
		text += " [repanicked]"
	}
	if p.Recovered {
		text += " [recovered]"
	}
	if f, ok := p.Frame(); ok {
		text += " in " + locationText(f.Location(), 0)
	}
	return text
}

func goroutineLine(g dump.Goroutine) string {
	text := fmt.Sprintf("goroutine %d [%s]", g.ID(), goroutineStatus(g))
	if created, ok := startedAt(g); ok {
		text += ", started at " + locationText(created, 0)
	}
	if labels := labelText(g); labels != "" {
		text += ", " + labels
	}
	return text
}

// buildLine names the program and what it was built from.
func buildLine(m *dump.Meta) string {
	parts := []string{m.Program}
	add := func(format string, v string) {
		if v != "" {
			parts = append(parts, fmt.Sprintf(format, v))
		}
	}
	add("%s", strings.TrimSpace(m.MainPath+" "+m.MainVersion))
	add("%s", strings.TrimSpace(m.GoVersion+" "+m.GOOS+"/"+m.GOARCH))
	for _, kv := range m.Settings {
		switch {
		case kv.Key == "vcs.revision":
			add("revision %s", kv.Value)
		case kv.Key == "vcs.modified" && kv.Value == "true":
			add("%s", "modified")
		}
	}
	add("build ID %s", m.BuildID)
	return strings.TrimPrefix(strings.Join(parts, ", "), ", ")
}

func processLine(m *dump.Meta) string {
	var parts []string
	if m.Host != "" {
		parts = append(parts, m.Host)
	}
	if m.PID > 0 {
		parts = append(parts, fmt.Sprintf("pid %d", m.PID))
	}
	if !m.Time.IsZero() {
		parts = append(parts, m.Time.UTC().Format(time.RFC3339))
	}
	if m.Uptime > 0 {
		parts = append(parts, "up "+m.Uptime.Round(time.Millisecond).String())
	}
	return strings.Join(parts, ", ")
}

// maxFrameVariables is how many variables are shown of a frame that was not
// asked for by itself.
const maxFrameVariables = 500

// printVariables writes the arguments and variables of a frame.
func printVariables(out *screen, d *dump.Dump, f dump.Frame, conf settings) {
	scope, err := restore.NewSession(d).ScopeAt(f.Goroutine().ID(), f.Index())
	if err != nil {
		return
	}
	vars := append(scope.Args(), scope.Locals()...)
	if len(vars) > 0 {
		out.printf("\n")
	}
	reading := restore.NewReading(d)
	for i, v := range vars {
		if i == maxFrameVariables {
			out.printf("(%d more: locals)\n", len(vars)-i)
			break
		}
		if _, absent := v.Value().Stub(); absent && strings.HasPrefix(v.Name(), "~") {
			continue // a result without a name, not set yet
		}
		out.printf("%s\n", cut(reading.FormatVariable(v, conf.load()), maxValueText))
	}
	if why, ok := scope.NoVariables(); ok && len(vars) == 0 {
		out.printf("\n(no variables: %s)\n", noVariables(d, why))
	}
}

// cut shortens a text to at most n characters, and says that it did.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n]) + fmt.Sprintf("... (%d more characters)", len(runes)-n)
}
