package rule

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const text = "# what frameworks do\r\n\n" +
		"hide net/http.*\t# the server\n" +
		"  hideline,insert main.(*shop).serve `serve {r.Method} {{{m[\"}\"]}}}`\n" +
		"replace main.Map[map[string] int] `{ x }`\n" +
		"show main.f-fm"
	rules, errs := Parse(text)
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	var got []string
	for _, r := range rules {
		got = append(got, fmt.Sprintf("%d %v %v %v", r.Line, r.Actions, r.Pattern.String(), r.Label))
	}
	want := []string{
		"3 hide net/http.* []",
		`4 hideline,insert main.(*shop).serve [{serve  false} {r.Method true} { { false} {m["}"] true} {} false}]`,
		"5 replace main.Map [{x true}]",
		"6 show main.f []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Each error names its line and column, and costs only its own line.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"hid main.f", `line 1, column 1: unknown action "hid"`},
		{"\n hide,, main.f", `line 2, column 7: unknown action ""`},
		{"hide,shove main.f", `line 1, column 6: unknown action "shove"`},
		{"hide", "line 1, column 5: the pattern is missing"},
		{"hide # f", "line 1, column 6: the pattern is missing"},
		{"hide main.f main.g", "line 1, column 13: this is too much"},
		{"hide main.f \"x\"", "line 1, column 16: hide has no label"},
		{"insert main.f", "line 1, column 14: insert needs a label"},
		{"insert main.f \"x", "line 1, column 15: the label is no string"},
		{"insert main.f \"\"", "line 1, column 15: the label is empty"},
		{"insert main.f \"{x\"", "line 1, column 15: a { in the label without"},
		{"insert main.f \"x}\"", "line 1, column 15: a } in the label"},
		{"insert main.f \"{ }\"", "line 1, column 15: an empty expression"},
		{"insert main.f \"" + strings.Repeat("{x}", 17) + "\"", "line 1, column 15: an empty expression in the label, or more than 16"},
		{"show,hide main.f", "line 1, column 1: show stands alone"},
		{"prune,replace main.f \"x\"", "line 1, column 1: prune,replace contradict"},
		{"replace,insert main.f \"x\"", "line 1, column 1: replace,insert contradict"},
		{"hide main.f[int", "line 1, column 6: the brackets"},
		{"hide main.f]", "line 1, column 6: the brackets"},
		{"hide main.**", "line 1, column 6: two wildcards"},
		{"hide a*b*c*d*e*f*g*h*i*j", "line 1, column 6: more than 8 wildcards"},
		{"hide " + strings.Repeat("x", 513), "line 1, column 6: the pattern is longer"},
	} {
		rules, errs := Parse(c.text + "\nhide main.g")
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, errs, c.want)
		}
		if len(rules) != 1 || rules[0].Pattern.String() != "main.g" {
			t.Errorf("%q: %d rules, want the good one", c.text, len(rules))
		}
	}
}

// The example and the patterns of the description are what it says.
func TestDescription(t *testing.T) {
	b, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	example := strings.Split(doc, "```")[1]
	if rules, errs := Parse(example); len(rules) != 5 || len(errs) != 0 {
		t.Errorf("the example: %d rules, %v", len(rules), errs)
	}
	_, table, _ := strings.Cut(doc, "| pattern | matches |")
	table, _, _ = strings.Cut(table, "Names are those")
	patterns := 0
	for i, code := range strings.Split(table, "`") {
		if i%2 == 1 && len(code) > 3 {
			if _, bad := NewPattern(code); bad != "" {
				t.Errorf("%s: %s", code, bad)
			}
			patterns++
		}
	}
	if patterns < 8 {
		t.Errorf("only %d patterns are described", patterns)
	}
	for _, name := range actionNames {
		if !strings.Contains(doc, "| `"+name+"` | ") {
			t.Errorf("%s is not described", name)
		}
	}
}

func TestParseLimits(t *testing.T) {
	if rules, errs := Parse(strings.Repeat("hide f\n", MaxRules+1)); len(rules) != MaxRules || len(errs) != 1 {
		t.Errorf("%d rules, %v", len(rules), errs)
	}
	if rules, errs := Parse(strings.Repeat("#\n", MaxText/2) + "hide f"); len(rules) != 0 || len(errs) != 1 {
		t.Errorf("%d rules, %v", len(rules), errs)
	}
	if _, errs := Parse(strings.Repeat("x\n", 1000)); len(errs) != maxErrors {
		t.Errorf("%d errors", len(errs))
	}
}

