package text

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/gopostmortem/postmortem/internal/model"
)

// crash is what a program prints when a handler panics, with all goroutines.
const crash = `panic: first [recovered]
	panic: second line one
	line two
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x47d1a0]

goroutine 18 gp=0xc000002380 m=0 mp=0x5a1d20 [running, locked to thread]:
panic({0x4a1e60?, 0x5a0010?})
	/usr/local/go/src/runtime/panic.go:792 +0x132 fp=0xc00009c000 sp=0xc00009bf50 pc=0x45f8b2
main.inlined(...)
	/home/u/a b/main.go:12
main.(*Shop[...]).Buy(0xc000012345, {0xc000100000, 0x3, 0x4}, _)
	/home/u/a b/main.go:30 +0x1d
gopkg.in/yaml%2ev3.Unmarshal.func1.2({...})
	/mod/gopkg.in/yaml.v3@v3.0.1/yaml.go:161 +0x31
created by main.main in goroutine 1
	/home/u/a b/main.go:10 +0x25

goroutine 1 [chan receive (nil chan), 3 minutes]:
main.main()
	/home/u/a b/main.go:11 +0x2a

goroutine 7 [select] {request: /cart, "user id": "a\"}b"}:
main.loop(0x1)
	/home/u/a b/main.go:40 +0x1
...23 frames elided...
main.root()
	/home/u/a b/main.go:50 +0x1
...additional frames elided...
created by example.com/x.Go
	/mod/example.com/x.go:5 +0x9

goroutine 8 [running]:
	goroutine running on other thread; stack unavailable
created by main.main in goroutine 1
	/home/u/a b/main.go:10 +0x25
`

func wantCrash() *Trace {
	const file = "/home/u/a b/main.go"
	return &Trace{
		Kind: model.CausePanic, Message: "second line one\nline two", Signal: "SIGSEGV", FaultAddr: 0x18,
		Goroutines: []Goroutine{
			{ID: 18, State: "running", Locked: true, Parent: 1,
				Creator: Frame{Func: "main.main", File: file, Line: 10, Offset: 0x25},
				Frames: []Frame{
					{Func: "runtime.gopanic", File: "/usr/local/go/src/runtime/panic.go", Line: 792, Offset: 0x132,
						FP: 0xc00009c000, SP: 0xc00009bf50, PC: 0x45f8b2},
					{Func: "main.inlined", File: file, Line: 12, Inlined: true},
					{Func: "main.(*Shop[...]).Buy", File: file, Line: 30, Offset: 0x1d},
					{Func: "gopkg.in/yaml%2ev3.Unmarshal.func1.2", File: "/mod/gopkg.in/yaml.v3@v3.0.1/yaml.go", Line: 161, Offset: 0x31},
				}},
			{ID: 1, State: "chan receive (nil chan)", Minutes: 3, Frames: []Frame{{Func: "main.main", File: file, Line: 11, Offset: 0x2a}}},
			{ID: 7, State: "select", Labels: []model.KV{{Key: "request", Value: "/cart"}, {Key: "user id", Value: `a"}b`}},
				Elided: 23, ElidedAt: 1, Cut: true,
				Creator: Frame{Func: "example.com/x.Go", File: "/mod/example.com/x.go", Line: 5, Offset: 9},
				Frames:  []Frame{{Func: "main.loop", File: file, Line: 40, Offset: 1}, {Func: "main.root", File: file, Line: 50, Offset: 1}}},
			{ID: 8, State: "running", Parent: 1, Error: "running on another thread: the stack was not available",
				Creator: Frame{Func: "main.main", File: file, Line: 10, Offset: 0x25}},
		},
	}
}

