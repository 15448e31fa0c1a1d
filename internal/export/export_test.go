package export_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/export"
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

// exported is a dump's stacks, all that can be in them.
func exported(t testing.TB, b *sample.Builder) *export.Stacks {
	t.Helper()
	return exportedBy(t, b, export.Options{Locals: true, Values: restore.LongConfig()})
}

func exportedBy(t testing.TB, b *sample.Builder, o export.Options) *export.Stacks {
	t.Helper()
	d := open(t, b)
	s := restore.NewSession(d)
	all := export.Head(d)
	x := export.New(s, o)
	for g := range d.Goroutines() {
		e, err := x.Goroutine(g)
		if err != nil {
			t.Fatal(err)
		}
		all.Goroutines = append(all.Goroutines, e)
	}
	return all
}

// The two forms.
var forms = []struct {
	name  string
	write func(io.Writer) export.Writer
	read  func(io.Reader) (*export.Stacks, error)
	keeps func(*export.Stacks) *export.Stacks // what it has of them
}{
	{"json", export.NewJSON, export.ReadJSON, func(s *export.Stacks) *export.Stacks { return s }},
	{"text", export.NewText, export.ReadText, lines},
}

// lines is what lines of text have of stacks: values without their parts.
func lines(s *export.Stacks) *export.Stacks {
	out := *s
	out.Goroutines = nil
	for _, g := range s.Goroutines {
		h := *g
		h.Frames = nil
		for _, f := range g.Frames {
			e := *f
			e.Args, e.Locals = names(f.Args), names(f.Locals)
			h.Frames = append(h.Frames, &e)
		}
		out.Goroutines = append(out.Goroutines, &h)
	}
	return &out
}

func names(list []export.Value) (out []export.Value) {
	for _, v := range list {
		out = append(out, export.Value{Name: v.Name, Value: v.Value, Stale: v.Stale, Shadowed: v.Shadowed})
	}
	return out
}

func samples() map[string]*sample.Builder {
	service := sample.Service()
	service.Rules(model.Rule{Origin: model.RuleProgram, Text: "replace main.main.func1 `served {n}`\ninsert main.helper `in {n}`\nhideline main.main"})
	foreign := sample.Stacks()
	foreign.Go(model.Goroutine{ID: 9, Foreign: []model.CFrame{{PC: 0x7f00, Name: "read", Object: "/lib/libc.so.6", Offset: 16, File: "/read.c", Line: 3}}})
	return map[string]*sample.Builder{"service": service, "foreign": foreign, "trap": sample.Trap(), "long": sample.Long(), "stacks": sample.Stacks(), "none": sample.New(), "partial": partial()}
}

// partial has goroutines of which not all was kept, or could be read, or is shown.
func partial() *sample.Builder {
	b := sample.Long()
	b.Go(model.Goroutine{ID: 3, Status: model.StatusWaiting, Errors: []string{"labels: unreadable", "stack: torn"}})
	b.Rules(model.Rule{Origin: model.RuleProgram, Text: "hide main.main"})
	return b
}

// B4.19: what is exported, read and exported again is the same, and needs no dump.
func TestRoundTrip(t *testing.T) {
	for name, b := range samples() {
		want := exported(t, b)
		for _, form := range forms {
			var first, second bytes.Buffer
			if err := export.Write(form.write(&first), want); err != nil {
				t.Fatal(err)
			}
			got, err := form.read(bytes.NewReader(first.Bytes()))
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", name, form.name, err, first.String())
				continue
			}
			if len(got.Goroutines) > 0 || len(want.Goroutines) > 0 {
				if diff := cmp.Diff(form.keeps(want), got); diff != "" {
					t.Errorf("%s, %s: read (-want +got):\n%s", name, form.name, diff)
				}
			}
			if err := export.Write(form.write(&second), got); err != nil || second.String() != first.String() {
				t.Errorf("%s, %s: %v, written again it differs:\n%s\n%s", name, form.name, err, first.String(), second.String())
			}
		}
	}
}

