//go:build linux && amd64

package accept

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestTruth runs random programs built for debugging, in which every variable
// is in memory and right, and built as people ship them, up to the same point:
// what an optimised build's dump says without a doubt has to be the truth.
func TestTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs: not in -short")
	}
	var sum truth
	for seed := range uint64(truthPrograms(t)) {
		sum.program(t, seed+1)
	}
	t.Logf("%d variables in optimised builds: %d right, %d wrong, %d marked stale (%d of them wrong), %d in part, %d absent",
		sum.right+sum.wrong+sum.stale+sum.partial+sum.absent, sum.right, sum.wrong, sum.stale, sum.staleWrong, sum.partial, sum.absent)
	if sum.right < 500 {
		t.Errorf("only %d variables were compared", sum.right)
	}
}

// truthPrograms is the number of programs: 3, or $POSTMORTEM_TRUTH.
func truthPrograms(t *testing.T) int {
	text := os.Getenv("POSTMORTEM_TRUTH")
	if text == "" {
		return 3
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("POSTMORTEM_TRUTH: %v", err)
	}
	return n
}

// truth counts variables of optimised builds.
type truth struct{ right, wrong, stale, staleWrong, partial, absent int }

// points is how many of a program's stops are looked at.
const points = 25

func (s *truth) program(t *testing.T, seed uint64) {
	dir := randomModule(t, randomProgram(seed, 12))
	exact, fast := buildRandom(t, dir, debug), buildRandom(t, dir, release)
	stops := countStops(t, fast)
	for i := range points {
		at := 1 + i*stops/points
		want, got := stopAt(t, exact, at), stopAt(t, fast, at)
		s.compare(t, fmt.Sprintf("seed %d, stop %d", seed, at), want, got)
	}
}

// randomModule writes a module of one program that uses this one.
func randomModule(t *testing.T, text string) (dir string) {
	t.Helper()
	root, err := filepath.Abs(module)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	mod, err1 := os.ReadFile(filepath.Join(root, "go.mod"))
	sum, err2 := os.ReadFile(filepath.Join(root, "go.sum"))
	own := regexp.MustCompile(`(?m)^module (.*)$`)
	mod = append(own.ReplaceAll(mod, []byte("module random\n\nrequire $1 v0.0.0\n")), "\nreplace "+string(own.FindSubmatch(mod)[1])+" => "+root+"\n"...)
	err = errors.Join(err1, err2, os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644), os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644),
		os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func buildRandom(t *testing.T, dir string, m mode) string {
	t.Helper()
	exe := filepath.Join(dir, m.Name)
	cmd := exec.Command("go", append([]string{"build", "-o", exe}, m.Flags...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return exe
}

// countStops runs a program to its end.
func countStops(t *testing.T, exe string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, exe, "0", "-").CombinedOutput()
	m := regexp.MustCompile(`stops: (\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	if n < points {
		t.Fatalf("the program stops only %d times", n)
	}
	return n
}

func stopAt(t *testing.T, exe string, n int) *dump.Dump {
	t.Helper()
	file := filepath.Join(t.TempDir(), "random.dump")
	if out, err := exec.Command(exe, fmt.Sprint(n), file).CombinedOutput(); err != nil || string(out) != "<nil>\n" {
		t.Fatalf("%v\n%s", err, out)
	}
	return verified(t, exe, file)
}

// compare holds the frames of the program's own functions against each other.
func (s *truth) compare(t *testing.T, where string, want, got *dump.Dump) {
	w, g := ownFrames(t, want), ownFrames(t, got)
	if len(w) != len(g) {
		t.Errorf("%s: %d frames in the debug build, %d in the optimised one", where, len(w), len(g))
		return
	}
	for i := range w {
		if name := w[i].Function().Name(); name != g[i].Function().Name() || w[i].Line() != g[i].Line() {
			t.Errorf("%s: frame %d is %s:%d in the debug build, %s:%d in the optimised one", where, i, name, w[i].Line(), g[i].Function().Name(), g[i].Line())
			return
		}
		s.frame(t, fmt.Sprintf("%s: %s:%d", where, w[i].Function().Name(), w[i].Line()), got, w[i], g[i])
	}
}

func ownFrames(t *testing.T, d *dump.Dump) []dump.Frame {
	t.Helper()
	asked, ok := d.Asked()
	if !ok {
		t.Fatal("no goroutine asked for the dump")
	}
	var out []dump.Frame
	for f := range asked.Frames() {
		if regexp.MustCompile(`^main\.f\d`).MatchString(f.Function().Name()) {
			out = append(out, f)
		}
	}
	return out
}

func (s *truth) frame(t *testing.T, where string, d *dump.Dump, want, got dump.Frame) {
	exact := map[string]string{}
	for _, v := range want.Variables() {
		exact[fmt.Sprint(v.Name(), " ", v.DeclLine())] = truthText(v)
	}
	scope, err := restore.NewSession(d).ScopeAt(got.Goroutine().ID(), got.Index())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(scope.Args(), scope.Locals()...) {
		right, known := exact[fmt.Sprint(v.Name(), " ", v.DeclLine())]
		text := truthText(v)
		switch {
		case !known || v.Fake() || strings.HasPrefix(v.Name(), "~"):
		case strings.HasPrefix(text, "(") && stubMark.MatchString(text):
			s.absent++
		case stubMark.MatchString(text):
			s.partial++
			if !knownParts(text).MatchString(right) {
				t.Errorf("%s: %s (declared on line %d) is %s, the dump says %s", where, v.Name(), v.DeclLine(), right, text)
			}
		case v.Stale():
			s.stale++
			if text != right {
				s.staleWrong++
			}
		case text == right:
			s.right++
		default:
			s.wrong++
			t.Errorf("%s: %s (declared on line %d) is %s, the dump says %s", where, v.Name(), v.DeclLine(), right, text)
		}
	}
}

// knownParts matches the texts that agree with one that has stubs in it.
func knownParts(text string) *regexp.Regexp {
	var b strings.Builder
	for i, part := range stubMark.Split(text, -1) {
		if i > 0 {
			b.WriteString(".*")
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	return regexp.MustCompile("^" + b.String() + "$")
}

// truthText is a variable's value without addresses.
func truthText(v dump.Variable) string {
	text := strings.TrimSuffix(restore.VariableValue(v, loadConfig(recurse)), " "+restore.StaleMark)
	return regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(capacity.ReplaceAllString(text, ""), "0x?")
}

// capacity is left out: it is up to the runtime.
var capacity = regexp.MustCompile(`, cap: \d+`)
