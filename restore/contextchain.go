package restore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// maxLinks is how far a chain of contexts is followed.
const maxLinks = 100

// What is looked at for contexts.
const (
	linkSteps           = 8    // values that are looked at for a link, about
	maxContextFields    = 200  // of a struct
	maxEmbedded         = 16   // structs that are embedded in one
	maxContextVariables = 1000 // of a frame
)

// ContextLink is one context of a chain: a context.Context that was made from the next one.
type ContextLink struct {
	Type string // dynamic type, without the pointer: context.valueCtx
	Addr uint64
	Done uint64 // address of the channel that Done gives, 0 not asked for yet, or none

	Key, Value dump.Value // of a context.WithValue; not valid for others

	HasDeadline bool
	Deadline    time.Time
	Left        time.Duration // until the deadline at the freeze; negative: it had passed

	Cancelled  bool
	Err, Cause string
	Unknown    string // why it is not known whether it is cancelled, "" if it is
}

// Contexts is a chain, the variable's own context first.
type Contexts struct {
	Links []ContextLink
	Err   error // why the chain ends before its root, if it does
}

// IsContext reports whether a value is a context.Context, or one of package
// context's own.
func IsContext(v dump.Value) bool {
	name := strings.TrimPrefix(v.Type().Name(), "*")
	if v.Kind() == dump.KindInterface {
		return name == "context.Context"
	}
	return strings.HasPrefix(name, "context.") && strings.HasSuffix(name, "Ctx")
}

// ContextsOf follows the chain of contexts that begins with a value. At most
// 100 links are followed; one that leads back into the chain ends it.
func ContextsOf(v dump.Value) Contexts {
	var out Contexts
	seen := map[uint64]bool{}
	for v.Valid() {
		v = concrete(v)
		if s, absent := absence(v); absent {
			out.Err = &AbsentError{Stub: s}
			return out
		}
		if v.Kind() == dump.KindInterface || v.Kind() == dump.KindPointer { // nil
			return out
		}
		switch {
		case v.Addr() != 0 && v.Type().Size() > 0 && seen[v.Addr()]:
			out.Err = fail(ErrRange, "the chain of contexts leads back to the %s at %#x", v.Type().Name(), v.Addr())
			return out
		case len(out.Links) == maxLinks:
			out.Err = fail(ErrRange, "the chain of contexts is longer than %d", maxLinks)
			return out
		}
		seen[v.Addr()] = true
		link, parent := readLink(v)
		out.Links = append(out.Links, link)
		v = parent
	}
	return out
}

// concrete goes through interfaces and pointers, as long as they are there.
func concrete(v dump.Value) dump.Value {
	for range 4 {
		if v.Kind() != dump.KindInterface && v.Kind() != dump.KindPointer || v.IsNil() {
			break
		}
		v = v.Elem()
	}
	return v
}

// readLink reads one context, and gives the one from which it was made; not
// valid for a root.
func readLink(v dump.Value) (link ContextLink, parent dump.Value) {
	link = ContextLink{Type: v.Type().Name(), Addr: v.Addr()}
	if link.Type == "context.valueCtx" {
		link.Key, _ = v.FieldByName("key")
		link.Value, _ = v.FieldByName("val")
	}
	if deadline, ok := v.FieldByName("deadline"); ok && link.Type == "context.timerCtx" {
		if link.Deadline, link.HasDeadline = wallTime(deadline); link.HasDeadline {
			link.Left = link.Deadline.Sub(v.Dump().Meta().Time)
		}
	}
	inner := v
	for range 4 { // timerCtx and afterFuncCtx embed a cancelCtx
		if inner.Type().Name() == "context.cancelCtx" {
			link.readCancel(inner)
		}
		if c, ok := inner.FieldByName("c"); ok && inner.Type().Name() == "context.withoutCancelCtx" {
			return link, c
		}
		next, ok := embeddedContext(inner)
		if !ok || next.Kind() == dump.KindInterface {
			return link, next
		}
		if inner = next; inner.Kind() == dump.KindPointer {
			return link, inner
		}
	}
	return link, dump.Value{}
}

