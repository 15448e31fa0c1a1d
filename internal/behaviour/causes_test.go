//go:build linux && amd64

package behaviour

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// B1.4: whatever the cause is and wherever the capture is asked for, the dump
// knows kind, type, words and value. Capture without a cause is the call
// without arguments: the panic under way is its cause, and where there is none
// the dump is one of a healthy program.
func TestCauses(t *testing.T) {
	const mute = "no cause was given, so no method of the panic's value was called"
	tests := []struct {
		name  string
		kind  dump.CauseKind
		typ   string
		text  string
		value string // as print shows it, "" for none
		blame string
	}{
		{"three-value", dump.CausePanic, "*main.code", "code 7", "*{Number: 7}", "main.sameRecover"},
		{"three-write", dump.CausePanic, "*main.code", "code 7", "*{Number: 7}", "main.sameRecover"},
		{"three-nil", dump.CausePanic, "*main.code", mute, "*{Number: 7}", "main.sameRecover"},
		{"panicnil", dump.CausePanic, "*runtime.PanicNilError", "panic called with nil argument", "*{}", "main.panicNil"},
		{"notrecovered", dump.CausePanic, "*main.code", mute, "*{Number: 8}", "main.notRecovered"},
		{"nested", dump.CausePanic, "*main.plain", "(*main.plain)", `*{Name: "third", List: []int len: 1, cap: 1, [3]}`, "main.nested.func2.1"},
		{"repanic", dump.CausePanic, "*main.code", "code 9", "*{Number: 9}", "main.repanic.func2"},
		{"goexit", dump.CauseGoexit, "", "", "", "main.capture"},
		{"exitpanic", dump.CausePanic, "string", "while leaving", `"while leaving"`, "main.exitThenPanic.func1.2"},
		{"none", dump.CauseNone, "", "", "", "main.capture"},
		{"error", dump.CauseError, "*main.code", "code 10", "*{Number: 10}", "main.capture"},
		{"wrapped", dump.CauseError, "*fmt.wrapError", "opening /p: code 11", `*{msg: "opening /p: code 11", err: error(*main.code) *{Number: 11}}`, "main.capture"},
		{"joined", dump.CauseError, "*errors.joinError", "code 12\nfile already exists", "*{errs: []error len: 2, cap: 2, [...,...]}", "main.capture"},
		{"number", dump.CauseValue, "int", "-3", "-3", "main.capture"},
		{"struct", dump.CauseValue, "main.plain", "(main.plain)", `{Name: "p", List: []int len: 2, cap: 2, [1,2]}`, "main.capture"},
		{"pointer", dump.CauseValue, "*main.plain", "(*main.plain)", `*{Name: "pp", List: []int len: 1, cap: 1, [3]}`, "main.capture"},
		{"nilerror", dump.CauseError, "*main.code", "its method panicked: invalid memory address or nil pointer dereference", "nil", "main.capture"},
		{"function", dump.CauseValue, "func(string) string", "(func(string) string)", "strings.ToUpper", "main.capture"},
		{"afterwards", dump.CauseError, "*main.code", "code 13", "*{Number: 13}", "main.capture"},
		{"elsewhere", dump.CauseError, "*main.code", "code 14", "*{Number: 14}", "main.capture"},
		{"guard", dump.CausePanic, "*fmt.wrapError", "guarded: code 15", `*{msg: "guarded: code 15", err: error(*main.code) *{Number: 15}}`, "main.guard"},
	}
	modes := both
	if thorough {
		modes = append(modes, race, release.with("go1.25.0"), release.with("go1.27.0"), debug.with("go1.25.0"), debug.with("go1.27.0"))
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		dir := causes(t, m)
		for _, tt := range tests {
			d := open(t, filepath.Join(dir, tt.name+".dump"))
			c := d.Cause()
			f, _ := c.Frame()
			if tt.name == "panicnil" { // Go 1.27 says a word more
				c.Text = strings.TrimPrefix(c.Text, "runtime error: ")
			}
			if c.Kind != tt.kind || c.TypeName != tt.typ || c.Text+c.TextError != tt.text || f.Function().Name() != tt.blame {
				t.Errorf("%s: %v %q %q %q in %s, want %v %q %q in %s", tt.name, c.Kind, c.TypeName, c.Text, c.TextError, f.Function().Name(),
					tt.kind, tt.typ, tt.text, tt.blame)
			}
			value := ""
			if v := c.Value(); v.Valid() && !v.IsNil() {
				value = restore.FormatValue(v, restore.LongConfig())
			}
			want := tt.value
			if want != "" {
				want = fmt.Sprintf("interface {}(%s) %s", tt.typ, want)
			}
			if tt.name == "panicnil" { // its one field has no name and no size
				value = strings.Replace(value, "{_: [0]*runtime.PanicNilError []}", "{}", 1)
			}
			if value != want {
				t.Errorf("%s: value %s, want %s", tt.name, value, want)
			}
		}
		chains(t, dir)
		long := open(t, filepath.Join(dir, "text.dump")).Cause()
		if n, ok := long.Value().Elem().Len(); !ok || n != 100_000 || len(long.Text) > 70_000 || !strings.HasPrefix(long.Text, "long long ") {
			t.Errorf("of a long text %d bytes are said to be, and %d are shown", n, len(long.Text))
		}
	})
}

