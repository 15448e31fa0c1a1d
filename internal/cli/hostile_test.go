package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// TestHostileTexts looks at a dump in which names, types, paths, labels,
// strings and source are all meant for the terminal, with every command: none
// of it may reach the terminal as it is.
func TestHostileTexts(t *testing.T) {
	data, err := sample.Trap().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trap.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	runs := [][]string{{"info"}, {"info", "--json"}, {"raw"}, {"verify"}, {"open"}, {"export"}, {"export", "--text"}, {"export", "--text", "--ascii"}}
	for _, c := range []string{
		"crash", "bt -full -defer -offsets -a", "goroutines -l -t", "bt", "bt -flat", "bt -json -full", "bt -root", "bt -since \x1b[31m", "rules", "rules add \x1b[31m", "goroutines -group stack", "goroutines -g", "goroutines -s", "goroutines -group label key",
		"goroutine", "goroutine 2", "frame 0", "list", "list 2", "list absent.go:1", "list nosuch.go:1", "sources", "funcs", "types", "packages", "vars -v",
		"locals", "locals -v", "args -v", "print p", "print *p", "print text", "print %s text", "print e", "print color", "print far", "print far.X",
		"print nosuch", "whatis p", "whatis e", "whatis *p", "deferred 1 locals",
		"tree", "tree -a -l -r", "waits", "goroutines -exec waits", "locks", "locks -a", "contexts", "goroutine 2 bt", "help config nosuch\x1b[31m", "nosuch\x1b[31m", "print \x1b[31m", "list \x1b[31m",
	} {
		runs = append(runs, []string{"open", "-c", c})
	}
	shown := 0
	for _, args := range runs {
		var out, errs bytes.Buffer
		cli.Run(context.Background(), append(args, path), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
		if out.Len()+errs.Len() == 0 {
			t.Errorf("%q says nothing", args)
		}
		if strings.Contains(out.String(), "owned") {
			shown++
		}
		for _, text := range []string{out.String(), errs.String()} {
			for line := range strings.SplitSeq(text, "\n") {
				if rest := strings.ReplaceAll(line, "\t", ""); restore.Printable(rest) != rest {
					t.Errorf("%q: a terminal would obey %q", args, line)
				}
			}
		}
	}
	if shown < 30 {
		t.Errorf("only %d of %d outputs show any of the texts: nothing is tested", shown, len(runs))
	}
}
