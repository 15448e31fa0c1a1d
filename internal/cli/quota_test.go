package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// A command ends that writes too much, on either stream; the next one may write as much.
func TestMaxOutput(t *testing.T) {
	data, err := sample.New().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file, err := dump.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out, errs bytes.Buffer
	d := newDebugger(IO{Out: &out, Err: &errs}, restore.NewSession(file))
	d.conf.maxOutput = 1
	flood := func(say func(c *call)) func(c *call) error {
		return func(c *call) error {
			for c.ctx.Err() == nil {
				say(c)
			}
			return errInterrupted
		}
	}
	text := strings.Repeat("x", 1000)
	d.commands = append(d.commands,
		command{names: []string{"flood"}, run: flood(func(c *call) { c.out.printf("%s", text) })},
		command{names: []string{"complain"}, run: flood(func(c *call) { warn(c.std, "%s", text) })})
	for _, tc := range []struct {
		line string
		to   *bytes.Buffer
	}{{"flood", &out}, {"complain", &errs}, {"flood", &out}} {
		tc.to.Reset()
		if err := d.run(t.Context(), tc.line); !errors.Is(err, errTooLong) {
			t.Errorf("%s: %v, want %v", tc.line, err, errTooLong)
		}
		if n := tc.to.Len(); n < 1<<20-2000 || n > 1<<20 {
			t.Errorf("%s writes %d bytes, want a MiB", tc.line, n)
		}
	}
	out.Reset()
	if err := d.run(t.Context(), "config -list"); err != nil || !strings.Contains(out.String(), "max-output               1\n") {
		t.Errorf("%v\n%s", err, &out)
	}
}
