//go:build linux && amd64

package accept

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// statesDir has the program with goroutines in every state.
const statesDir = "testdata/programs/states"

// kept is the package of that program which has the states' functions.
const kept = "github.com/gopostmortem/postmortem/testdata/programs/states/kept."

// way is a column of the matrix: how to make the program and to run it.
type way struct {
	name string
	mode mode
	// made finishes what go build has made in dir, and changes the command that
	// captures to the file that is its argument; nil: the program itself.
	made func(t *testing.T, dir string, cmd *exec.Cmd)
	pkgs []string // nil: the program alone
}

// ways are the columns.
var ways = []way{
	{name: "release", mode: mode{Name: "m-release"}},
	{name: "-N -l", mode: mode{Name: "m-debug", Flags: debug.Flags}},
	{name: "-race", mode: mode{Name: "m-race", Flags: race.Flags}},
	{name: "-cover", mode: mode{Name: "m-cover", Flags: []string{"-cover", "-coverpkg=./..."}}},
	{name: "-trimpath", mode: mode{Name: "m-trimpath", Flags: []string{"-trimpath"}}},
	{name: "PIE", mode: mode{Name: "m-pie", Flags: []string{"-buildmode=pie"}}},
	{name: "cgo", mode: mode{Name: "m-cgo", Flags: []string{"-tags=inc"}}},
	{name: "split debug info", mode: mode{Name: "m-split"}, made: split},
	{name: "-w", mode: mode{Name: "m-w", Flags: []string{"-ldflags=-w"}}},
	{name: "-s -w", mode: mode{Name: "m-sw", Flags: []string{"-ldflags=-s -w"}}},
	{name: "PIE -s -w", mode: mode{Name: "m-piesw", Flags: []string{"-buildmode=pie", "-ldflags=-s -w"}}},
	{name: "plugin", mode: mode{Name: "m-plugin", Flags: []string{"-buildmode=plugin"}}, made: hosted, pkgs: []string{"plug"}},
	{name: "c-archive", mode: mode{Name: "m-archive", Flags: []string{"-buildmode=c-archive"}}, made: archived, pkgs: []string{"archive"}},
	{name: "c-shared", mode: mode{Name: "m-shared", Flags: []string{"-buildmode=c-shared"}}, made: shared, pkgs: []string{"archive"}},
	{name: "c-shared -s -w", mode: mode{Name: "m-sharedsw", Flags: []string{"-buildmode=c-shared", "-ldflags=-s -w"}}, made: shared, pkgs: []string{"archive"}},
	{name: "Go 1.25", mode: mode{Name: "m-go1.25", Toolchain: go125.Toolchain}},
	{name: "Go 1.27", mode: mode{Name: "m-go1.27", Toolchain: go127.Toolchain}},
	{name: "Go 1.27 -s -w", mode: mode{Name: "m-go1.27-sw", Toolchain: go127.Toolchain, Flags: []string{"-ldflags=-s -w"}}},
}

// row is a state: its function and what the runtime says of its goroutine.
type row struct{ function, title, status string }

var rows = []row{
	{"asking", "dereferenced nil, and asks for the dump", ""},
	{"chanReceive", "receives from a channel", "chan receive"},
	{"chanSend", "sends to a channel", "chan send"},
	{"selects", "selects", "select"},
	{"selectsNothing", "selects with no cases", "select (no cases)"},
	{"mutex", "locks a mutex", "sync.Mutex.Lock"},
	{"rwMutex", "locks a mutex to read", "sync.RWMutex.RLock"},
	{"cond", "waits for a condition", "sync.Cond.Wait"},
	{"waitGroup", "waits for a group", "sync.WaitGroup.Wait"},
	{"sleeps", "sleeps", "sleep"},
	{"readsPipe", "in a system call", "syscall"},
	{"accepts", "in network I/O", "IO wait"},
	{"locked", "locked to its thread", "chan receive"},
	{"spins", "runs, preempted anywhere", "run"},
	{"yields", "yields, runnable", "run"},
	{"deep", "100,000 calls deep", "chan receive"},
	{"panics", "panicking, in a deferred call", "chan receive"},
	{"faults", "dereferenced nil, in a deferred call", "chan receive"},
	{"exits", "in Goexit, in a deferred call", "chan receive"},
	{"suspends", "a coroutine, suspended", "coroutine"},
	{"runsInside", "a coroutine, running", "chan receive"},
	{"inC", "in C", ""},
	{"shelf", "no goroutine: a package variable", ""},
}

