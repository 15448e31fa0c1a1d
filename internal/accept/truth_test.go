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

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestTruth runs random programs built for debugging, in which every variable
// is in memory and right, and built as people ship them, up to the same points:
// what an optimised build's dump says without a doubt has to be the truth. In a
// dump without the program's source a few values are not: only those are marked
// of which the compiler itself has several.
func TestTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs: not in -short")
	}
	programs, seed := truthNumber(t, "POSTMORTEM_TRUTH", 4), truthNumber(t, "POSTMORTEM_SEED", 1)
	modes := []mode{release}
	if name := os.Getenv("POSTMORTEM_TRUTH_MODE"); name != "" {
		modes = nil
		for _, m := range truthModes {
			if m.Name == name {
				modes = append(modes, m)
			}
		}
	}
	for _, m := range modes {
		t.Run(m.Name, func(t *testing.T) {
			sums := map[string]*truth{}
			for left := programs; left > 0; left -= perBinary {
				n := min(left, perBinary)
				truthOf(t, m, uint64(seed+left-n), n, sums)
			}
			for _, with := range sourceModes {
				s := sums[with]
				t.Logf("%s: %s", with, s)
				if s.right < 100*programs {
					t.Errorf("%s: only %d variables were compared", with, s.right)
				}
				if !s.bare && s.stale > s.right+s.wrong {
					t.Errorf("%s: more than half of what is shown is marked", with)
				}
				if s.wrong > s.right/wrongInBare {
					t.Errorf("%s: more than one in %d is wrong", with, wrongInBare)
				}
			}
		})
	}
}

// truthModes are the ways to build the programs that are held against builds
// for debugging.
var truthModes = []mode{release, go125, go127, race}

// sourceModes are the dumps with the program's source and without.
var sourceModes = []string{"source", "bare"}

// wrongInBare is of how many unmarked values one may be wrong, without source.
const wrongInBare = 12

// Sizes of a test: programs in one executable, functions of a program, stops
// of each that are looked at.
const (
	perBinary = 10
	functions = 12
	points    = 25
)

