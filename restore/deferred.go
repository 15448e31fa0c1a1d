package restore

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// DeferText describes a deferred call as the source has it: what is called, on
// what and with which arguments: sync.(*Mutex).Unlock(s.mu 0xc000012080).
func (s *Session) DeferText(f dump.Frame, x dump.Defer, r *Reading) string {
	name := x.Target().Name()
	if name == "" {
		name = "???"
	}
	var args []string
	if x.Receiver != 0 {
		args = append(args, s.receiverText(f, x, r))
	}
	captured, _ := x.Func()
	if x.Target() == x.Function() { // a closure: what it captured is no argument
		return Printable(name) + "()" + capturedText(captured, r)
	}
	for i, v := range captured.Captured {
		if i == 0 && x.Receiver != 0 && v.Value().Pointer() == x.Receiver || v.Fake() || strings.HasPrefix(v.Name(), ".") {
			continue
		}
		args = append(args, r.FormatVariable(v, ShortConfig()))
	}
	if len(args) == 0 { // none, or constants: those lie in the wrapper's code
		args = []string{"..."}
	}
	return Printable(name) + "(" + strings.Join(args, ", ") + ")"
}

func capturedText(f dump.FuncValue, r *Reading) string {
	var parts []string
	for _, v := range f.Captured {
		if !strings.HasPrefix(v.Name(), ".") {
			parts = append(parts, r.FormatVariable(v, ShortConfig()))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " with " + strings.Join(parts, ", ")
}

// receiverText names what a method is deferred on, as the frame's code does.
func (s *Session) receiverText(f dump.Frame, x dump.Defer, r *Reading) string {
	addr := fmt.Sprintf("%#x", x.Receiver)
	pkg, rest, ok := strings.Cut(x.Target().Name(), ".(*")
	typ, _, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return addr
	}
	sc := Scope{s: s, g: f.Goroutine(), f: f, framed: true}
	want := thing{x.Receiver, pkg + "." + typ}
	expr := ""
	if r.search(f.NumVariables()) {
		expr = nameIn(sc, want, r)
	}
	if expr == "" {
		expr = s.globalName(want)
	}
	if expr == "" {
		return addr
	}
	return expr + " " + addr
}