// cell is what a dump has of one state.
type cell int

const (
	cellNone cell = iota // no such row in this column
	cellLost
	cellStack
	cellWords
	cellOne
	cellTwo
	cellAll
)

var cells = []string{"–", "missing", "stack", "stack, argument words", "stack, 1 of 3 values", "stack, 2 of 3 values", "all"}

// B4.21: what is captured of goroutines in every state from programs built in
// every way is at least what docs/matrix.md says.
func TestMatrix(t *testing.T) {
	if !thorough && !*update {
		t.Skip("builds a program in 18 ways: with POSTMORTEM_THOROUGH=1")
	}
	doc := newMatrix(t)
	for i, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			d := capturedStates(t, w)
			for j, r := range rows {
				if r.function == "shelf" {
					doc.set(t, j, i, measureVariable(t, d, r))
					continue
				}
				doc.set(t, j, i, measure(t, d, r))
			}
			doc.missing[i] = strings.Join(d.Meta().Missing, " ")
		})
	}
	doc.check(t)
}

// capturedStates builds the program in a way, runs it and opens its dump.
func capturedStates(t *testing.T, w way) *dump.Dump {
	t.Helper()
	pkgs := w.pkgs
	if pkgs == nil {
		pkgs = []string{"."}
	}
	dir := buildAll(t, w.mode, statesDir, pkgs...)
	file := filepath.Join(t.TempDir(), "states.dump")
	cmd := exec.Command(filepath.Join(dir, "states"), file)
	cmd.Env = append(os.Environ(), "GOCOVERDIR="+t.TempDir())
	if w.made != nil {
		w.made(t, dir, cmd)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return verified(t, filepath.Join(dir, "states"), file)
}

// measure looks for a state's function among the frames of all goroutines.
func measure(t *testing.T, d *dump.Dump, r row) cell {
	t.Helper()
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			if f.Function().Name() != kept+r.function {
				continue
			}
			if status := g.Status().String() + " " + g.WaitReason(); !strings.Contains(status, r.status) {
				t.Errorf("%s: the goroutine's state is %q, want %q", r.function, status, r.status)
			}
			if f.Line() == 0 || filepath.Base(f.File()) != "kept.go" && r.function != "inC" {
				t.Errorf("%s: at %s:%d", r.function, f.File(), f.Line())
			}
			return values(t, f, r)
		}
	}
	return cellLost
}

// measureVariable looks for the package variable and what an interface in it holds.
func measureVariable(t *testing.T, d *dump.Dump, r row) cell {
	t.Helper()
	for v := range d.Globals() {
		if v.Name() != kept+r.function {
			continue
		}
		for key, value := range v.Value().Entries() {
			if text, _, _ := key.Text(100); text != r.function {
				continue
			}
			if text, ok := stateValue(value.Elem()); !ok || text != fmt.Sprintf("%d %q", 7*len(r.function), r.function) {
				t.Errorf("%s holds %s, %t", v.Name(), text, ok)
			}
			return cellAll
		}
		t.Errorf("%s has no such entry", v.Name())
	}
	return cellLost
}

// values counts the variables of a frame that have their values. A wrong one is
// an error whatever the document says.
func values(t *testing.T, f dump.Frame, r row) cell {
	out, words := cellWords, false
	tag := r.function
	if owner, ok := map[string]string{"asking": "asks", "suspends": "coroutineSuspended", "runsInside": "coroutineRuns"}[tag]; ok {
		tag = owner
	}
	want := map[string]string{"tag": fmt.Sprintf("%q", tag), "n": fmt.Sprint(7 * len(tag)), "p": fmt.Sprintf("%d %q", 7*len(tag), tag)}
	for _, v := range f.Variables() {
		words = words || v.Fake()
		if want[v.Name()] == "" || v.Fake() {
			continue
		}
		text, ok := stateValue(v.Value())
		switch {
		case !ok || v.Stale():
		case text == want[v.Name()]:
			out++
		default:
			t.Errorf("%s: %s is %s, want %s", r.function, v.Name(), text, want[v.Name()])
		}
	}
	if out == cellWords && !words {
		return cellStack
	}
	return out
}