// Values as lines are those of all parts, without the parts.
func TestLines(t *testing.T) {
	for name, b := range samples() {
		want := lines(exported(t, b))
		got := exportedBy(t, b, export.Options{Locals: true, Values: restore.LongConfig(), Lines: true})
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

// What is exported is what is shown: values, source, labels of rules.
func TestContent(t *testing.T) {
	var out bytes.Buffer
	if err := export.Write(export.NewText(&out), exported(t, samples()["service"])); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\ngoroutine 7 running\nlabel route=/orders\n",
		"\nframe 1 main.(*server).handle\n\tat /src/svc/main.go:14\n", "\n\ttext fmt.Println(r.path, numbers[i])\n",
		"\n\tlocal i = 5\n", "\n\tlocal gone = (int) [optimized out]\n",
		"\n\tdefer /src/svc/main.go:12 main.main.func1\n", "\nframe - in 40\nframe 2 main.helper", "\n\tnote program rules:1: n: ", "\nparent 1\ncreated /src/svc/main.go:7 main.main\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// What an export lacks is told in it.
func TestPartial(t *testing.T) {
	var out bytes.Buffer
	if err := export.Write(export.NewText(&out), exported(t, samples()["partial"])); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nhidden 1\n", "\nelided 9900\n", "\nerror labels: unreadable\nerror stack: torn\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// Frames of C have no number.
func TestForeign(t *testing.T) {
	var out bytes.Buffer
	if err := export.Write(export.NewText(&out), exported(t, samples()["foreign"])); err != nil {
		t.Fatal(err)
	}
	if want := "\nframe C read\n\tat /read.c:3\n\tpc 0x7f00\n\tnote in /lib/libc.so.6+0x10\n"; !strings.Contains(out.String(), want) {
		t.Errorf("%q is missing in\n%s", want, out.String())
	}
}

// B4.19: in JSON a variable has type, kind, address, length and parts.
func TestVariables(t *testing.T) {
	all := exported(t, samples()["service"])
	var handle *export.Frame
	for _, f := range all.Goroutines[0].Frames {
		if f.Function == "main.(*server).handle" {
			handle = f
		}
	}
	byName := map[string]export.Value{}
	for _, v := range slices.Concat(handle.Args, handle.Locals) {
		byName[v.Name] = v
	}
	s, numbers, gone := byName["s"], byName["numbers"], byName["gone"]
	if s.Kind != "ptr" || s.Type != "*main.Server" || s.Pointer == 0 || len(s.Children) != 1 || s.Children[0].Address != s.Pointer || s.Children[0].Kind != "struct" || s.Children[0].Children[0].Name == "" {
		t.Errorf("pointer to a struct: %+v", s)
	}
	if numbers.Kind != "slice" || numbers.Len == nil || *numbers.Len != 3 || numbers.Cap == nil || len(numbers.Children) != 3 || numbers.Children[2].Value != "3" {
		t.Errorf("slice: %+v", numbers)
	}
	if gone.Absent != "optimized out" || gone.Type != "int" {
		t.Errorf("absent: %+v", gone)
	}
}

// What there is no room for is left out, and counted.
func TestRoom(t *testing.T) {
	d := open(t, samples()["service"])
	for _, form := range forms {
		for room := range 2 {
			var out bytes.Buffer
			left := room
			full := func() bool { left--; return left < 0 }
			err := export.New(restore.NewSession(d), export.Options{}).Write(t.Context(), form.write(&out), func(dump.Goroutine) bool { return true }, full)
			if !errors.Is(err, export.ErrLimit) {
				t.Errorf("%s: %v", form.name, err)
			}
			s, err := form.read(&out)
			if err != nil || len(s.Goroutines) != room || s.Omitted != d.NumGoroutines()-room {
				t.Errorf("%s: %v: %d of %d goroutines, %d omitted", form.name, err, len(s.Goroutines), d.NumGoroutines(), s.Omitted)
			}
		}
	}
}

// A goroutine with far too much to show has some of it, and counts the rest.
func TestRoomOfGoroutine(t *testing.T) {
	b := sample.New()
	f := b.Func("main.f", "/src/main.go", 1, model.FuncUser)
	type wide [64]struct{ Name string }
	var vars []model.Var
	for i := range 400 {
		w := new(wide)
		for j := range w {
			w[j].Name = strings.Repeat("x", 64)
		}
		vars = append(vars, b.Local(fmt.Sprint("v", i), w))
	}
	call := sample.Call{Func: f, Line: 2, Vars: vars}
	b.Go(model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: b.Stack(call, call, call, call)})
	d := open(t, b)
	g, _ := d.Goroutine(1)
	values := restore.LongConfig()
	values.MaxVariableRecurse = 3
	e, err := export.New(restore.NewSession(d), export.Options{Locals: true, Values: values}).Goroutine(g)
	if err != nil {
		t.Fatal(err)
	}
	last := e.Frames[len(e.Frames)-1]
	if len(e.Frames)+e.Omitted != 4 || e.Omitted == 0 || len(last.Locals)+last.Omitted != len(vars) || last.Omitted == 0 {
		t.Errorf("%d frames and %d omitted; the last has %d variables and %d omitted", len(e.Frames), e.Omitted, len(last.Locals), last.Omitted)
	}
}

func TestReadErrors(t *testing.T) {
	for _, text := range []string{
		"", "stacks 2\n", "stacks x\n", "stacks 1\nframe 0 f\n", "stacks 1\ngoroutine x\n", "stacks 1\ngoroutine 1 r\n\tat /f:1\n",
		"stacks 1\ngoroutine 1 r\nframe x f\n", "stacks 1\ngoroutine 1 r\nframe 0 f\n\tat /f\n", "stacks 1\ngoroutine 1 r\nframe 0 f\n\tlocal x\n", "stacks 1\ngoroutine 1 r\nframe 0 f\n\tpc x\n", "stacks 1\ngoroutine 1 r\nsmile 1\n",
	} {
		if _, err := export.ReadText(strings.NewReader(text)); err == nil {
			t.Errorf("text %q is read", text)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"format":1,"goroutines":[null]}`, `{"format":1,"goroutines":[{"frames":[null]}]}`, `{"format":2}`, `{"format":1,"goroutines":[{"frames":[{"pc":"x"}]}]}`} {
		if _, err := export.ReadJSON(strings.NewReader(text)); err == nil {
			t.Errorf("JSON %q is read", text)
		}
	}
}

// FuzzRead: what can be read is the same when it is written and read again.
func FuzzRead(f *testing.F) {
	for _, b := range samples() {
		for i, form := range forms {
			var out bytes.Buffer
			if err := export.Write(form.write(&out), exported(f, b)); err != nil {
				f.Fatal(err)
			}
			f.Add(out.Bytes(), i == 0)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, json bool) {
		form := forms[1]
		if json {
			form = forms[0]
		}
		s, err := form.read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := export.Write(form.write(&first), s); err != nil {
			t.Fatal(err)
		}
		again, err := form.read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("%v:\n%s", err, first.String())
		}
		if err := export.Write(form.write(&second), again); err != nil || first.String() != second.String() {
			t.Errorf("%v: written again it differs:\n%q\n%q", err, first.String(), second.String())
		}
	})
}