func mustParse(t *testing.T, text string) *Trace {
	t.Helper()
	got, err := Parse(strings.NewReader(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// everyLine maps the lines of the crash.
func everyLine(f func(i int, line string) string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(crash, "\n"), "\n") {
		b.WriteString(f(i, line) + "\n")
	}
	return b.String()
}

// B2.18: however a log mangles a traceback, the same frames come out.
func TestMangled(t *testing.T) {
	tests := []struct {
		name string
		text string
		edit func(want *Trace)
	}{
		{name: "as printed", text: crash},
		{name: "CRLF", text: strings.ReplaceAll(crash, "\n", "\r\n")},
		{name: "comment signs", text: everyLine(func(_ int, s string) string { return "# " + s })},
		{name: "comment signs, no space", text: everyLine(func(_ int, s string) string { return "#" + s })},
		{name: "timestamps of changing length", text: everyLine(func(i int, s string) string {
			return fmt.Sprintf("2026-03-%02dT10:00:%02d.%dZ stderr F %s", i+1, i, i*i*i, s)
		})},
		{name: "padded counters", text: everyLine(func(i int, s string) string { return fmt.Sprintf("web_1  | [%6d.%03d] %s", i*37, i, s) })},
		{name: "indentation stripped", text: everyLine(func(_ int, s string) string { return strings.TrimLeft(s, "\t") }),
			edit: func(want *Trace) { want.Message = "second line one" }},
		{name: "tabs became spaces", text: strings.ReplaceAll(crash, "\t", "        "),
			edit: func(want *Trace) { want.Message = "second line one" }},
		{name: "blank lines doubled", text: strings.ReplaceAll(crash, "\n", "\n\n"),
			edit: func(want *Trace) { want.Message = "second line one\nline two" }},
		{name: "text around it", text: "INFO started (pid 12)\nWARN don't panic: it is fine\n" + crash + "exit status 2\nmake: *** [run] Error 2\n"},
		{name: "interleaved lines", text: everyLine(func(i int, s string) string {
			if i < 5 {
				return s
			}
			return s + "\nINFO request served (200) in /srv/x.go: 12\n2026 GET /cart?id=(1) +0x1d"
		}), edit: func(want *Trace) { want.Ignored = 2 * 30 }},
		{name: "interleaved with another prefix", text: everyLine(func(i int, s string) string {
			if i < 5 {
				return "app 1: " + s
			}
			return "app 1: " + s + "\ndb 1: main.wrong(0x1)\ndb 1: \t/wrong.go:1 +0x1"
		}), edit: func(want *Trace) { want.Ignored = 2 * 30 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := wantCrash()
			if tt.edit != nil {
				tt.edit(want)
			}
			got := mustParse(t, tt.text)
			if tt.edit != nil && want.Ignored > 0 {
				if got.Ignored < want.Ignored-10 || got.Ignored > want.Ignored {
					t.Errorf("ignored %d lines, want about %d", got.Ignored, want.Ignored)
				}
				got.Ignored, want.Ignored = 0, 0
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// What only resembles a traceback gives none.
func TestLookAlikes(t *testing.T) {
	for _, text := range []string{
		"",
		"panic: nothing follows\n",
		"goroutine 1\n",
		"my goroutine 5 [running] is fine\n",
		"supergoroutine 5 [running]:\n",
		"goroutine x [running]:\n",
		"goroutine 99999999999999999999999 [running]:\n",
		"[originating from goroutine 5]:\nmain.f(...)\n\t/x.go:1 +0x1\n",
		"main.f()\n\t/x.go:1 +0x1d\n",
		"goroutine profile: total 3\n",
	} {
		if got, err := Parse(strings.NewReader(text), Limits{}); err != ErrNoTraceback {
			t.Errorf("%q: %+v, %v, want %v", text, got, err, ErrNoTraceback)
		}
	}
}

// Lines inside a goroutine that only resemble frames add none.
func TestLookAlikeFrames(t *testing.T) {
	got := mustParse(t, `goroutine 1 [running]:
connecting to /srv/host:8080
calling main.f(0x1)
	/x.go:1 +0x1
main.f(reason)
	/x.go:1 +0x1
created by hand
foo.bar()
main.real()
	at /x.go:0x1
2026/01/02 main.real: saved
	/real.go:7 +0x1
rax    0x0
`)
	want := []Frame{{Func: "main.real", File: "/real.go", Line: 7, Offset: 1}}
	if diff := cmp.Diff(want, got.Goroutines[0].Frames); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReasons(t *testing.T) {
	tests := []struct {
		text string
		want Trace
	}{
		{"fatal error: all goroutines are asleep - deadlock!\n\n", Trace{Kind: model.CauseFatal, Message: "all goroutines are asleep - deadlock!"}},
		{"fatal error: concurrent map writes\n\n", Trace{Kind: model.CauseFatal, Message: "concurrent map writes"}},
		{"SIGQUIT: quit\nPC=0x46f4c1 m=0 sigcode=0\n\n", Trace{Kind: model.CauseFatal, Message: "SIGQUIT: quit", Signal: "SIGQUIT"}},
		{"panic: a [recovered, repanicked]\n\n", Trace{Kind: model.CausePanic, Message: "a"}},
		{"2026/01/02 03:04:05 http: panic serving 127.0.0.1:4242: boom: really\n", Trace{Kind: model.CausePanic, Message: "boom: really"}},
		{"ordinary log line\n", Trace{}},
		{"unexpected fault address 0x7f\nfatal error: fault\n[signal SIGBUS: bus error code=0x2 addr=0x7f pc=0x1]\n\n",
			Trace{Kind: model.CauseFatal, Message: "fault", Signal: "SIGBUS", FaultAddr: 0x7f}},
	}
	for _, tt := range tests {
		got := mustParse(t, tt.text+"goroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n")
		got.Goroutines = nil
		if diff := cmp.Diff(&tt.want, got); diff != "" {
			t.Errorf("%q: -want +got\n%s", tt.text, diff)
		}
	}
}

// A logger may put its prefix before the first line of a stack only.
func TestPrefixOnFirstLineOnly(t *testing.T) {
	got := mustParse(t, "2026/01/02 03:04:05 stack: goroutine 5 [running]:\nmain.f(0x1)\n\t/x.go:1 +0x1\ncreated by main.main in goroutine 1\n\t/x.go:9 +0x1\n")
	g := got.Goroutines[0]
	if len(g.Frames) != 1 || g.Frames[0].Func != "main.f" || g.Creator.Line != 9 {
		t.Errorf("got %+v, want the frame and the creator", g)
	}
}

func TestSeveralTracebacks(t *testing.T) {
	frame := "main.f()\n\t/x.go:1 +0x1\n\n"
	p := NewParser(iotest.OneByteReader(strings.NewReader(
		"panic: one\n\ngoroutine 5 [running]:\n"+frame+"goroutine 6 [select]:\n"+frame+
			"restarting\npanic: two\n\ngoroutine 7 [running]:\n"+frame+
			"goroutine 7 [running]:\n"+frame+
			"fatal error: three\n\ngoroutine 8 [sleep]:\n"+frame)), Limits{})
	var got []string
	for {
		tr, err := p.Next()
		if err != nil {
			if err != ErrNoTraceback {
				t.Fatal(err)
			}
			break
		}
		s := tr.Message + ":"
		for _, g := range tr.Goroutines {
			s += fmt.Sprintf(" %d/%d", g.ID, len(g.Frames))
		}
		got = append(got, s)
	}
	want := []string{"one: 5/1 6/1", "two: 7/1", ": 7/1", "three: 8/1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	frame := "main.f()\n\t/x.go:1 +0x1\n"
	got, err := Parse(strings.NewReader("goroutine 1 [running]:\n"+strings.Repeat(frame, 5)+"goroutine 2 [select]:\n"+frame+"goroutine 3 [select]:\n"+frame),
		Limits{Goroutines: 2, Frames: 3})
	if err != nil || len(got.Goroutines) != 2 || len(got.Goroutines[0].Frames) != 3 || !got.Goroutines[0].Cut || got.Truncated == "" {
		t.Errorf("got %+v, %v, want two goroutines, three frames, and word of the limit", got, err)
	}
	long := mustParse(t, strings.Repeat("x", 3*maxLine)+"\ngoroutine 1 [running]:\nmain.f("+strings.Repeat("0x1, ", maxLine)+")\n"+frame)
	if len(long.Goroutines) != 1 || len(long.Goroutines[0].Frames) != 1 {
		t.Errorf("after overlong lines: %+v, want one goroutine with one frame", long.Goroutines)
	}
}

// A failing reader loses what follows, not what came before.
func TestReadError(t *testing.T) {
	p := NewParser(io.MultiReader(strings.NewReader(crash), iotest.ErrReader(io.ErrClosedPipe)), Limits{})
	got, err := p.Next()
	if err != io.ErrClosedPipe || got == nil || len(got.Goroutines) != 4 {
		t.Errorf("got %+v, %v, want 4 goroutines and %v", got, err, io.ErrClosedPipe)
	}
}

// The runtime of the day prints what is understood here, all of it.
func TestRuntimeStack(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		func() { close(started); <-release }()
	}()
	<-started
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	got := mustParse(t, string(buf))
	if got.Ignored != 0 || got.Goroutines[0].State != "running" {
		t.Errorf("ignored %d lines, first state %q, want 0, running", got.Ignored, got.Goroutines[0].State)
	}
	lines := 0
	for _, g := range got.Goroutines {
		lines += 1 + 2*len(g.Frames)
		if g.Creator.Func != "" {
			lines += 2
		}
	}
	printed := 0
	for line := range strings.Lines(string(buf)) {
		if strings.TrimSpace(line) != "" {
			printed++
		}
	}
	if lines != printed {
		t.Errorf("%d lines understood, %d printed:\n%s", lines, printed, buf)
	}
}
