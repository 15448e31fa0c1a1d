//go:build linux && amd64

package behaviour

import (
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/restore"
)

// TestSplitVariables: of a slice that has lost its capacity the elements are
// shown, and a struct that the compiler keeps in pieces is put together with the
// room that lies between them.
func TestSplitVariables(t *testing.T) {
	want := map[string]string{
		"main.total names":    `[]string len: 3, cap: ?, ["anvil","rocket","skates"]`,
		"main.amount.scale a": "main.amount {Digits: *4, Exp: 5}",
		"main.amount.scale f": "main.flagged {On: true, Count: 15, Last: 5}",
	}
	modes := []mode{release}
	if thorough {
		modes = append(modes, release.with("go1.25.0"), release.with("go1.27.0"))
	}
	inModes(t, modes, func(t *testing.T, m mode) {
		d := open(t, crash(t, m, "parts"))
		asked, _ := d.Asked()
		got := map[string]string{}
		for f := range asked.Frames() {
			for _, v := range f.Variables() {
				got[f.Function().Name()+" "+v.Name()] = strings.TrimSuffix(restore.VariableValue(v, restore.LongConfig()), " "+restore.StaleMark)
			}
		}
		for name, text := range want {
			if got[name] != text {
				t.Errorf("%s is %s, want %s", name, got[name], text)
			}
		}
		frame, err := restore.NewSession(d).ScopeAt(asked.ID(), frameOf(t, asked, "main.total").Index())
		if err != nil {
			t.Fatal(err)
		}
		for expr, text := range map[string]string{"names[1]": `"rocket"`, "names[1:][0]": `"rocket"`, "len(names)": "3"} {
			if r, err := frame.Eval(expr); err != nil || r.Format(restore.LongConfig()) != text {
				t.Errorf("%s is %v, %v; want %s", expr, r.Format(restore.LongConfig()), err, text)
			}
		}
		if r, err := frame.Eval("cap(names)"); err == nil {
			t.Errorf("cap(names) is %s, want an error", r.Format(restore.LongConfig()))
		}
	})
}
