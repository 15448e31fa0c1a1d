package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// complete gives the lines that line may become. What stands in front of the
// last command, like goroutine 5 frame 2, decides whose variables are meant.
func (d *debugger) complete(line string) []string {
	scope, done := d.s.Scope(), 0
	for {
		rest := line[done:]
		start := done + len(rest) - len(strings.TrimLeft(rest, " "))
		space := strings.IndexByte(line[start:], ' ')
		if space < 0 {
			return prefixed(line[:start], line[start:], d.commandNames())
		}
		cmd := d.find(line[start : start+space])
		if cmd == nil {
			return nil
		}
		args := start + space + 1
		n, word, next := number(line, args)
		if name := cmd.names[0]; word == "" && next < len(line) && (name == "up" || name == "down") {
			n, word, next = 1, "1", args // as in: up print x
		}
		if word == "" || next == len(line) && !strings.HasSuffix(line, " ") || !slices.Contains(prefixCommands, cmd.names[0]) {
			return d.completeArgument(cmd.names[0], scope, line, args)
		}
		scope, done = d.moved(scope, cmd.names[0], n), next
	}
}

// prefixCommands run another command somewhere else.
var prefixCommands = []string{"goroutine", "frame", "up", "down", "deferred"}

// number reads a number in line from i on, and gives where it ends.
func number(line string, i int) (n int, word string, end int) {
	start := i + len(line[i:]) - len(strings.TrimLeft(line[i:], " "))
	end = start
	for end < len(line) && line[end] != ' ' {
		end++
	}
	n, err := strconv.Atoi(line[start:end])
	if err != nil {
		return 0, "", end
	}
	return n, line[start:end], end
}

// moved is where a prefix looks.
func (d *debugger) moved(scope restore.Scope, prefix string, n int) restore.Scope {
	id, frame := scope.Goroutine().ID(), 0
	if f, ok := scope.Frame(); ok {
		frame = f.Index()
	}
	switch prefix {
	case "goroutine":
		id = dump.GoID(n)
		frame = d.s.EntryFrame(id)
	case "frame":
		frame = n
	case "up":
		frame += n
	case "down":
		frame -= n
	case "deferred":
		scope, _ = scope.Deferred(n)
		return scope
	}
	scope, _ = d.s.ScopeAt(id, frame)
	return scope
}

func (d *debugger) commandNames() []string {
	var out []string
	for _, c := range d.commands {
		out = append(out, c.names[0])
	}
	return out
}

// completeArgument completes the last word of a command's arguments.
func (d *debugger) completeArgument(name string, scope restore.Scope, line string, args int) []string {
	start := args
	for i := len(line); i > args; i-- {
		if !wordByte(line[i-1]) {
			start = i
			break
		}
	}
	var words []string
	switch name {
	case "print", "whatis":
		if of, found := selected(line[args:start]); found {
			words = members(scope, of)
		} else {
			words = scope.Names()
		}
	case "locals":
		words = names(scope.Locals())
	case "args":
		words = names(scope.Args())
	case "help":
		words = d.commandNames()
	case "config":
		for _, s := range settingTable() {
			words = append(words, s.name)
		}
		words = append(words, "-list")
	case "goroutine", "frame", "up", "down", "deferred":
		words = d.commandNames()
	}
	return prefixed(line[:start], line[start:], words)
}

// selected gives the expression of which a member is asked for: order.items[0]
// in len(order.items[0].
func selected(head string) (of string, ok bool) {
	head, ok = strings.CutSuffix(head, ".")
	if !ok {
		return "", false
	}
	start, brackets := len(head), 0
	for ; start > 0; start-- {
		switch c := head[start-1]; {
		case c == ']':
			brackets++
		case c == '[' && brackets > 0:
			brackets--
		case brackets == 0 && c != '.' && (c == '-' || !wordByte(c)):
			return head[start:], true
		}
	}
	return head[start:], true
}

// members names the fields of an expression's value, or of what a pointer or
// interface leads to.
func members(scope restore.Scope, of string) []string {
	r, err := scope.Eval(of)
	if err != nil {
		return nil
	}
	v, ok := r.Value()
	for range 3 { // an interface that holds a pointer to a struct
		if k := v.Kind(); k == dump.KindPointer || k == dump.KindInterface {
			v = v.Elem()
		}
	}
	if !ok || v.Kind() != dump.KindStruct {
		return nil
	}
	var out []string
	for i := range min(v.NumField(), maxCompletions) {
		out = append(out, restore.Printable(v.Type().Field(i).Name))
	}
	return out
}

func names(vars []dump.Variable) []string {
	var out []string
	for _, v := range vars {
		out = append(out, restore.Printable(v.Name()))
	}
	return out
}

// wordByte reports whether c can be part of the word that is being completed.
func wordByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// maxCompletions bounds what is offered at once.
const maxCompletions = 100

// prefixed gives the words that begin with typed, behind head.
func prefixed(head, typed string, words []string) []string {
	slices.Sort(words)
	var out []string
	for _, w := range slices.Compact(words) {
		if strings.HasPrefix(w, typed) && len(out) < maxCompletions {
			out = append(out, head+w)
		}
	}
	return out
}