// embeddedContext finds the embedded field that makes a struct a context.
func embeddedContext(v dump.Value) (dump.Value, bool) {
	structs := 0
	for i := range min(v.NumField(), maxContextFields) {
		f := v.Type().Field(i)
		if !f.Embedded {
			continue
		}
		if IsContext(v.Field(i)) {
			return v.Field(i), true
		}
		if f.Type.Kind() != dump.KindStruct {
			continue
		}
		if structs++; structs <= maxEmbedded && hasContext(v.Field(i)) {
			return v.Field(i), true
		}
	}
	return dump.Value{}, false
}

func hasContext(v dump.Value) bool {
	for i := range min(v.NumField(), maxContextFields) {
		if f := v.Type().Field(i); f.Embedded && f.Type.Name() == "context.Context" {
			return true
		}
	}
	return false
}

// readCancel reads a context.cancelCtx.
func (l *ContextLink) readCancel(v dump.Value) {
	if done, ok := v.FieldByName("done"); ok {
		if ch := stored(done); ch.Kind() == dump.KindChan {
			l.Done = ch.Pointer()
		}
	}
	if err, ok := v.FieldByName("err"); ok {
		err = stored(err)
		if s, lost := err.Stub(); lost && err.Kind() == dump.KindInterface {
			l.Unknown = remarkText(s)
		} else if err.Valid() && !err.IsNil() {
			l.Cancelled, l.Err = true, ErrorText(err)
		}
	}
	if cause, ok := v.FieldByName("cause"); ok && l.Cancelled && !cause.IsNil() {
		l.Cause = ErrorText(cause)
	}
}

// stored gives what an atomic.Value holds, and other values as they are; an
// interface's content, or the interface itself if it is absent.
func stored(v dump.Value) dump.Value {
	if v.Kind() == dump.KindStruct && v.NumField() == 1 {
		v = v.Field(0)
	}
	if v.Kind() == dump.KindInterface {
		if _, lost := v.Stub(); lost {
			return v
		}
		return v.Elem()
	}
	return v
}

// ErrorText says what an error's method would, for the errors that are plain
// texts; for others it shows the value.
func ErrorText(v dump.Value) string {
	c := concrete(v)
	switch c.Type().Name() {
	case "context.deadlineExceededError":
		return "context deadline exceeded"
	case "errors.errorString", "fmt.wrapError", "fmt.wrapErrors":
		for _, name := range []string{"s", "msg"} {
			if f, ok := c.FieldByName(name); ok {
				if text, _, ok := f.Text(1000); ok {
					return text
				}
			}
		}
	}
	return FormatValue(v, ShortConfig())
}

// wallTime reads a time.Time to the nanosecond.
func wallTime(v dump.Value) (time.Time, bool) {
	wallField, _ := v.FieldByName("wall")
	extField, _ := v.FieldByName("ext")
	wall, ok1 := wallField.Uint()
	ext, ok2 := extField.Int()
	if !ok1 || !ok2 || wall == 0 && ext == 0 {
		return time.Time{}, false
	}
	nsec := int64(wall & (1<<wallNsecShift - 1))
	if wall&wallMonotonic != 0 {
		return time.Unix(int64(wall<<1>>(wallNsecShift+1))+wallEpochUnix, nsec).UTC(), true
	}
	const unixOfYear1 = -62135596800
	return time.Unix(ext+unixOfYear1, nsec).UTC(), true
}

// String describes a link: context.valueCtx "user" = "Ada".
func (l ContextLink) String() string {
	text := strings.TrimPrefix(l.Type, "context.")
	switch {
	case l.Key.Valid():
		text = "value " + keyText(l.Key) + " = " + plain(l.Value)
	case l.HasDeadline:
		text = "deadline " + l.Deadline.Format(time.RFC3339Nano) + ", " + leftText(l.Left)
	case l.Type == "context.cancelCtx":
		text = "cancel"
	case l.Type == "context.backgroundCtx", l.Type == "context.todoCtx":
		text = strings.TrimSuffix(text, "Ctx")
	case l.Type == "context.withoutCancelCtx":
		text = "without cancel"
	}
	if l.Cancelled {
		text += ": cancelled: " + l.Err
		if l.Cause != "" && l.Cause != l.Err {
			text += ", cause: " + l.Cause
		}
	}
	if l.Unknown != "" {
		text += " [whether cancelled: " + l.Unknown + "]"
	}
	return Printable(text)
}