// stateValue writes a string, a number, or the point that a pointer leads to;
// false if it is not all there.
func stateValue(v dump.Value) (string, bool) {
	if _, stub := v.Stub(); stub {
		return "", false
	}
	switch v.Kind() {
	case dump.KindString:
		s, stub, ok := v.Text(1000)
		return fmt.Sprintf("%q", s), ok && stub.Reason == 0
	case dump.KindInt:
		n, ok := v.Int()
		return fmt.Sprint(n), ok
	}
	p := v.Elem()
	n, ok1 := p.FieldByName("N")
	tag, ok2 := p.FieldByName("Tag")
	if !ok1 || !ok2 {
		return "", false
	}
	a, ok1 := stateValue(n)
	b, ok2 := stateValue(tag)
	return a + " " + b, ok1 && ok2
}

// matrix is docs/matrix.md: what is measured, and what the document says.
type matrix struct {
	path    string
	got     [][]cell
	before  map[string]map[string]cell // by row's title, then column's name
	missing []string
}

func newMatrix(t *testing.T) *matrix {
	m := &matrix{path: filepath.Join(module, "docs", "matrix.md"), missing: make([]string, len(ways)), before: map[string]map[string]cell{}}
	for range rows {
		m.got = append(m.got, make([]cell, len(ways)))
	}
	text, err := os.ReadFile(m.path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var columns []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.Trim(line, "|\n "), " | ")
		switch {
		case len(fields) < 3 || strings.HasPrefix(fields[0], "---"):
		case fields[0] == "state":
			columns = fields
		default:
			if m.before[fields[0]] == nil {
				m.before[fields[0]] = map[string]cell{}
			}
			for i := 1; i < len(fields) && i < len(columns); i++ {
				m.before[fields[0]][columns[i]] = cell(slices.Index(cells, strings.TrimSpace(fields[i])))
			}
		}
	}
	return m
}

// set notes a cell and compares it with the document's.
func (m *matrix) set(t *testing.T, r, w int, c cell) {
	t.Helper()
	if c == cellLost && rows[r].function == "inC" && ways[w].name != "cgo" {
		c = cellNone
	}
	m.got[r][w] = c
	if before := m.before[rows[r].title][ways[w].name]; c < before && !*update {
		t.Errorf("%s, %s: %s, docs/matrix.md says %s", ways[w].name, rows[r].title, cells[c], cells[before])
	}
}

const matrixHead = `# States and build modes

What a dump has of a goroutine in each state, in a program built in each way:
measured by a program that brings goroutines into all of these states and
captures itself. Each waits in a function with three variables: a string, a
number, and a pointer to a structure. *all*: the stack with functions, files and
lines, and the right values of all three. Written by

    go test ./internal/accept -run TestMatrix -update

which else fails if a cell gets worse than it is here, or a value is wrong.
`

// check writes the document if that was asked for, and checks that the one that
// is there has all rows and columns.
func (m *matrix) check(t *testing.T) {
	if *update {
		var b strings.Builder
		b.WriteString(matrixHead)
		const perTable = 7
		for from := 0; from < len(ways); from += perTable {
			m.table(&b, from, min(from+perTable, len(ways)))
		}
		b.WriteString("\nWhat the dumps say that they lack:\n\n")
		for i, w := range ways {
			if m.missing[i] != "" {
				fmt.Fprintf(&b, "- %s: %s\n", w.name, m.missing[i])
			}
		}
		if err := os.WriteFile(m.path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, r := range rows {
		for _, w := range ways {
			if _, ok := m.before[r.title][w.name]; !ok {
				t.Errorf("%s has no cell for %s, %s: run with -update", m.path, r.title, w.name)
			}
		}
	}
}

func (m *matrix) table(b *strings.Builder, from, to int) {
	b.WriteString("\n| state |")
	for _, w := range ways[from:to] {
		fmt.Fprintf(b, " %s |", w.name)
	}
	b.WriteString("\n|---" + strings.Repeat("|---", to-from) + "|\n")
	for i, r := range rows {
		fmt.Fprintf(b, "| %s |", r.title)
		for _, c := range m.got[i][from:to] {
			fmt.Fprintf(b, " %s |", cells[c])
		}
		b.WriteString("\n")
	}
}
