package text

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// The runtime prints the reason before the first goroutine:
//
//	panic: first [recovered]
//		panic: second
//	[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47d1a0]
//
// or `fatal error: …`, or `SIGQUIT: quit`. The lines are looked at again once a
// goroutine's header has shown which prefix they must have.

// causeMemory is the number of lines before a goroutine's header that are kept.
const causeMemory = 128

// findCause reads the reason from the lines before the first goroutine.
func (t *Trace) findCause(before []string, p prefix) {
	message := false // the next line may go on with the message
	for _, raw := range before {
		line, ok := p.strip(raw)
		if !ok {
			line = raw
			if t.servedPanic(raw) {
				message = false
			}
			if len(p) > 0 {
				continue
			}
		}
		trimmed := strings.TrimSpace(line)
		switch {
		case t.reason(trimmed):
			message = true
		case t.signal(trimmed):
			message = false
		case message && strings.HasPrefix(line, "\t") && trimmed != "": // the runtime indents the lines of a message
			t.Message += "\n" + trimmed
		case t.servedPanic(line):
			message = false
		default:
			message = message && trimmed == ""
		}
	}
}

// reason takes a line that begins a reason.
func (t *Trace) reason(s string) bool {
	if text, ok := strings.CutPrefix(s, "panic: "); ok {
		text = strings.TrimSuffix(text, " [recovered]")
		text = strings.TrimSuffix(text, " [recovered, repanicked]")
		t.Kind, t.Message = model.CausePanic, text
		return true
	}
	if text, ok := strings.CutPrefix(s, "fatal error: "); ok {
		t.Kind, t.Message = model.CauseFatal, text
		return true
	}
	if name, text, ok := strings.Cut(s, ": "); ok && isSignal(name) {
		t.Kind, t.Message, t.Signal = model.CauseFatal, name+": "+text, name
		return true
	}
	return false
}

// signal takes the line that names the signal behind a panic.
func (t *Trace) signal(s string) bool {
	s, ok := strings.CutPrefix(s, "[signal ")
	if !ok {
		return false
	}
	name, rest, _ := strings.Cut(s, ":")
	if !isSignal(name) {
		return false
	}
	t.Signal = name
	if _, addr, ok := strings.Cut(rest, " addr=0x"); ok {
		digits, _, _ := strings.Cut(addr, " ")
		t.FaultAddr, _ = strconv.ParseUint(strings.TrimSuffix(digits, "]"), 16, 64)
	}
	return true
}

// servedPanic takes net/http's line about a panic in a handler.
func (t *Trace) servedPanic(s string) bool {
	_, s, ok := strings.Cut(s, "http: panic serving ")
	if !ok {
		return false
	}
	if _, text, ok := strings.Cut(s, ": "); ok {
		t.Kind, t.Message = model.CausePanic, strings.TrimRight(text, "\r")
	}
	return true
}

// isSignal reports whether s is written like a signal's name.
func isSignal(s string) bool {
	rest, ok := strings.CutPrefix(s, "SIG")
	return ok && rest != "" && len(rest) <= 8 && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
