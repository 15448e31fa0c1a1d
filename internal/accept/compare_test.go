//go:build linux && amd64

package accept

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/oracle"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// How both sides print values: Delve's defaults but for the levels. Of a large
// server fewer are printed: Delve takes minutes for four.
const (
	recurse     = 4
	recurseBig  = 2
	stringLen   = 64
	arrayValues = 64
	maxFrames   = 1000
)

func loadConfig(levels int) restore.LoadConfig {
	return restore.LoadConfig{
		FollowPointers: true, MaxVariableRecurse: levels,
		MaxStringLen: stringLen, MaxArrayValues: arrayValues, MaxStructFields: -1,
	}
}

func oracleConfig(levels int) oracle.Config {
	return oracle.Config{
		Recurse: levels, StringLen: stringLen, ArrayValues: arrayValues, MaxFrames: maxFrames,
		Skip: isRuntime,
	}
}

// isRuntime tells the frames that are no user's: the runtime's own and those of
// the capture that is under way.
func isRuntime(function string) bool {
	for _, prefix := range []string{
		"runtime.", "internal/runtime/",
		"github.com/gopostmortem/postmortem/dump.", "github.com/gopostmortem/postmortem/capture",
	} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}

// outcome is what became of one variable that Delve lists.
type outcome int

const (
	equal      outcome = iota
	stub               // Delve reads it; here stands a stub, whole or inside
	missing            // Delve reads it; here the variable, frame or goroutine is not listed
	different          // both read it, and disagree
	betterHere         // Delve cannot read it, or not all of it; here it has a value
	madeUp             // Delve shows zeros for words that have no location, or a register that is lost; here stands a stub, whole or inside
	bothAbsent         // neither can read all of it
	outcomes
)

var outcomeNames = [outcomes]string{"equal", "stub", "missing", "different", "better here", "made up by Delve", "absent in both"}

// finding is one variable with its outcome, for the report.
type finding struct {
	Outcome   outcome
	Goroutine int64
	Preempted bool   // the frame was interrupted, not calling
	Faulted   bool   // by a fault
	Where     string // program, function, line
	Name      string
	Want, Got string // Delve's text and ours
}

// of is a finding in the same frame.
func (f finding) of(o outcome, name, want, got string) finding {
	f.Outcome, f.Name, f.Want, f.Got = o, name, want, got
	return f
}

func (f finding) String() string {
	n := 0
	want, got := constName.ReplaceAllString(f.Want, "$1"), constName.ReplaceAllString(f.Got, "$1")
	for n < min(len(want), len(got)) && want[n] == got[n] {
		n++
	}
	return fmt.Sprintf("%s: %s %s (goroutine %d)\n\tdelve: %s\n\there:  %s", outcomeNames[f.Outcome], f.Where, f.Name, f.Goroutine, around(want, n), around(got, n))
}

// around shows text near position n, where two texts part.
func around(text string, n int) string {
	const before, after = 60, 100
	if n > before {
		text = "…" + text[n-before:]
		n = before
	}
	if len(text) > n+after {
		text = text[:n+after] + "…"
	}
	return text
}

// tally counts the outcomes of one program's variables.
type tally struct {
	Program  string
	levels   int
	Counts   [outcomes]int
	Extra    int // variables listed here and not by Delve
	Findings []finding
	Frames   int // frames compared

	interrupted struct{ here, there int } // variables with a value in frames that were preempted or faulted
}

// read is the number of variables that Delve read.
func (t *tally) read() int {
	return t.Counts[equal] + t.Counts[stub] + t.Counts[missing] + t.Counts[different]
}

func (t *tally) add(f finding) {
	t.Counts[f.Outcome]++
	if f.Preempted || f.Faulted {
		switch f.Outcome {
		case equal, different:
			t.interrupted.here++
			t.interrupted.there++
		case betterHere:
			t.interrupted.here++
		case stub, missing:
			t.interrupted.there++
		}
	}
	switch f.Outcome {
	case stub, missing, different, madeUp:
		t.Findings = append(t.Findings, f)
	}
}

// merge adds the counts of other.
func (t *tally) merge(other *tally) {
	for i, n := range other.Counts {
		t.Counts[i] += n
	}
	t.interrupted.here += other.interrupted.here
	t.interrupted.there += other.interrupted.there
	t.Extra += other.Extra
	t.Frames += other.Frames
	t.Findings = append(t.Findings, other.Findings...)
}

