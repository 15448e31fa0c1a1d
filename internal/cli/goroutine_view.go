package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// goroutineView is what the flags of goroutines ask for.
type goroutineView struct {
	where   goroutineWhere
	stack   bool
	depth   int
	labels  bool
	filters []func(dump.Goroutine) bool
	group   func(dump.Goroutine) string
	exec    string
	indent  blank
}

func (v *goroutineView) accepts(g dump.Goroutine) bool {
	for _, f := range v.filters {
		if !f(g) {
			return false
		}
	}
	return true
}

// goroutineWhere is one of the places by which a goroutine is known.
type goroutineWhere string

const (
	userLoc  goroutineWhere = "userloc"  // the innermost frame outside the runtime
	curLoc   goroutineWhere = "curloc"   // the innermost frame
	goLoc    goroutineWhere = "goloc"    // the go statement
	startLoc goroutineWhere = "startloc" // the function it started with
)

func (w goroutineWhere) title() string {
	return map[goroutineWhere]string{userLoc: "User", curLoc: "Runtime", goLoc: "Go", startLoc: "Start"}[w]
}

// of describes the place: FILE:LINE FUNCTION (PC).
func (w goroutineWhere) of(d *dump.Dump, g dump.Goroutine) string {
	switch w {
	case goLoc:
		return locationText(g.Created(), 0)
	case startLoc:
		f, _ := g.Start()
		return locationText(dump.Location{Function: f, File: f.File(), Line: f.StartLine()}, f.Entry())
	}
	f, ok := g.Frame(0)
	if w == userLoc {
		f, ok = restore.UserFrame(d, g)
	}
	if !ok {
		return "?"
	}
	return locationText(f.Location(), f.PC())
}

func locationText(l dump.Location, pc uint64) string {
	if l.File == "" && l.Function.Name() == "" {
		return "?"
	}
	text := fmt.Sprintf("%s:%d %s", l.File, l.Line, functionName(l.Function))
	if pc != 0 {
		text += fmt.Sprintf(" (%#x)", pc)
	}
	return text
}

func labelText(g dump.Goroutine) string {
	var parts []string
	for _, kv := range g.Labels() {
		parts = append(parts, fmt.Sprintf("%q:%q", kv.Key, kv.Value))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// parseGoroutines reads the arguments of goroutines.
func (c *call) parseGoroutines(args string) (goroutineView, error) {
	v := goroutineView{where: userLoc, depth: 10}
	words := strings.Fields(args)
	next := func() string {
		if len(words) == 0 {
			return ""
		}
		w := words[0]
		words = words[1:]
		return w
	}
	for len(words) > 0 {
		switch flag := next(); flag {
		case "-u", "-r", "-g", "-s":
			v.where = map[string]goroutineWhere{"-u": userLoc, "-r": curLoc, "-g": goLoc, "-s": startLoc}[flag]
		case "-l":
			v.labels = true
		case "-t":
			v.stack = true
			if len(words) > 0 {
				if n, err := strconv.Atoi(words[0]); err == nil {
					v.depth = n
					next()
				}
			}
		case "-with", "-w", "-without", "-wo":
			f, err := c.parseFilter(next)
			if err != nil {
				return v, err
			}
			if strings.HasPrefix(flag, "-witho") || flag == "-wo" {
				v.filters = append(v.filters, func(g dump.Goroutine) bool { return !f(g) })
			} else {
				v.filters = append(v.filters, f)
			}
		case "-chan":
			f, err := c.waitsOn(next())
			if err != nil {
				return v, err
			}
			v.filters = append(v.filters, f)
		case "-group":
			group, err := c.parseGroup(next)
			if err != nil {
				return v, err
			}
			v.group = group
		case "-exec":
			v.exec, words = strings.Join(words, " "), nil
		default:
			return v, usagef("wrong argument: %q", flag)
		}
	}
	return v, nil
}

// parseFilter reads what follows -with and -without.
func (c *call) parseFilter(next func() string) (func(dump.Goroutine) bool, error) {
	d := c.s.Dump()
	switch what := next(); goroutineWhere(what) {
	case userLoc, curLoc, goLoc, startLoc:
		part := next()
		if part == "" {
			return nil, usagef("%s needs to be followed by an expression", what)
		}
		return func(g dump.Goroutine) bool { return strings.Contains(goroutineWhere(what).of(d, g), part) }, nil
	case "running":
		return running, nil
	case "user":
		return isUser, nil
	case "label":
		key, value, exact := strings.Cut(next(), "=")
		if key == "" {
			return nil, usagef("label needs to be followed by a key")
		}
		return func(g dump.Goroutine) bool {
			have, ok := label(g, key)
			return ok && (!exact || have == value)
		}, nil
	default:
		return nil, usagef("can not filter by %q: userloc, curloc, goloc, startloc, label, running or user", what)
	}
}

// parseGroup reads what follows -group.
func (c *call) parseGroup(next func() string) (func(dump.Goroutine) string, error) {
	d := c.s.Dump()
	switch what := next(); goroutineWhere(what) {
	case userLoc, curLoc, goLoc, startLoc:
		return func(g dump.Goroutine) string { return goroutineWhere(what).of(d, g) }, nil
	case "stack":
		return func(g dump.Goroutine) string {
			return fmt.Sprintf("stack %d: %s", g.StackID(), userLoc.of(d, g))
		}, nil
	case "running":
		return func(g dump.Goroutine) string { return fmt.Sprintf("running=%v", running(g)) }, nil
	case "user":
		return func(g dump.Goroutine) string { return fmt.Sprintf("user=%v", isUser(g)) }, nil
	case "label":
		key := next()
		if key == "" {
			return nil, usagef("label needs to be followed by a key")
		}
		return func(g dump.Goroutine) string {
			value, ok := label(g, key)
			if !ok {
				return fmt.Sprintf("no label %q", key)
			}
			return fmt.Sprintf("%s=%s", key, value)
		}, nil
	default:
		return nil, usagef("can not group by %q: stack, userloc, curloc, goloc, startloc, label, running or user", what)
	}
}

// running reports whether g was on a thread.
func running(g dump.Goroutine) bool {
	return g.Thread() != 0 && !g.Locked() || g.Status() == dump.StatusRunning
}

func isUser(g dump.Goroutine) bool { return !g.System() }

func label(g dump.Goroutine, key string) (string, bool) {
	for _, kv := range g.Labels() {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return "", false
}

// waitsOn reads what follows -chan: an expression for a channel.
func (c *call) waitsOn(expr string) (func(dump.Goroutine) bool, error) {
	r, err := c.scope.Eval(expr)
	if err != nil {
		return nil, err
	}
	v, ok := r.Value()
	if !ok || v.Kind() != dump.KindChan || v.Pointer() == 0 {
		return nil, usagef("%s is not a channel", expr)
	}
	addr := v.Pointer()
	return func(g dump.Goroutine) bool {
		return slices.ContainsFunc(g.Waits(), func(w dump.Wait) bool { return w.Addr == addr })
	}, nil
}