func truthNumber(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// truth counts variables of optimised builds.
type truth struct {
	right, wrong, stale, staleWrong, partial, absent int

	bare bool // without the source: wrong ones are only counted
}

func (s *truth) String() string {
	shown := s.right + s.wrong + s.stale
	return fmt.Sprintf("%d variables in optimised builds: %d right, %d wrong, %d marked stale (%.1f%% of those shown; %d of them wrong), %d in part, %d absent",
		shown+s.partial+s.absent, s.right, s.wrong, s.stale, 100*float64(s.stale)/float64(max(1, shown)), s.staleWrong, s.partial, s.absent)
}

// truthOf builds and compares some programs.
func truthOf(t *testing.T, m mode, seed uint64, programs int, sums map[string]*truth) {
	dir := randomModule(t, seed, programs)
	exact := debug
	exact.Toolchain = m.Toolchain
	want, got := buildRandom(t, dir, exact), buildRandom(t, dir, m)
	var at []int
	first := 0
	for _, last := range countStops(t, got, programs) {
		for k := range points {
			at = append(at, first+1+k*(last-first)/points)
		}
		first = last
	}
	truths := stopAt(t, want, "source", at)
	for _, with := range sourceModes {
		if sums[with] == nil {
			sums[with] = &truth{bare: with == "bare"}
		}
		for i, file := range stopAt(t, got, with, at) {
			w, err1 := dump.Open(truths[i])
			g, err2 := dump.Open(file)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			sums[with].compare(t, fmt.Sprintf("%s, %s, seed %d, stop %d", m.Name, with, seed+uint64(i/points), at[i]), w, g)
			_, _ = w.Close(), g.Close()
		}
	}
}

// randomModule writes a module of some programs that uses this one.
func randomModule(t *testing.T, seed uint64, programs int) (dir string) {
	t.Helper()
	root, err := filepath.Abs(module)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	mod, err1 := os.ReadFile(filepath.Join(root, "go.mod"))
	sum, err2 := os.ReadFile(filepath.Join(root, "go.sum"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^module (.*)$`)
	mod = append(own.ReplaceAll(mod, []byte("module random\n\nrequire $1 v0.0.0\n")), "\nreplace "+string(own.FindSubmatch(mod)[1])+" => "+root+"\n"...)
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", string(mod))
	write("go.sum", string(sum))
	write("main.go", randomMain(programs))
	write("at/at.go", randomStops)
	for i := range programs {
		write(fmt.Sprintf("p%d/p.go", i), randomProgram(fmt.Sprintf("p%d", i), seed+uint64(i), functions))
	}
	return dir
}

func buildRandom(t *testing.T, dir string, m mode) string {
	t.Helper()
	exe := filepath.Join(dir, "random-"+m.Name)
	cmd := exec.Command("go", append([]string{"build", "-o", exe}, m.Flags...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), m.Env...)
	if m.Toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+m.Toolchain)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return exe
}

// countStops runs the programs to their end. It gives the number of the last stop of each.
func countStops(t *testing.T, exe string, programs int) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, exe).CombinedOutput()
	var last []int
	for _, m := range regexp.MustCompile(`stops: (\d+)`).FindAllSubmatch(out, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		if before := append([]int{0}, last...)[len(last)]; n-before < points {
			t.Fatalf("a program stops only %d times", n-before)
		}
		last = append(last, n)
	}
	if err != nil || len(last) != programs {
		t.Fatalf("%v\n%s", err, out)
	}
	return last
}

// stopAt runs the programs, and gives the dumps made at some of their stops.
func stopAt(t *testing.T, exe, with string, at []int) (files []string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{dir, with}
	for _, n := range at {
		args = append(args, fmt.Sprint(n))
		files = append(files, filepath.Join(dir, fmt.Sprint(n)))
	}
	if out, err := exec.Command(exe, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return files
}

// compare holds the frames of the programs' own functions against each other.
func (s *truth) compare(t *testing.T, where string, want, got *dump.Dump) {
	w, g := ownFrames(t, want), ownFrames(t, got)
	if len(w) != len(g) {
		t.Errorf("%s: %d frames in the debug build, %d in the optimised one", where, len(w), len(g))
		return
	}
	session := restore.NewSession(got)
	for i := range w {
		if name := w[i].Function().Name(); ownName(w[i]) != ownName(g[i]) || w[i].Line() != g[i].Line() {
			t.Errorf("%s: frame %d is %s:%d in the debug build, %s:%d in the optimised one", where, i, name, w[i].Line(), g[i].Function().Name(), g[i].Line())
			return
		}
		s.frame(t, fmt.Sprintf("%s: %s:%d", where, w[i].Function().Name(), w[i].Line()), session, w[i], g[i])
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
		if ownFunction.MatchString(f.Function().Name()) {
			out = append(out, f)
		}
	}
	return out
}

// ownName is the name of a frame's function without those that it is inlined
// into and its number among their closures.
func ownName(f dump.Frame) string {
	return closureNumber.ReplaceAllString(callerNames.ReplaceAllString(f.Function().Name(), ""), "")
}

var (
	callerNames   = regexp.MustCompile(`.*\.(f\d)`)
	closureNumber = regexp.MustCompile(`(func|gowrap|deferwrap|range)[\d.]+`)
)

var ownFunction = regexp.MustCompile(`^random/p\d+\.f\d`)

func (s *truth) frame(t *testing.T, where string, session *restore.Session, want, got dump.Frame) {
	exact := map[string]string{}
	for _, v := range want.Variables() {
		if text, marked := truthText(v); !marked && !v.Shadowed() && !stubMark.MatchString(text) { // a dead pointer may lead to other values than it did
			exact[fmt.Sprint(v.Name(), " ", v.DeclLine())] = text
		}
	}
	scope, err := session.ScopeAt(got.Goroutine().ID(), got.Index())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(scope.Args(), scope.Locals()...) {
		right, known := exact[fmt.Sprint(v.Name(), " ", v.DeclLine())]
		text, marked := truthText(v)
		switch {
		case !known || v.Fake() || strings.HasPrefix(v.Name(), "~"):
		case strings.HasPrefix(text, "(") && stubMark.MatchString(text):
			s.absent++
		case stubMark.MatchString(text):
			s.partial++
			if !marked && !knownParts(text).MatchString(right) {
				s.isWrong(t, where, v, right, text)
			}
		case marked:
			s.stale++
			if text != right {
				s.staleWrong++
			}
		case text == right:
			s.right++
		default:
			s.isWrong(t, where, v, right, text)
		}
	}
}

// isWrong counts a value that is wrong and not marked.
func (s *truth) isWrong(t *testing.T, where string, v dump.Variable, right, text string) {
	s.wrong++
	if !s.bare {
		t.Errorf("%s: %s (declared on line %d) is %s, the dump says %s", where, v.Name(), v.DeclLine(), right, text)
	}
}

// knownParts matches the texts that agree with one that has stubs in it.
func knownParts(text string) *regexp.Regexp {
	var b strings.Builder
	for i, part := range typedStub.Split(text, -1) {
		if i > 0 {
			b.WriteString(".*")
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	return regexp.MustCompile("^" + b.String() + "$")
}

// typedStub is one with the type in front of it.
var typedStub = regexp.MustCompile(`((\("[^"]*"\)\(0x\?\)|\([^()]*\)) )?` + stubMark.String())

// truthText is a variable's value without addresses, and whether it is marked.
func truthText(v dump.Variable) (text string, marked bool) {
	text, marked = strings.CutSuffix(restore.VariableValue(v, loadConfig(recurse)), " "+restore.StaleMark)
	return addressText.ReplaceAllString(capacity.ReplaceAllString(text, ""), "0x?"), marked
}

var (
	capacity    = regexp.MustCompile(`, cap: \d+`) // is up to the runtime
	addressText = regexp.MustCompile(`0x[0-9a-f]+`)
)
