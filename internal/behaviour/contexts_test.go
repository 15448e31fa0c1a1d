//go:build linux && amd64

package behaviour

import (
	"regexp"
	"strings"
	"testing"
)

var (
	moment = regexp.MustCompile(`\d{4}-\d\d-\d\dT\S+Z`)
	before = regexp.MustCompile(`passed \S+ before`)
	minute = regexp.MustCompile(`59m[0-9.]+s left`)
)

// B4.14: a frame's contexts are shown with their whole chains, at the default depth:
// keys and values, deadlines, causes, also through types of the program.
func TestContexts(t *testing.T) {
	const want = `ctx context.Context
	value main.key("step6") = 6
	value main.key("step5") = 5
	value main.key("step4") = 4
	value main.key("step3") = 3
	value main.key("step2") = 2
	value main.key("step1") = 1
	value main.key("step0") = 0
	main.traced
	without cancel
	deadline D, T left: cancelled: context canceled
	value main.userKey({}) = (*main.user)(0xX)
	cancel: cancelled: context canceled
	background
r.ctx context.Context
	value main.key("id") = 42
	deadline D, passed: cancelled: context deadline exceeded
	value main.key("job") = "nightly"
	background
late context.Context
	deadline D, passed: cancelled: context deadline exceeded
	value main.key("job") = "nightly"
	background
shed context.Context
	cancel: cancelled: context canceled, cause: load shed
	value main.pointed("listener") = 80
	background`
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		file := crash(t, m, "contexts")
		out := repl(t, file, there+"contexts")
		out = minute.ReplaceAllString(before.ReplaceAllString(moment.ReplaceAllString(out, "D"), "passed"), "T left")
		same(t, "contexts", out, want)
		summary := repl(t, file, "why")
		for _, part := range []string{"  ctx    ctx: values main.key(\"step6\") = 6, ", "3 more\n"} {
			if !strings.Contains(summary, part) {
				t.Errorf("the summary lacks %q:\n%s", part, summary)
			}
		}
		prints(t, file, [][2]string{{"ctx.(data).key", `interface {}(main.key) "step6"`}})
	})
}

// B4.13: a chain of contexts that leads back to itself ends with an error.
func TestContextRing(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		out := repl(t, crash(t, m, "contexts", "ring"), there+"contexts")
		same(t, "contexts", out, "a *main.traced\n\tmain.traced\n\t... the chain of contexts leads back to the main.traced at 0xX")
	})
}

// What sync/atomic keeps is followed as what it is.
func TestAtomicPointers(t *testing.T) {
	inModes(t, everyGo(), func(t *testing.T, m mode) {
		file := crash(t, m, "contexts")
		for expr, want := range map[string]string{
			"s.current.v.Limit": "10", "s.current.v.Next.Limit": "20", "s.last.v.(data).Limit": "30", "s.none.v == nil": "true",
		} {
			same(t, expr, repl(t, file, "up 2 print "+expr), want)
		}
	})
}
