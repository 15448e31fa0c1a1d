//go:build linux && amd64

package behaviour

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/export"
	"github.com/gopostmortem/postmortem/restore"
)

const rulesPackage = "github.com/gopostmortem/postmortem/testdata/behaviour/rules/"

var flatLine = regexp.MustCompile(`^goroutine \d+ frame (-|\d+) (.*?)( \S+)?$`)

// stackLines runs commands, the last of which is bt -flat, and gives the names
// of the frames: without the directories of packages, labels in <>, and with a
// ~ where the place is not shown.
func stackLines(t testing.TB, file string, commands ...string) []string {
	t.Helper()
	args := []string{"open"}
	for _, c := range commands {
		args = append(args, "-c", c)
	}
	status, out, errs := postmortem(append(args, file)...)
	if status != 0 {
		t.Errorf("%q: exit status %d\n%s", commands, status, errs)
	}
	var names []string
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		m := flatLine.FindStringSubmatch(line)
		name := ""
		switch {
		case m == nil:
			t.Fatalf("%q: not a line of a frame: %q", commands, line)
		case m[1] == "-":
			name = "<" + m[2] + m[3] + ">"
		case m[3] == "":
			name = m[2] + "~"
		default:
			name = m[2]
		}
		names = append(names, strings.NewReplacer(rulesPackage, "", "github.com/gopostmortem/postmortem/testdata/internal/", "").Replace(name))
	}
	return names
}

// inner is the part of the stack of the program rules that is looked at.
const inner = "bt -flat -since main.main -until main.(*ledger).close"

// whole is that part.
var whole = []string{
	"main.(*ledger).close-range1", "main.(*ledger).entries", "main.(*ledger).close", "runtime.gopanic", "given.Fail", "main.deferring", "main.inlined", "faulty.Pass", "main.stock.Handle.func1",
	"main.each[go.shape.int]", "main.stock.Handle", "framework.(*Router).call", "framework.(*Router).route", "framework.Serve", "main.main",
}

// without is the whole part without some frames.
func without(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(whole), func(s string) bool { return slices.Contains(names, s) })
}

// with puts a label before a frame of a list.
func with(list []string, label, before string) []string {
	return slices.Insert(slices.Clone(list), slices.Index(list, before), label)
}

// instead is the whole part with a label in place of a frame.
func instead(name, label string) []string {
	list := slices.Clone(whole)
	list[slices.Index(list, name)] = label
	return list
}

// rulesDump is a dump of the program rules, given these texts.
func rulesDump(t testing.TB, m mode, texts ...string) string {
	t.Helper()
	return crash(t, m, "rules", texts...)
}

// B4.9, B4.10: one rule of each kind, and each kind of function, give exactly
// these frames.
func TestRules(t *testing.T) {
	modes := slices.Clone(both)
	if thorough {
		modes = append(modes, release.with("go1.25.0"), release.with("go1.27.0"))
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		file := rulesDump(t, m)
		for _, c := range []struct {
			rule string
			want []string
		}{
			{"hide main.inlined", without("main.inlined")},
			{"prune main.main", []string{"given.Fail", "main.main"}}, // given.Fail is the culprit
			{"replace " + rulesPackage + "framework.Serve `{r.Method} {r.Path[1:]} {len(r.Path)}`", []string{"given.Fail", "<POST take 5>", "framework.Serve", "main.main"}},
			{"insert " + rulesPackage + "framework.Serve `{r.Path}`", with(whole, "</take>", "framework.Serve")},
			{"hide,insert " + rulesPackage + "framework.Serve `{r.Path}`", instead("framework.Serve", "</take>")},
			{"hide main.(*stock).Handle", without("main.stock.Handle")},          // the wrapper stands for it
			{"hide main.stock.Handle-fm", without("main.stock.Handle")},          // and so does a method value
			{"hide main.deferring.deferwrap1", without("main.(*ledger).close")},  // and a deferred call's
			{"hide main.stock.Handle.func1", without("main.stock.Handle.func1")}, // a closure
			{"hide main.stock.Handle.func*", without("main.stock.Handle.func1")}, //
			{"hide main.each[int]", without("main.each[go.shape.int]")},          // generic
			{"hide main.each", without("main.each[go.shape.int]")},               //
			{"hide main.(*ledger).*", without(whole[:3]...)},                     //
			{"hide " + rulesPackage + "framework", slices.Clip(without("framework.(*Router).call", "framework.(*Router).route", "framework.Serve"))},
			{"hide " + rulesPackage + "...", without("faulty.Pass", "framework.(*Router).call", "framework.(*Router).route", "framework.Serve")},
			{"hide given.*", whole},
			{"hide ...given.Fail", whole}, // B4.11: the culprit stays
			{"hide nosuch.f", whole},
			// B4.11: what cannot be evaluated hides nothing.
			{"replace main.main `{nosuch}`", whole},
			{"hide,insert main.stock.Handle `{s.right}`", whole},
			// B4.12
			{"hideline main.each", slices.Concat(whole[:9], []string{"main.each[go.shape.int]~"}, whole[10:])},
		} {
			got := stackLines(t, file, "rules off", "rules on viewer", "rules add "+c.rule, inner)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s:\ngot  %q\nwant %q", c.rule, got, c.want)
			}
			raw := stackLines(t, file, "rules add "+c.rule, inner+" -a")
			if bare := stackLines(t, file, "rules off", inner+" -raw"); !slices.Equal(raw, bare) || len(raw) != len(whole)+2 {
				t.Errorf("%s: with -a:\ngot  %q\nwant %q", c.rule, raw, bare)
			}
		}
	})
}