// compare holds every variable of every frame that count accepts against what
// Delve read.
func compare(program string, levels int, d *dump.Dump, gs []oracle.Goroutine, count func(function string) bool) *tally {
	t := &tally{Program: program, levels: levels}
	for _, og := range gs {
		g, ok := d.Goroutine(dump.GoID(og.ID))
		if og.Err != nil || !ok && capturing(og) {
			continue
		}
		frames := make(map[string]dump.Frame)
		if ok {
			for f := range g.Frames() {
				frames[frameKey(frames, f.Function().Name(), f.CFA())] = f
			}
		}
		seen := make(map[string]oracle.Frame)
		preempted, faulted := int64(0), int64(0) // CFA of the frame that was interrupted
		asked := asking(og)
		for i, of := range og.Frames {
			if i+1 < len(og.Frames) {
				switch of.Function {
				case "runtime.asyncPreempt":
					preempted = og.Frames[i+1].CFA
				case "runtime.sigpanic":
					faulted = og.Frames[i+1].CFA
				}
			}
			key := frameKey(seen, of.Function, uint64(of.CFA))
			seen[key] = of
			if i < asked || of.Err != nil || of.Function == "" || isRuntime(of.Function) || !count(of.Function) {
				continue
			}
			t.Frames++
			where := finding{Goroutine: og.ID, Preempted: of.CFA == preempted, Faulted: of.CFA == faulted, Where: fmt.Sprintf("%s %s:%d", program, of.Function, of.Line)}
			f, ok := frames[key]
			if !ok {
				t.missingFrame(where, of)
				continue
			}
			if f.Line() != of.Line {
				t.add(where.of(different, "(line)", fmt.Sprint(of.Line), fmt.Sprint(f.Line())))
			}
			t.compareFrame(where, f, of)
		}
	}
	return t
}

// asking is the place of the frame in which a goroutine asked for the capture, 0
// if it did not. The frames before it run while the program is frozen: anywhere,
// also where a result has not been set yet.
func asking(g oracle.Goroutine) int {
	for i, f := range slices.Backward(g.Frames) {
		if strings.HasPrefix(f.Function, "github.com/gopostmortem/postmortem/dump.") {
			return i
		}
	}
	return 0
}

// capturing tells the goroutines that belong to the capture, which a dump leaves
// out: one of its functions started them.
func capturing(g oracle.Goroutine) bool {
	return slices.ContainsFunc(g.Frames, func(f oracle.Frame) bool {
		return strings.HasPrefix(f.Function, "github.com/gopostmortem/postmortem/dump.") ||
			strings.HasPrefix(f.Function, "github.com/gopostmortem/postmortem/internal/pace.") ||
			strings.HasPrefix(f.Function, "github.com/gopostmortem/postmortem/capture")
	})
}

// frameKey names a frame of one goroutine by function and frame address, with a
// number for what is inlined twice in one frame.
func frameKey[F any](have map[string]F, function string, cfa uint64) string {
	key := fmt.Sprintf("%#x %s", cfa, function)
	for n := 1; ; n++ {
		if _, taken := have[key]; !taken {
			return key
		}
		key = fmt.Sprintf("%#x %s %d", cfa, function, n)
	}
}

func (t *tally) missingFrame(where finding, of oracle.Frame) {
	for _, v := range of.Vars {
		if v.Unreadable == "" {
			t.add(where.of(missing, v.Name, v.Text, "(no such frame)"))
		}
	}
}

func (t *tally) compareFrame(where finding, f dump.Frame, of oracle.Frame) {
	ours := make(map[string][]dump.Variable)
	total := 0
	for _, v := range f.Variables() {
		ours[v.Name()] = append(ours[v.Name()], v)
		total++
	}
	matched := 0
	for _, v := range of.Vars {
		if len(ours[v.Name]) == 0 {
			if v.Unreadable == "" {
				t.add(where.of(missing, v.Name, v.Text, "(no such variable)"))
			}
			continue
		}
		i := matchVariable(ours[v.Name], v)
		mine := ours[v.Name][i]
		ours[v.Name] = append(ours[v.Name][:i:i], ours[v.Name][i+1:]...)
		matched++
		t.add(judge(where, mine, v, loadConfig(t.levels)))
	}
	t.Extra += total - matched
}

// matchVariable picks the candidate declared on the same line, or the first.
func matchVariable(candidates []dump.Variable, v oracle.Var) int {
	for i, c := range candidates {
		if int64(c.DeclLine()) == v.DeclLine {
			return i
		}
	}
	return 0
}

// stubMark finds stubs inside a printed value.
var stubMark = func() *regexp.Regexp {
	var words []string
	for r := mock.Reason(0); r.Valid(); r++ {
		words = append(words, regexp.QuoteMeta(r.String()))
	}
	return regexp.MustCompile(`\[(` + strings.Join(words, "|") + `)(, len \d+)?(: [^\]]*)?\]`)
}()

