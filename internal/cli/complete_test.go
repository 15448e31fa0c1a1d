package cli

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

func TestComplete(t *testing.T) {
	data, err := sample.Service().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, err := dump.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dbg := newDebugger(IO{}, restore.NewSession(d))
	tests := []struct {
		line string
		want []string
	}{
		{"gorou", []string{"goroutine", "goroutines"}},
		{"whati", []string{"whatis"}},
		{"print num", []string{"print numbers"}},
		{"p num", []string{"p numbers"}},
		{"print len(num", []string{"print len(numbers"}},
		{"print i+num", []string{"print i+numbers"}},
		{"print coun", []string{"print counter"}},
		{"locals na", []string{"locals name"}},
		{"locals -v na", []string{"locals -v name"}},
		{"args r", []string{"args r"}},
		{"frame 2 print n", []string{"frame 2 print n"}},
		{"goroutine 7 frame 2 pri", []string{"goroutine 7 frame 2 print"}},
		{"goroutine 20 frame 1 print num", nil},
		{"up print n", []string{"up print n"}},
		{"up 1 print n", []string{"up 1 print n"}},
		{"deferred 1 print nosuch", nil},
		{"help conf", []string{"help config"}},
		{"config max-s", []string{"config max-string-len"}},
		{"config -l", []string{"config -list"}},
		{"print r.", []string{"print r.Err", "print r.Header", "print r.ID", "print r.Path", "print r.Prev"}},
		{"print 1+len(r.Pa", []string{"print 1+len(r.Path"}},
		{"print nosuch.", nil},
		{"print numbers[0].", nil},
		{"nosuch x", nil},
		{"frame 99 print n", nil},
	}
	for _, tt := range tests {
		if have := dbg.complete(tt.line); !slices.Equal(have, tt.want) {
			t.Errorf("%q: have %q, want %q", tt.line, have, tt.want)
		}
	}
	if all := dbg.complete(""); len(all) != len(dbg.commands) {
		t.Errorf("an empty line offers %d of %d commands", len(all), len(dbg.commands))
	}
}

func TestNearest(t *testing.T) {
	words := []string{"locals", "list", "goroutines", "goroutine", "print"}
	for typed, want := range map[string]string{
		"locls": "locals", "lcoals": "locals", "goroutins": "goroutines", "prnit": "print", "lst": "list", "xyz": "", "": "", "locals": "locals",
	} {
		if have := nearest(typed, words); have != want {
			t.Errorf("%q: have %q, want %q", typed, have, want)
		}
	}
}

// On a terminal a long list is cut, and says how to have the rest.
func TestLongLists(t *testing.T) {
	data, err := sample.Service().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, err := dump.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out bytes.Buffer
	dbg := newDebugger(IO{Out: &out}, restore.NewSession(d))
	dbg.terminal, dbg.conf.maxLines = true, 2
	for line, want := range map[string]string{
		"goroutines": "[6 goroutines, 2 shown: goroutines -group stack puts equal ones together; config max-list-lines 0 shows all]\n",
		"funcs":      "(cut after 2 lines: give a filter, or config max-list-lines 0)\n",
	} {
		out.Reset()
		if err := dbg.run(t.Context(), line); err != nil {
			t.Fatal(err)
		}
		if lines := bytes.SplitAfter(out.Bytes(), []byte("\n")); len(lines) != 4 || string(lines[2]) != want {
			t.Errorf("%s: %q", line, lines)
		}
	}
}