// B4.11: what is hidden and what failed is said.
func TestRulesAreSeen(t *testing.T) {
	file := rulesDump(t, release, "hide main.each", "insert main.inlined `{gone}`")
	status, out, errs := postmortem("open", "-c", "bt", file)
	if status != 0 || !strings.Contains(out, "... 3 frames hidden by rules (bt -a shows them)\n") {
		t.Errorf("exit status %d: what is hidden is not told:\n%s", status, out)
	}
	if !strings.Contains(errs, "rule not applied: frame 13: program rules:1: gone: ") {
		t.Errorf("the rule that failed is not told:\n%s", errs)
	}
	if strings.Contains(out, "main.each") || !strings.Contains(out, "main.inlined") {
		t.Errorf("the rules of the program do not hold:\n%s", out)
	}
}

// B4.20: rules of libraries that import nothing, of the program and of
// registrations are in the dump; bad ones are told, and the dump is made.
func TestRulesOfLibraries(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := rulesDump(t, m)
		want := without("framework.(*Router).call", "framework.(*Router).route")
		want = with(want, "<POST /take>", "framework.Serve")
		want[slices.Index(want, "faulty.Pass")] = "faulty.Pass~" // the line behind the bad one
		if got := stackLines(t, file, inner); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		_, _, errs := postmortem("open", "-c", "rules", file)
		for _, text := range []string{
			"faulty.postmortemRules: line 1, column 1: unknown action \"hidden\"",
			"faulty.postmortemRules: line 3: the program has no function faulty.Nowhere",
		} {
			if !strings.Contains(errs, text) {
				t.Errorf("no warning %q in\n%s", text, errs)
			}
		}
		d := open(t, file)
		if !slices.ContainsFunc(slices.Collect(d.Losses()), func(l dump.Loss) bool {
			return l.Area == "rules" && strings.HasPrefix(l.Detail, rulesPackage+"wrong.postmortemRules: ")
		}) {
			t.Error("the variable that is no string is not among the losses")
		}
	})
	// The program's own go first, and the viewer's before them.
	file := rulesDump(t, release, "show "+rulesPackage+"framework.*")
	if got := stackLines(t, file, "rules off viewer", inner); !slices.Contains(got, "framework.(*Router).call") || slices.Contains(got, "<POST /take>") {
		t.Errorf("the library's rules override the program's: %q", got)
	}
	list := filepath.Join(t.TempDir(), "my.rules")
	if err := os.WriteFile(list, []byte("# mine\nhide main.*\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := postmortem("open", "--rules", list, "-c", inner, file)
	if status != 0 || strings.Contains(out, " main.") || !strings.Contains(errs, "my.rules: line 3, column 1: unknown action") {
		t.Errorf("exit status %d\n%s%s", status, out, errs)
	}
	if status, _, _ := postmortem("open", "--rules", list+"x", "-c", "bt", file); status != 1 {
		t.Errorf("a file that is not there: exit status %d", status)
	}
	file = rulesDump(t, release, "register", "hide main.each")
	if d := open(t, file); len(d.Rules()) != 3 || d.Rules()[0].Name != "main" || !d.Rules()[0].Library || d.Rules()[0].Problems != nil {
		t.Errorf("registered rules: %+v", d.Rules())
	}
	if got := stackLines(t, file, inner); slices.Contains(got, "main.each[go.shape.int]") {
		t.Errorf("registered rules do not hold: %q", got)
	}
}

// B4.10: a rule for what the program does not have is told; a text that is no
// rules is refused when it is given.
func TestRulesRefused(t *testing.T) {
	d := open(t, rulesDump(t, release, "hide main.nosuch\nhide main.each\nhide main.*\nhide gopkg.in/yaml.v3\nhide os"))
	want := []string{"line 1: the program has no function main.nosuch", "line 4: the program has no function gopkg.in/yaml.v3"}
	if got := d.Rules()[0].Problems; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	err := dump.Configure(dump.Rules("hide main.f\nhyde main.g"))
	var re *dump.RuleError
	if !errors.As(err, &re) || re.Line != 2 || re.Column != 1 || !strings.Contains(err.Error(), "Rules: line 2, column 1: unknown action \"hyde\"") {
		t.Errorf("%v", err)
	}
	if err := dump.RegisterRules("main", "hide"); !errors.As(err, &re) {
		t.Errorf("registered: %v", err)
	}
	if err := dump.RegisterRules("", "hide main"); err == nil {
		t.Error("registered for no package")
	}
}

// B4.2: slices of a real stack; B4.3: its root.
func TestStackSlices(t *testing.T) {
	file := rulesDump(t, release)
	until := "bt -flat -until main.inlined "
	limited := stackLines(t, file, "rules off", until+"-limit 2")
	if want := whole[6:8]; !slices.Equal(limited, want) || !slices.Equal(stackLines(t, file, "rules off", until+"-since "+rulesPackage+"faulty.Pass"), want) {
		t.Errorf("%q, want %q", limited, want)
	}
	if got := stackLines(t, file, "bt -flat -root"); !slices.Equal(got, []string{"runtime.main"}) {
		t.Errorf("the root is %q", got)
	}
	d := open(t, file)
	s := restore.NewSession(d)
	g, _ := d.Asked()
	if _, err := s.View(g, restore.Slice{Since: "main.inlined", Until: "main.main"}, restore.NewReading(d)); !errors.Is(err, restore.ErrNotCaller) {
		t.Errorf("a frame that is no caller: %v", err)
	}
	_, err := s.Root(987654)
	if none := (*restore.NoGoroutineError)(nil); !errors.As(err, &none) || none.ID != 987654 {
		t.Errorf("a goroutine that is gone: %v", err)
	}
	for c, want := range map[string]string{
		"bt -since main.inlined -until main.main": "did not call", "bt -until nosuch.f": "has no frame of nosuch.f", "bt -limit x": "must be a number", "bt -since": "followed by its value",
		"bt -root -limit 2": "no meaning", "goroutine 987654 bt": "unknown goroutine 987654",
	} {
		if why := refused(t, file, c); !strings.Contains(why, want) {
			t.Errorf("%s: %s", c, why)
		}
	}
}

// B4.18: ASCII alone, also where names and values are not.
func TestASCII(t *testing.T) {
	file := crash(t, release, "closures")
	for _, args := range [][]string{
		{"open", "--ascii", "-c", "bt -full -defer", "-c", "rules add insert main.work `\"größer\" 😀 {step}`", "-c", "bt", "-c", "bt -json -full", "-c", "größer", file},
		{"export", "--ascii", file}, {"export", "--ascii", "--text", file},
	} {
		_, out, errs := postmortem(args...)
		if out == "" {
			t.Errorf("%q: no output", args)
		}
		for _, text := range []string{out, errs} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }); i >= 0 {
				t.Errorf("%q: %q is not ASCII", args, text[i:min(i+20, len(text))])
			}
		}
		if args[0] == "open" && (!strings.Contains(out, `"gr\u00f6\u00dfer" \U0001f600 2`) || !strings.Contains(errs, `gr\u00f6\u00dfer`)) {
			t.Errorf("what is not ASCII is not escaped:\n%s%s", out, errs)
		}
	}
}