// leftText tells what was left of a deadline at the freeze.
func leftText(left time.Duration) string {
	if left < 0 {
		return fmt.Sprintf("passed %v before", -left.Round(time.Millisecond))
	}
	return fmt.Sprintf("%v left", left.Round(time.Millisecond))
}

// maxKeyName is how long the name of a key may be.
const maxKeyName = 200

// keyText shows the key of a value. One that is a pointer to a struct with a
// name, as those of net/http are, is known by that and not by its address.
func keyText(v dump.Value) string {
	if p := concrete(v); v.Kind() == dump.KindInterface && p.Kind() == dump.KindStruct && v.Elem().Kind() == dump.KindPointer {
		if name, ok := p.FieldByName("name"); ok && name.Kind() == dump.KindString {
			n, _ := name.Len()
			if text, _, ok := name.Text(maxKeyName); ok && text != "" && int64(len(text)) == n {
				return p.Type().Name() + "(" + strconv.Quote(text) + ")"
			}
		}
	}
	return plain(v)
}

// plain shows what an interface holds, without the interface.
func plain(v dump.Value) string {
	if v.Kind() == dump.KindInterface {
		if v.IsNil() {
			return "nil"
		}
		if t, ok := v.Dynamic(); ok && t.Named() && strings.Contains(t.Name(), ".") { // 42 needs no type, key("id") does
			if e := v.Elem(); t.NumField() == 0 && t.Kind() == dump.KindStruct || e.Kind() < dump.KindArray || e.Kind() == dump.KindString {
				return t.Name() + "(" + strings.TrimPrefix(FormatValue(e, ShortConfig()), t.Name()+" ") + ")"
			}
		}
		v = v.Elem()
	}
	if s, absent := absence(v); absent {
		return stubText(s, v.Type().Name(), 0)
	}
	return FormatValue(v, ShortConfig())
}

// FrameContext is a variable of a frame that holds a context.
type FrameContext struct {
	Name string // ctx, r.ctx
	Type string
	Contexts
}

// Contexts lists the contexts that the frame's variables hold. That of an
// argument which is a struct with a context in it, like *http.Request, is
// found one field deep. Those for which there is no time are left out, see
// [Reading.Unsearched].
func (sc Scope) Contexts(r *Reading) []FrameContext {
	if !sc.framed {
		return nil
	}
	var out []FrameContext
	vars := sc.variables()
	for _, v := range vars[:min(len(vars), maxContextVariables)] {
		if r.Spent() || r.Unsearched() {
			break
		}
		if v.Fake() {
			continue
		}
		value, name := v.Value(), v.Name()
		if !IsContext(value) && !hasContext(concrete(value)) {
			field, ok := contextField(value)
			if !ok {
				continue
			}
			value, name = field.value, name+"."+field.name
		}
		if _, absent := absence(value); absent || value.IsNil() {
			continue
		}
		chain := ContextsOf(value)
		r.search(linkSteps * len(chain.Links))
		out = append(out, FrameContext{name, value.Type().Name(), chain})
	}
	return out
}

// fieldContext is a context in a field of a struct.
type fieldContext struct {
	name  string
	value dump.Value
}

// contextField finds the first field that is a context, in the struct that a
// value is or points to.
func contextField(v dump.Value) (fieldContext, bool) {
	if v.Kind() == dump.KindPointer && !v.IsNil() {
		v = v.Elem()
	}
	for i := range min(v.NumField(), maxContextFields) {
		if f := v.Type().Field(i); f.Type.Name() == "context.Context" {
			return fieldContext{f.Name, v.Field(i)}, true
		}
	}
	return fieldContext{}, false
}