// B4.10: what patterns match.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"main.f", []string{"main.f", "main.f-fm", "main.f-range1", "main.f[...]", "main.f[go.shape.int]"}, []string{"main.f.func1", "main.ff", "x/main.f", "main.f2"}},
		{"main.f.func1", []string{"main.f.func1", "main.f-range1.func1", "main.f[...].func1"}, []string{"main.f.func1.2", "main.f"}},
		{"main.f.*", []string{"main.f.func1", "main.f.func1.2", "main.f.deferwrap1"}, []string{"main.f", "main.g"}},
		{"net/http.(*conn).serve", []string{"net/http.(*conn).serve"}, []string{"net/http.(conn).serve", "net/http.(xconn).serve", "http.(*conn).serve"}},
		{"net/http.(*conn).*", []string{"net/http.(*conn).serve", "net/http.(*conn).serve.func1"}, []string{"net/http.(*connReader).Read"}},
		{"net/http", []string{"net/http.Get", "net/http.(*conn).serve"}, []string{"net/http/httptest.NewServer", "net.http"}},
		{"net/...", []string{"net/http.Get", "net/http/httptest.NewServer"}, []string{"network.X", "main.net", "nets/x.F"}},
		{"net...", []string{"net.Dial", "net/http.Get", "network.X"}, nil},
		{"net/*", []string{"net/http.Get", "net/url.Parse"}, []string{"net.Dial", "net/http/httptest.NewServer"}},
		{"*.String", []string{"main.String", "fmt.String"}, []string{"net/url.String"}},
		{"....String", []string{"main.String", "net/url.(*URL).String"}, []string{"net/url.(*URL).Strings"}},
		{"...http...", []string{"net/http.Get", "net/http/httptest.NewServer", "main.http"}, []string{"main.f"}},
		{"main.Map[string,int]", []string{"main.Map[...]", "main.Map"}, []string{"main.Mapped"}},
		{"main.(*List[...]).Push", []string{"main.(*List[...]).Push", "main.(*List[go.shape.int]).Push-fm"}, []string{"main.List.Push"}},
		{"main.(*List).Push", []string{"main.(*List[...]).Push"}, nil},
		{"gopkg.in/yaml.v3.Unmarshal", []string{"gopkg.in/yaml%2ev3.Unmarshal"}, []string{"gopkg.in/yaml%2ev2.Unmarshal"}},
		{"gopkg.in/yaml.v3", []string{"gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml%2ev3.(*parser).parse"}, nil},
		{"...", []string{"main.f", "a/b.c"}, []string{""}},
		{"a*b*c", []string{"axbxc", "abc", "abbc"}, []string{"axb/xc", "abcd", "ab"}},
		{"a...b*c", []string{"a/b/b.c", "abc"}, []string{"a/b/b/c", "a"}},
		{"*/b...*c", nil, nil},
	} {
		p, bad := NewPattern(c.pattern)
		if c.yes == nil && c.no == nil {
			if bad == "" {
				t.Errorf("%s: accepted", c.pattern)
			}
			continue
		}
		if bad != "" {
			t.Errorf("%s: %s", c.pattern, bad)
			continue
		}
		for _, name := range c.yes {
			if !p.Match(NewName(name)) {
				t.Errorf("%s does not match %s", c.pattern, name)
			}
			if n := NewName(name); !wild(p.text) && (!n.Is(p.text) || !strings.HasPrefix(name, Head(p.text))) {
				t.Errorf("%s: %s is not known by name", c.pattern, name)
			}
		}
		for _, name := range c.no {
			if p.Match(NewName(name)) {
				t.Errorf("%s matches %s", c.pattern, name)
			}
		}
	}
}

// As for the go command, a package and those below it.
func TestMatchBelow(t *testing.T) {
	p, _ := NewPattern("net/...")
	if !p.Match(NewName("net.Dial")) || p.Match(NewName("nets.Dial")) {
		t.Error("net/... has to match package net and no other")
	}
}

func TestEachName(t *testing.T) {
	var got []string
	EachName("# hide main.x\nhide main.*\n\n show\tmain.(*G[...]).M-fm\nhide\nhid a%2eb/c ...\nprune a/b...", func(line int, name string) {
		got = append(got, fmt.Sprint(line, name))
	})
	if want := []string{"4main.(*G).M", "6a.b/c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// slow is a second way to match: letter by letter, trying everything.
func slow(pattern string, at int, s string) bool {
	if at == len(pattern) {
		return s == ""
	}
	w, n := wildcardAt(pattern, at)
	if w == none {
		return s != "" && s[0] == pattern[at] && slow(pattern, at+1, s[1:])
	}
	for i := 0; i <= len(s); i++ {
		if slow(pattern, at+n, s[i:]) {
			return true
		}
		if i < len(s) && w == within && s[i] == '/' {
			break
		}
	}
	return false
}

// FuzzParse: errors name a place inside the text, rules are within the limits,
// and what is good stays good by itself.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"hide net/http.(*conn).*\nshow main.f # why\n", "replace main.(*T).serve \"serve {r.Method} {r.URL.Path}\"", "insert main.F[...] `{m[\"}\"]}`",
		"hideline,prune x/...\r\n", "hid x", "insert f \"\\x00{a}\"", "hide a*b...c*d", "hide main.f[", "insert f \"{{\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, errs := Parse(text)
		if len(rules) > MaxRules || len(errs) > maxErrors+1 {
			t.Fatalf("%d rules, %d errors", len(rules), len(errs))
		}
		lines := strings.Split(text, "\n")
		for _, e := range errs {
			if e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len(lines[e.Line-1])+1 {
				t.Errorf("no such place: %v", e)
			}
		}
		for _, r := range rules {
			again, errs := Parse(lines[r.Line-1])
			if len(errs) != 0 || len(again) != 1 || again[0].Actions != r.Actions || !slices.Equal(again[0].Label, r.Label) {
				t.Errorf("line %d alone: %v, %v", r.Line, again, errs)
			}
		}
	})
}

// FuzzMatch compares with matching letter by letter.
func FuzzMatch(f *testing.F) {
	f.Add("net/...http*.Get", "net/http.Get")
	f.Add("a*b...c", "axb/b/c")
	f.Add("main.(*T).*", "main.(*T).M")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(s) > 30 {
			return
		}
		p, bad := NewPattern(pattern)
		if bad != "" || strings.HasSuffix(p.text, "/...") || strings.Contains(p.text, "....") {
			return
		}
		if got, want := p.match(s), slow(p.text, 0, s); got != want {
			t.Errorf("%q and %q: %v, want %v", p.text, s, got, want)
		}
	})
}
