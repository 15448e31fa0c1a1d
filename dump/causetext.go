package dump

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The words of the cause are the one thing that only the program's own code
// can tell: its Error or String method is called, once, as the runtime does
// when it prints a panic. It gets a goroutine, a second, and no chance to do harm.

const (
	textTimeout = time.Second
	leastText   = 100 * time.Millisecond // of it, however little time is left
	maxText     = 64 << 10
)

// causeText is what a cause says.
type causeText struct {
	text     string
	problem  string // why its method said nothing
	typeName string
}

// textOf asks the cause what it says, if it does so before the deadline. It is
// called by a helper: that the cause's memory is damaged is a panic.
func textOf(cause any, deadline time.Time) (t causeText) {
	if cause == nil {
		return causeText{}
	}
	defer func() {
		if x := recover(); x != nil {
			t.text, t.problem = "", "its memory cannot be read: "+basicText(x)
		}
	}()
	t.typeName = typeName(reflect.TypeOf(cause))
	var ask func() string
	switch c := cause.(type) {
	case error:
		ask = c.Error
	case fmt.Stringer:
		ask = c.String
	default:
		t.text = basicText(cause)
		return t
	}
	t.text, t.problem = call(ask, max(min(textTimeout, time.Until(deadline).Round(time.Millisecond)), leastText))
	return t
}

// call calls a method of the program. Whatever it does, call returns in time.
func call(method func() string, limit time.Duration) (text, problem string) {
	type answer struct{ text, problem string }
	answers := make(chan answer, 1)
	go func() {
		a := answer{problem: "its method ended the goroutine"}
		defer func() { answers <- a }()
		err := helping(func() (err error) {
			defer func() {
				if x := recover(); x != nil {
					a.problem = "its method panicked: " + basicText(x)
				}
			}()
			text := clip(method())
			a = answer{text: text}
			return nil
		})
		if err != nil {
			a.problem = err.Error()
		}
	}()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case a := <-answers:
		return a.text, a.problem
	case <-late.C:
		return "", "its method did not return within " + limit.String()
	}
}

// basicText formats values of the basic kinds without calling their methods.
// Of others it gives the type. It is as long as a text may be.
func basicText(x any) string {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Invalid:
		return "nil"
	case reflect.String:
		return clip(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		return strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits())
	}
	return "(" + typeName(v.Type()) + ")"
}

// clip copies a text, whose memory may not be what it says, and bounds it
// without cutting a character in two.
func clip(s string) string {
	if len(s) <= maxText {
		return strings.Clone(s)
	}
	n := maxText
	for n > maxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// typeName writes a type with the import paths of its packages, as a dump's types are.
func typeName(t reflect.Type) string {
	switch {
	case t.Name() != "" && t.PkgPath() != "":
		return t.PkgPath() + "." + t.Name()
	case t.Name() == "" && t.Kind() == reflect.Pointer:
		return "*" + typeName(t.Elem())
	case t.Name() == "" && t.Kind() == reflect.Slice:
		return "[]" + typeName(t.Elem())
	}
	return t.String()
}