// causes runs the program. It ends as any program does that panics.
func causes(t *testing.T, m mode) (dir string) {
	t.Helper()
	dir = t.TempDir()
	e := run(t, build(t, m, "causes"), dir)
	if e.status != 2 {
		t.Fatalf("exit status %d\n%s", e.status, e.errors)
	}
	for _, want := range []string{
		"postmortem: dump written to " + filepath.Join(dir, "guard.dump") + "\n", "\npanic: ", "guarded: code 15", "\ngoroutine 1 [running", "\nmain.guard(", "\nmain.main()",
	} {
		if !strings.Contains(e.errors, want) {
			t.Errorf("standard error lacks %q:\n%s", want, e.errors)
		}
	}
	return dir
}

// chains looks at the chains of panics, newest first.
func chains(t *testing.T, dir string) {
	t.Helper()
	for name, want := range map[string]string{
		"three-value":  "*main.code recovered main.sameRecover",
		"notrecovered": "*main.code main.notRecovered",
		"nested":       "*main.plain recovered main.nested.func2.1|*fmt.wrapError main.nested.func2|string main.nested",
		"repanic":      "*main.code recovered main.repanic.func2|*main.code recovered repanicked main.repanic",
		"goexit":       "Goexit main.goexit.func1",
		"exitpanic":    "string recovered main.exitThenPanic.func1.2|Goexit main.exitThenPanic.func1",
		"none":         "",
		"afterwards":   "",
		"elsewhere":    "",
	} {
		d := open(t, filepath.Join(dir, name+".dump"))
		g, ok := d.Asked()
		if !ok {
			t.Errorf("%s: the dump does not know who asked for it", name)
		}
		var chain []string
		for _, p := range g.Panics() {
			chain = append(chain, panicText(p))
		}
		if got := strings.Join(chain, "|"); got != want {
			t.Errorf("%s: panics %q, want %q", name, got, want)
		}
	}
	// The goroutine that panicked is another one than the one that asked.
	d := open(t, filepath.Join(dir, "elsewhere.dump"))
	var others []string
	for g := range d.Goroutines() {
		for _, p := range g.Panics() {
			others = append(others, panicText(p))
		}
	}
	if got := strings.Join(others, "|"); got != "*main.code recovered main.elsewhere.func1" {
		t.Errorf("elsewhere: the other goroutine's panics are %q", got)
	}
}

func panicText(p dump.Panic) string {
	text := "Goexit"
	if !p.Goexit {
		typ, _ := p.Value().Dynamic()
		text = typ.Name()
	}
	if p.Recovered {
		text += " recovered"
	}
	if p.Repanicked {
		text += " repanicked"
	}
	f, _ := p.Frame()
	return text + " " + f.Function().Name()
}

// B2.4: an option that cannot work is an error when it is given, before the
// program does anything.
func TestBadOption(t *testing.T) {
	exe := build(t, release, "depth")
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-depth", "-2"}, {"-bytes", "0"}, {"-frames", "1"}, {"-o", ""}, {"-o", "nowhere/x.dump"}, {"-o", dir + "/"},
	} {
		e := run(t, exe, append([]string{"-o", filepath.Join(dir, "x.dump"), "-check"}, args...)...)
		if e.status != 1 || !strings.HasPrefix(e.errors, "dump: option ") || strings.Contains(e.errors, "\n\n") {
			t.Errorf("%q: exit status %d, %q", args, e.status, e.errors)
		}
	}
	if e := run(t, exe, "-o", filepath.Join(dir, "x.dump"), "-check"); e.status != 0 || e.out != "the options are good\n" {
		t.Errorf("good options: exit status %d, %q %q", e.status, e.out, e.errors)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("checking options made files: %v, %v", left, err)
	}
}
