package dump_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// written gives the rules of a dump of this program that were not found in it.
func written(t *testing.T, opts ...dump.Option) []dump.FrameRules {
	t.Helper()
	var out bytes.Buffer
	if err := dump.Write(&out, nil, append(opts, dump.Depth(0), dump.Source(false))...); err != nil {
		t.Fatal(err)
	}
	d, err := dump.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return d.Rules()
}

// Rules of options come first, in their order; registered ones replace those
// of the same name. They are in dumps without values too.
func TestRules(t *testing.T) {
	t.Cleanup(func() {
		for _, name := range []string{"b", "a"} {
			if err := dump.RegisterRules(name, ""); err != nil {
				t.Error(err)
			}
		}
	})
	for _, r := range [][2]string{{"a", "hide a.old"}, {"b", "hide b"}, {"a", "hide a"}} {
		if err := dump.RegisterRules(r[0], r[1]); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range written(t, dump.Rules("hide x\nshow y"), dump.Rules(""), dump.Rules("hide z")) {
		got = append(got, strings.TrimSpace(r.Name+" "+r.Text))
		if r.Library != (r.Name != "") {
			t.Errorf("%+v: whose are they?", r)
		}
	}
	if want := []string{"hide x\nshow y", "hide z", "b hide b", "a hide a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Bad rules are refused where they are given, each line with its place.
func TestRulesRefused(t *testing.T) {
	for _, text := range []string{"hide", "hid x", "insert x", strings.Repeat("#", 65<<10)} {
		err := dump.Write(&bytes.Buffer{}, nil, dump.Rules(text))
		var re *dump.RuleError
		if !errors.As(err, &re) || re.Line != 1 || re.Column < 1 || !strings.HasPrefix(err.Error(), "dump: option Rules: line 1, column ") {
			t.Errorf("%.20q: %v", text, err)
		}
		if err := dump.RegisterRules("x", text); !errors.As(err, &re) {
			t.Errorf("%.20q: registered: %v", text, err)
		}
	}
	err := dump.Write(&bytes.Buffer{}, nil, slices.Repeat([]dump.Option{dump.Rules("hide x")}, 101)...)
	if err == nil || !strings.Contains(err.Error(), "more than 100 texts") {
		t.Errorf("%v", err)
	}
}
