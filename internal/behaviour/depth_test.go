//go:build linux && amd64

package behaviour

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// B2.5: with depth 0 there are functions and lines of all goroutines, but not
// one value, and locals says why.
func TestDepthZero(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "depth", "-depth", "0")
		d := open(t, file)
		frames := 0
		for g := range d.Goroutines() {
			for f := range g.Frames() {
				frames++
				if f.Function().Name() == "" || f.Line() == 0 || len(f.Variables()) != 0 {
					t.Errorf("goroutine %d frame %d: %q line %d, %d variables", g.ID(), f.Index(), f.Function().Name(), f.Line(), len(f.Variables()))
				}
				if stub, ok := f.NoVariables(); !f.Function().IsRuntime() && (!ok || stub.Reason != mock.Disabled) {
					t.Errorf("goroutine %d frame %d: there are no variables because of %v", g.ID(), f.Index(), stub)
				}
			}
		}
		if frames < 10 {
			t.Errorf("%d frames in all goroutines", frames)
		}
		if f, ok := d.Cause().Frame(); !ok || !strings.HasSuffix(f.Function().Name(), "given.Fail") {
			t.Errorf("the culprit is %s, want given.Fail", f.Function().Name())
		}
		if v := d.Cause().Value(); v.Valid() {
			t.Errorf("the cause has the value %v", v.Type())
		}
		same(t, "locals", repl(t, file, there+"locals"), "(no locals: not captured (depth 0))")
		same(t, "args", repl(t, file, there+"args"), "(no args: not captured (depth 0))")
		bt := repl(t, file, "bt")
		for _, want := range []string{"in main.use\n", "in main.work\n", "in main.main\n", "depth/main.go:"} {
			if !strings.Contains(bt, want) {
				t.Errorf("bt lacks %q:\n%s", want, bt)
			}
		}
		if refused := refused(t, file, there+"print near.Value"); !strings.Contains(refused, "variables of this frame: not captured") {
			t.Errorf("print of a variable is refused because %q, which does not say that there are none", refused)
		}
		if bytes.Contains(payloads(t, file), []byte("swordfish-swordfish-")) {
			t.Error("the text of a variable is in the dump")
		}
	})
}

// B2.6: at the edge of the depth stands a stub with type and reason; what a map
// holds itself keeps its types.
func TestDepthOne(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "depth", "-depth", "1")
		prints(t, file, [][2]string{
			{"counts", `map[string]int ["a": 1, ]`},
			{`counts["a"]`, "1"},
			{"list.Value", "1"},
		})
		d := open(t, file)
		for key, elem := range variable(t, d, "counts").Entries() {
			text, _, _ := key.Text(10)
			if n, ok := elem.Int(); key.Kind() != dump.KindString || text != "a" || !ok || n != 1 {
				t.Errorf("the map's entry is %v %q: %d, want string a: 1", key.Kind(), text, n)
			}
		}
		next := field(t, variable(t, d, "list"), "Next")
		if next.Pointer() == 0 || next.IsNil() {
			t.Error("the pointer at the edge lost its address")
		}
		stub, absent := next.Elem().Stub()
		if !absent || stub.Reason != mock.DepthLimit || stub.Type != "main.node" || stub.Addr != next.Pointer() {
			t.Errorf("behind the edge: %+v, want the depth limit, main.node and the address", stub)
		}
		if out := repl(t, file, there+"print list"); !strings.Contains(out, "depth limit") {
			t.Errorf("print does not mark the edge: %s", out)
		}
		if out := refused(t, file, there+"print list.Next.Value"); !strings.Contains(out, "depth limit") {
			t.Errorf("beyond the edge: %s", out)
		}
	})
}

// B2.9: what two paths lead to is expanded by the shorter one, for both.
func TestShorterPathCounts(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "depth", "-depth", "3")
		d := open(t, file)
		far := field(t, variable(t, d, "far"), "Middle", "Inner", "Target")
		near := variable(t, d, "near")
		if far.Pointer() != near.Pointer() || far.Pointer() == 0 {
			t.Errorf("far leads to %#x, near to %#x", far.Pointer(), near.Pointer())
		}
		prints(t, file, [][2]string{
			{"far.Middle.Inner.Target.Value", "4"},
			{"far.Middle.Inner.Target.Next.Next.Value", "6"},
			{"near.Next.Next.Value", "6"},
			{"far.Middle.Inner.Target == near", "true"},
		})
		if out := refused(t, file, there+"print near.Next.Next.Next.Value"); !strings.Contains(out, "depth limit") {
			t.Errorf("four references away: %s", out)
		}
	})
}

// B2.7: without a limit of depth a list of a million nodes is walked to its
// end, or to the budget's.
func TestMillionNodes(t *testing.T) {
	whole := open(t, crash(t, release, "longlist", "-depth", "-1", "light"))
	if n, end := walk(t, variable(t, whole, "small")); n != 1_000_000 || end.Reason != mock.Unknown {
		t.Errorf("%d nodes, then %v; want a million", n, end)
	}
	const budget = 64 << 20
	file := crash(t, release, "longlist", "-depth", "-1", "heavy")
	n, end := walk(t, variable(t, open(t, file), "large"))
	if end.Reason != mock.ByteLimit || end.Type != "main.heavy" {
		t.Errorf("the tail is %v, want a main.heavy beyond the byte limit", end)
	}
	if kept := int64(n) * 128; kept > budget || kept < budget*3/4 {
		t.Errorf("%d nodes, %d bytes, of a budget of %d", n, kept, budget)
	}
	losses := ""
	for l := range open(t, file).Losses() {
		losses += l.Reason.String() + "\n"
	}
	if !strings.Contains(losses, "byte limit") {
		t.Errorf("the losses of the dump do not name the byte limit:\n%s", losses)
	}
}

// walk follows a list, whose nodes number themselves from 1 on, to its end.
func walk(t *testing.T, node dump.Value) (n int64, end mock.Stub) {
	t.Helper()
	for !node.IsNil() {
		node = node.Elem()
		if stub, absent := node.Stub(); absent {
			return n, stub
		}
		n++
		if got, ok := node.Field(0).Int(); !ok || got != n {
			t.Fatalf("node %d says it is %d", n, got)
		}
		node = node.Field(1)
	}
	return n, mock.Stub{}
}
