//go:build linux && amd64

package accept

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Sizes at which the ratios are measured for the document, and held in every run.
const (
	fullSize = 10000
	testSize = 4000
)

func TestManyAgainstDelve(t *testing.T) { hold(t, againstDelve(t, testSize)) }
func TestTenfold(t *testing.T)          { hold(t, tenfold(t, testSize)) }
func TestDumpAgainstCore(t *testing.T)  { hold(t, dumpAgainstCore(t, 10*testSize)) }

func TestColdStart(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Caddy: not in -short")
	}
	hold(t, coldStart(t, bigServer(t), "-measure"))
}

func TestColdStartHuge(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Prometheus: not in -short")
	}
	hold(t, coldStart(t, hugeServer(t)))
}

func BenchmarkManyAgainstDelve(b *testing.B) { reportRatios(b, againstDelve(b, fullSize)) }
func BenchmarkTenfold(b *testing.B)          { reportRatios(b, tenfold(b, fullSize)) }
func BenchmarkDumpAgainstCore(b *testing.B)  { reportRatios(b, dumpAgainstCore(b, 10*fullSize)) }
func BenchmarkFreeze1GB(b *testing.B)        { reportRatios(b, frozen(b, 1000)) }
func BenchmarkColdStart(b *testing.B)        { reportRatios(b, coldStart(b, bigServer(b), "-measure")) }
func BenchmarkColdStartHuge(b *testing.B)    { reportRatios(b, coldStart(b, hugeServer(b))) }

const performanceHead = `# Performance

Each line compares a figure with a rival's, measured in the same run on the same
machine, the shortest of several times each. Written by

    go test ./internal/accept -run TestPerformanceDocument -update -timeout 60m

and printed by ` + "`go test ./internal/accept -run '^$' -bench 'Many|Tenfold|Core|Freeze|Cold' -benchtime 1x`" + `.
Tests hold the ratios, at smaller sizes, in every run.

The goroutines are those of testdata/programs/many: six frames of their own
each, about twenty variables, what these lead to three references deep. Delve's
engine reads the same snapshot with three levels, in a process of its own, and
keeps nothing. Memory is by how much the program's resident memory rose at most, with
what its garbage collector let lie; Delve's is that of the whole process. The snapshot's own is
what the frozen process shares with no other when all has been read. A cold start is the
first capture of a program, which has to read its own debug information; the
servers are Caddy (testdata/bigserver) and Prometheus (testdata/hugeserver).

| | here | rival | ratio | wanted |
|---|---|---|---|---|
`

// TestPerformanceDocument writes docs/performance.md if that is asked for, and
// else makes sure that it has a line for everything.
func TestPerformanceDocument(t *testing.T) {
	path := filepath.Join(module, "docs", "performance.md")
	if *update {
		var list []ratio
		list = append(list, againstDelve(t, fullSize)...)
		list = append(list, tenfold(t, fullSize)...)
		list = append(list, frozen(t, 1000)...)
		list = append(list, coldStart(t, bigServer(t), "-measure")...)
		list = append(list, coldStart(t, hugeServer(t))...)
		list = append(list, dumpAgainstCore(t, 10*fullSize)...)
		text := performanceHead
		for _, r := range list {
			text += fmt.Sprintf("| %s | %s | %s | %.1f | %s |\n", r.What, r.Ours, r.Rival, r.Times, r.want())
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, rival := range []string{"Delve's engine", "runtime.Stack", "LoadBinaryInfo", "gcore", "dlv core", "40 ms"} {
		if !strings.Contains(string(text), rival) {
			t.Errorf("%s does not compare with %s: run with -update", path, rival)
		}
	}
}
