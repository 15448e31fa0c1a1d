package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
)

// B4.18: frames without function, file or line, goroutines without frames and
// values that are nowhere have placeholders in each form.
func TestOddFrames(t *testing.T) {
	b := sample.New()
	var nothing *int
	b.Go(model.Goroutine{ID: 1, Flags: model.GoAsked, Stack: b.Stack(
		sample.Call{Line: 0},
		sample.Call{Func: b.Func("main.nofile", "", 0, 0), Line: 3},
		sample.Call{Func: b.Func("main.noline", "/m.go", 0, 0), Line: 0, Vars: []model.Var{b.Local("nothing", &nothing), {Name: "untyped"}}},
	)})
	b.Go(model.Goroutine{ID: 2})
	b.Cause.Goroutine, b.Cause.Frame = 1, 0
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "odd.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"open", "-c", "bt -full"}, []string{"in ???\n   at ?\n", "in main.nofile\n   at ?\n", "in main.noline\n   at /m.go:?\n", "nothing = *int nil\n", "untyped = ["}},
		{[]string{"open", "-c", "bt -flat"}, []string{"frame 0 ??? ?\n", "frame 1 main.nofile ?\n", "frame 2 main.noline /m.go:?\n"}},
		{[]string{"open", "-c", "bt -json -full"}, []string{`"function":""`, `"function":"main.nofile","line":3`, `"name":"nothing",`, `"value":"*int nil",`}},
		{[]string{"open", "-c", "goroutine 2 bt"}, []string{"(no frames in the dump)"}},
		{[]string{"export", "--text"}, []string{"frame 0 \n", "frame 1 main.nofile\n\tat :3\n", "frame 2 main.noline\n\tat /m.go:0\n"}},
	} {
		var out, errs bytes.Buffer
		status := cli.Run(context.Background(), append(c.args, path), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
		for _, want := range c.want {
			if status != 0 || !strings.Contains(out.String(), want) {
				t.Errorf("%q: exit status %d, %q is missing in\n%s%s", c.args, status, want, out.String(), errs.String())
			}
		}
	}
}