// B4.19: stacks of real dumps are exported, read and exported again: the same
// bytes, when the dump is closed.
func TestExport(t *testing.T) {
	for _, name := range []string{"rules", "closures", "methods", "embedded", "odd"} {
		file := crash(t, release, name)
		for _, form := range []struct {
			args  []string
			read  func([]byte) (*export.Stacks, error)
			write func(*bytes.Buffer) export.Writer
		}{
			{nil, func(b []byte) (*export.Stacks, error) { return export.ReadJSON(bytes.NewReader(b)) }, func(b *bytes.Buffer) export.Writer { return export.NewJSON(b) }},
			{[]string{"--text"}, func(b []byte) (*export.Stacks, error) { return export.ReadText(bytes.NewReader(b)) }, func(b *bytes.Buffer) export.Writer { return export.NewText(b) }},
		} {
			_, out, _ := postmortem(slices.Concat([]string{"export"}, form.args, []string{file})...)
			s, err := form.read([]byte(out))
			if err != nil {
				t.Fatalf("%s %v: %v", name, form.args, err)
			}
			var again bytes.Buffer
			if err := export.Write(form.write(&again), s); err != nil || again.String() != out {
				t.Errorf("%s %v: %v, exported again it differs", name, form.args, err)
			}
			g := s.Goroutines[0]
			if len(s.Goroutines) != open(t, file).NumGoroutines() || len(g.Frames) < 4 || !slices.ContainsFunc(g.Frames, func(f *export.Frame) bool { return len(f.Args)+len(f.Locals) > 0 && f.Text != "" }) {
				t.Errorf("%s %v: not all of the dump is there: %d goroutines, %d frames", name, form.args, len(s.Goroutines), len(g.Frames))
			}
		}
	}
	if status, out, errs := postmortem("export", "-g", "987654", crash(t, release, "odd")); status != 1 || !strings.Contains(errs, "unknown goroutine 987654") {
		t.Errorf("a goroutine that is gone: exit status %d\n%s%s", status, out, errs)
	}
}
