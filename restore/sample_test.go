package restore_test

import (
	"bytes"
	"reflect"
	"regexp"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// open gives the dump that b has made.
func open(t testing.TB, b *sample.Builder) *dump.Dump {
	t.Helper()
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, err := dump.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// frameOf is the scope of a frame of main.f that has the variables.
func frameOf(t testing.TB, b *sample.Builder, vars ...model.Var) restore.Scope {
	t.Helper()
	f := b.Func("main.f", "/src/main.go", 1, model.FuncUser)
	b.Go(model.Goroutine{ID: 1, Flags: model.GoAsked, Status: model.StatusRunning, Stack: b.Stack(sample.Call{Func: f, Line: 2, Vars: vars})})
	b.Cause.Goroutine, b.Cause.Frame = 1, 0
	return restore.NewSession(open(t, b)).Scope()
}

// show formats the value that p points to, as a variable of a frame.
func show(t testing.TB, b *sample.Builder, p any, cfg restore.LoadConfig) string {
	t.Helper()
	scope := frameOf(t, b, b.Local("x", p))
	return restore.VariableValue(scope.Locals()[0], cfg)
}

var addresses = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// plain replaces addresses, which differ from run to run.
func plain(s string) string { return addresses.ReplaceAllString(s, "0xADDR") }

// typeOf gives a type by its Go type.
func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
