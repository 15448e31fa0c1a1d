package cli

import (
	"errors"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// filtersHelp explains what locals, args and vars have in common.
const filtersHelp = "With a regular expression, those whose names match. With -v, as much of the values as print shows: pointers\n" +
	"followed, elements and entries listed.\n" +
	"A value marked [possibly stale] may be an earlier or a later one: the compiler's debug information does not say when it\n" +
	"is out of date. That concerns variables that the optimiser keeps in registers and that the source assigns\n" +
	"again in this function, places that the compiler no longer maintains, and what a variable that the function no\n" +
	"longer needs leads to: the collector may have given its memory away."

func dataCommands() []command {
	return []command{{
		names: []string{"print", "p"}, group: groups[3],
		short: "Print the value of an expression.",
		usage: []string{"[goroutine <n>] [frame <m>] print [%format] <expression>"},
		long: "The optional format is a verb of package fmt: \"print %x v\" prints v as a hexadecimal number.\n" +
			"Expressions are Go's: selectors, also through pointers and interfaces, indexes, slices, map lookups,\n" +
			"dereference, address, type assertions (x.(data) for whatever it is), conversions, (*T)(0xc000102000),\n" +
			"operators, len, cap, real, imag, complex, min and max. Nothing of the program can be called.",
		run: (*call).print,
	}, {
		names: []string{"whatis"}, group: groups[3],
		short: "Tell the type of an expression, or what a type is.",
		usage: []string{"whatis <expression>", "whatis <type name>"},
		run:   (*call).whatis,
	}, {
		names: []string{"locals"}, group: groups[3],
		short: "Print the local variables.",
		usage: []string{"[goroutine <n>] [frame <m>] locals [-v] [<regex>]"},
		long:  "A name in parentheses is hidden by an inner variable of the same name.\n" + filtersHelp,
		run:   func(c *call) error { return c.list("locals", c.scope.Locals()) },
	}, {
		names: []string{"args"}, group: groups[3],
		short: "Print the arguments and results.",
		usage: []string{"[goroutine <n>] [frame <m>] args [-v] [<regex>]"},
		long:  filtersHelp,
		run:   func(c *call) error { return c.list("args", c.scope.Args()) },
	}, {
		names: []string{"vars"}, group: groups[3],
		short: "Print the package variables in the dump.",
		usage: []string{"vars [-v] [<regex>]"},
		long:  filtersHelp,
		run:   (*call).vars,
	}}
}

func (c *call) print() error {
	if c.args == "" {
		return usagef("not enough arguments")
	}
	verb, expr := "", c.args
	if strings.HasPrefix(expr, "%") {
		verb, expr = splitWord(expr)
	}
	r, err := c.scope.Eval(expr)
	if err != nil {
		return err
	}
	text, err := r.FormatVerb(verb, c.conf.load())
	if err != nil {
		return err
	}
	if r.Stale() {
		text += " " + restore.StaleMark
	}
	c.out.printf("%s\n", text)
	if v, ok := r.Value(); ok {
		c.printFunc(v)
		c.printWaiters(v)
	}
	return nil
}

// printFunc tells more of a func value: where it is defined and what it captured.
func (c *call) printFunc(v dump.Value) {
	f, ok := v.Func()
	if !ok {
		return
	}
	if f.Function.File() != "" {
		c.out.printf("\tat %s:%d\n", styled{stylePath, f.Function.File()}, f.Function.StartLine())
	}
	for _, x := range f.Captured {
		c.out.printf("\t%s\n", c.reading.FormatVariable(x, c.conf.load()))
	}
}

// printWaiters tells more of a channel: who waits for it.
func (c *call) printWaiters(v dump.Value) {
	if v.Kind() != dump.KindChan {
		return
	}
	info, ok := v.ChanInfo()
	if !ok {
		return
	}
	if info.Closed {
		c.out.printf("closed\n")
	}
	for i := range min(info.Len, int64(c.conf.load().MaxArrayValues)) {
		c.out.printf("\t[%d] = %s\n", i, c.reading.FormatValue(v.Index(i), c.conf.load()))
	}
	c.out.printf("\nGoroutines waiting on this channel:\n")
	for _, w := range append(info.Recv, info.Send...) {
		if g, ok := c.s.Dump().Goroutine(w.Goroutine); ok {
			c.printGoroutine(g, goroutineView{where: userLoc})
		}
	}
}

func (c *call) whatis() error {
	if c.args == "" {
		return usagef("not enough arguments")
	}
	r, err := c.scope.Eval(c.args)
	if err != nil {
		if t, ok := c.scope.Type(c.args); ok {
			c.describeType(t)
			return nil
		}
		return err
	}
	name := r.TypeName()
	if name == "" {
		name = r.Kind().String()
	}
	c.out.printf("%s\n", name)
	v, ok := r.Value()
	if !ok {
		return nil
	}
	if v.Type().Named() && r.Kind().String() != name && r.Kind() < dump.KindArray {
		c.out.printf("Real type: %s\n", r.Kind())
	}
	if t, ok := v.Dynamic(); ok && r.Kind() == dump.KindInterface {
		c.out.printf("Concrete type: %s\n", t.Name())
	}
	return nil
}

func (c *call) describeType(t dump.Type) {
	c.out.printf("%s type, size: %d bytes\n", t.Kind(), t.Size())
	if t.NumField() > 0 {
		c.out.printf("Fields:\n")
		w := tabwriter.NewWriter(c.out.w, 0, 8, 2, ' ', tabwriter.TabIndent)
		for i := range t.NumField() {
			f := t.Field(i)
			w.Write([]byte("\t" + restore.Printable(f.Name) + "\t" + restore.Printable(f.Type.Name()) + "\n"))
		}
		w.Flush()
	}
	if len(t.Methods()) > 0 {
		c.out.printf("Methods:\n")
		for _, m := range t.Methods() {
			c.out.printf("\t%s\n", m)
		}
	}
	for _, k := range t.Consts() {
		c.out.printf("\t%s = %d\n", k.Name, k.Value)
	}
}

// filter reads the arguments of locals, args and vars.
func (c *call) filter() (*regexp.Regexp, restore.LoadConfig, error) {
	cfg, pattern := restore.ShortConfig(), c.args
	if word, rest := splitWord(c.args); word == "-v" {
		cfg, pattern = c.conf.load(), rest
	}
	if strings.HasPrefix(pattern, "-") { // no name has one
		return nil, cfg, usagef("wrong argument: %q", pattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, cfg, usagef("%v", err)
	}
	return re, cfg, nil
}

func (c *call) list(what string, vars []dump.Variable) error {
	re, cfg, err := c.filter()
	if err != nil {
		return err
	}
	if _, err := c.frame(); err != nil {
		return err
	}
	matched := false
	for _, v := range vars {
		if re.MatchString(v.Name()) {
			matched = true
			c.out.printf("%s\n", c.reading.FormatVariable(v, cfg))
		}
	}
	if matched {
		return nil
	}
	if why, ok := c.scope.NoVariables(); ok {
		c.out.printf("(no %s: %s)\n", what, noVariables(c.s.Dump(), why))
		return nil
	}
	c.out.printf("(no %s)\n", what)
	return nil
}

// noVariables tells why a frame has none.
func noVariables(d *dump.Dump, s mock.Stub) string {
	if d.Meta().Depth == 0 && s.Reason == mock.Disabled {
		return "not captured (depth 0)"
	}
	return strings.Trim(s.String(), "[]")
}

func (c *call) vars() error {
	re, cfg, err := c.filter()
	if err != nil {
		return err
	}
	lines := c.lines()
	matched := false
	for v := range c.s.Dump().Globals() {
		if !re.MatchString(v.Name()) {
			continue
		}
		matched = true
		if !lines.next() {
			break
		}
		c.out.printf("%s\n", c.reading.FormatVariable(v, cfg))
	}
	if !matched {
		c.out.printf("(no vars)\n")
	}
	return lines.end()
}

var errInterrupted = errors.New("interrupted")
