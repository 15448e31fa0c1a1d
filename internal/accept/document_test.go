//go:build linux && amd64

package accept

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/oracle.md anew")

// document is docs/oracle.md: what a run of TestOracle found, for readers.
type document struct{ sections strings.Builder }

const documentHead = `# Compared with Delve

Each fixture program (testdata/fixtures) crashes, captures itself, and keeps the
frozen memory that the dump was made from. Delve's engine reads the same memory;
every variable of every frame of the program is compared, printed the same way,
%d levels deep. Written by

    go test ./internal/accept -run TestOracle -update

*read by Delve*: the variables that Delve has a whole value for. *stub here*: of
those, what the dump marks as absent, whole or in part. *different*: both have a
value, not the same one. *made up by Delve*: a part of the variable has no place,
or one in a register that the next call overwrote; Delve shows zeros there, the
dump says that it is optimised out. *only read here*: Delve reports an error. *listed only here*:
Delve leaves the variable out, those that range-over-func bodies capture for
instance.
`

// add appends what one build mode gave.
func (d *document) add(m mode, user []*tally) {
	fmt.Fprintf(&d.sections, "\n## %s\n\n%s", m.Name, table(user))
	sum := new(tally)
	for _, t := range user {
		sum.merge(t)
	}
	for _, group := range grouped(sum.Findings) {
		if group[0].Outcome == madeUp {
			continue // the table counts them, the text above explains them
		}
		f := group[0]
		fmt.Fprintf(&d.sections, "\n- %d × %s: `%s` in `%s`: %s", len(group), outcomeNames[f.Outcome], f.Name, f.Where, reason(f))
	}
	d.sections.WriteString("\n")
}

// reason explains a finding in a line.
func reason(f finding) string {
	if cause := delveFault(f); cause != "" {
		return cause
	}
	return fmt.Sprintf("not explained: Delve has `%s`, the dump `%s`", around(f.Want, 0), around(f.Got, 0))
}

// save writes the document if that was asked for, and checks that the one that
// is there knows every program.
func (d *document) save(t *testing.T) {
	t.Helper()
	path := filepath.Join(module, "docs", "oracle.md")
	if *update {
		text := fmt.Sprintf(documentHead, recurse) + d.sections.String()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range fixtureNames(t) {
		if oracleCrashes[name] == "" && !strings.Contains(string(text), "| "+name+" |") {
			t.Errorf("%s does not list %s: run with -update", path, name)
		}
	}
}