func judge(where finding, mine dump.Variable, v oracle.Var, cfg restore.LoadConfig) finding {
	text := strings.TrimSuffix(restore.VariableValue(mine, cfg), " "+restore.StaleMark)
	_, absent := mine.Value().Stub()
	absent = absent || !mine.Value().Valid()
	f := where.of(equal, v.Name, v.Text, text)
	known, _, partly := strings.Cut(restore.Printable(v.Text), "(unreadable ")
	switch {
	case (v.Unreadable != "" || partly) && absent:
		f.Outcome = bothAbsent
	case v.Unreadable != "":
		f.Outcome = betterHere
		f.Want = v.Unreadable
	case partly && strings.HasPrefix(text, known): // nothing to hold the rest against
		f.Outcome = bothAbsent
		if !stubMark.MatchString(text) {
			f.Outcome = betterHere
		}
	case sameText(restore.Printable(v.Text), text):
		if v.Type != "" && mine.Type().Name() != v.Type && !strings.Contains(v.Type, "go.shape.") {
			f.Outcome = different
			f.Want, f.Got = "type "+v.Type, "type "+mine.Type().Name()
		}
	case (absent || partOf.MatchString(text)) && noLocation.MatchString(v.Location):
		f.Outcome = madeUp
	case absent || stubMark.MatchString(text):
		f.Outcome = stub
	case mine.Stale() && noLocation.MatchString(v.Location):
		f.Outcome = betterHere // Delve shows zeros where DWARF gives no place; here the argument's spill slot is read
	default:
		f.Outcome = different
	}
	return f
}

// noLocation finds a piece in a variable's location that nothing describes, or
// that is in a register: no function keeps another's.
var noLocation = regexp.MustCompile(`(\] |DW_OP_piece 0x[0-9a-f]+ )DW_OP_piece|DW_OP_reg\d+\((R[a-ds][xi]|R\d+)\)`)

// partOf finds what is said of a part of a variable that is nowhere.
var partOf = regexp.MustCompile(`\[optimized out|, cap: \?`)

// constName is a number with the name of a constant that has its value. Delve
// takes the name from any package's constants, here it is one that is declared
// with the type.
var constName = regexp.MustCompile(`[\pL_][^ ,:\[\]{}"]* \((-?\d+)\)`)

// atomicPointer is an atomic.Pointer: Delve shows the untyped pointer that it
// keeps, here it is one to its type argument.
var atomicPointer = regexp.MustCompile(`(sync/atomic\.Pointer\[[^{}]*\{_: [^{}]*\{\}, v: )[^{}]*\}`)

// sliceCap is the capacity of a slice, which Delve makes up where it is lost.
var sliceCap = regexp.MustCompile(`, cap: (\d+|\?)`)

// sameText reports whether two texts say the same. Keys and elements of maps
// are kept at addresses of the dump's own, so that where the text only gives
// their address, it is another one. A capacity that is lost is any.
func sameText(delve, here string) bool {
	if delve == here {
		return true
	}
	delve, here = atomicPointer.ReplaceAllString(delve, "$1}"), atomicPointer.ReplaceAllString(here, "$1}")
	delve, here = constName.ReplaceAllString(delve, "$1"), constName.ReplaceAllString(here, "$1")
	here = taken(sliceCap, delve, here, ", cap: ?")
	here = taken(address, delve, here, "0xf000000000")
	return delve == here
}

// taken replaces those matches in one text that begin with a prefix by those at
// their places in the other.
func taken(what *regexp.Regexp, delve, here, prefix string) string {
	if !strings.Contains(here, prefix) {
		return here
	}
	theirs := what.FindAllString(delve, -1)
	n := 0
	return what.ReplaceAllStringFunc(here, func(a string) string {
		if n++; n <= len(theirs) && strings.HasPrefix(a, prefix) {
			return theirs[n-1]
		}
		return a
	})
}

// table prints tallies as a Markdown table.
func table(tallies []*tally) string {
	var b strings.Builder
	b.WriteString("| program | frames | read by Delve | equal | stub here | not listed here | different | made up by Delve | only read here | listed only here |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	sort.SliceStable(tallies, func(i, j int) bool { return tallies[i].Program < tallies[j].Program })
	sum := &tally{Program: "**all**"}
	for _, t := range tallies {
		sum.merge(t)
	}
	for _, t := range append(tallies[:len(tallies):len(tallies)], sum) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", t.Program, t.Frames, t.read(),
			t.Counts[equal], t.Counts[stub], t.Counts[missing], t.Counts[different], t.Counts[madeUp], t.Counts[betterHere], t.Extra)
	}
	return b.String()
}
