//go:build linux && amd64

package behaviour

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// B2.10: of the program's methods only the cause's own Error is called, once;
// values with methods show their fields.
func TestNoMethodIsCalled(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		exe := build(t, m, "methods")
		file := t.TempDir() + "/methods.dump"
		if e := succeed(t, exe, "-o", file); e.out != "own 1 others 0\n" {
			t.Errorf("methods called: %s", e.out)
		}
		prints(t, file, [][2]string{
			{"value", "main.loud {Level: 1}"},
			{"pointer", `*main.louder {Name: "two"}`},
			{"any1", "interface {}(main.loud) {Level: 3}"},
			{"str", `fmt.Stringer(*main.louder) *{Name: "four"}`},
			{"err", "error(main.loud) {Level: 5}"},
			{"enc", "encoding.TextMarshaler(main.loud) {Level: 6}"},
			{"list", "[]main.loud len: 2, cap: 2, [{Level: 7},{Level: 70}]"},
			{"set", `map[main.loud]*main.louder [{Level: 9}: *{Name: "nine"}, ]`},
		})
		if out := repl(t, file, there+"print queue"); !strings.HasPrefix(out, "chan main.loud 1/2") {
			t.Errorf("print queue: %s", out)
		}
		c := open(t, file).Cause()
		if c.Text != "failure 1" || c.TypeName != "*main.failure" || c.TextError != "" {
			t.Errorf("the cause says %q %q %q", c.TypeName, c.Text, c.TextError)
		}
		if n, ok := field(t, c.Value().Elem(), "Inner", "Level").Int(); !ok || n != 1 {
			t.Errorf("the cause's Inner.Level is %d", n)
		}
	})
}

// B2.13: what cannot be kept costs nothing else: every value is there or says
// why it is not.
func TestOddValues(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "odd", "-depth", "6")
		prints(t, file, [][2]string{
			{"nilQueue", "chan int nil"},
			{"nilMap", "map[string]int nil"},
			{"nilFunc", "nil"},
			{"nilAny", "interface {} nil"},
			{"nilErr", "error nil"},
			{"nilSlice", "[]uint8 len: 0, cap: 0, nil"},
			{"len(queue)", "2"},
			{"held.Mu.mu.state", "1"},
			{"held.RW.readerCount.v", "1"},
			{"held.Once.done.v", "1"},
			{"file.file.name", `"/dev/stdout"`},
			{"ctx.val", `interface {}(string) "t-1"`},
			{"uintptr(raw) == word", "true"},
			{"bad.Text", "(string) [unreadable memory, len 5]"},
			{"bad.List", "([]int) [corrupt value: its length makes no sense]"},
		})
		d := open(t, file)
		if out := repl(t, file, there+"print *(*int)(raw)"); out != "17\n" && out != "(int) [not captured]\n" {
			t.Errorf("behind the unsafe.Pointer: %s", out)
		}
		if stub, absent := field(t, variable(t, d, "bad"), "Point").Elem().Stub(); !absent || stub.Reason != mock.Unreadable {
			t.Errorf("behind the wild pointer: %v, want unreadable memory", stub)
		}
		if stub, absent := field(t, variable(t, d, "bad"), "Iface").Elem().Stub(); !absent || stub.Reason == mock.Unknown {
			t.Errorf("in the broken interface: %v, want a reason", stub)
		}
		f, _ := d.Cause().Frame()
		f, _ = f.Goroutine().Frame(f.Index() + 1)
		if n := len(f.Variables()); n != 16 {
			t.Errorf("%d variables, want the 16 arguments", n)
		}
	})
}

// B2.12: the variables of the packages of the program's module are there, with
// their values; those of other packages, of the capture and of the compiler are not.
func TestPackageVariables(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "waits", "-depth", "2")
		same(t, "vars", repl(t, file, "print main.state.mu.state & 1"), "1")
		const given = "github.com/gopostmortem/postmortem/testdata/internal/given."
		found := map[string]string{}
		for v := range open(t, file).Globals() {
			found[v.Name()] = restore.FormatValue(v.Value().Elem(), restore.LongConfig())
			if !strings.HasPrefix(v.Name(), "main.") && !strings.HasPrefix(v.Name(), given) || strings.Contains(v.Name(), "..") {
				t.Errorf("%s is there", v.Name())
			}
		}
		if found[given+"depth"] != "2" || found["main.ready"] == "" {
			t.Errorf("the package variables are %q", found)
		}
	})
}

// needC skips a test where there is no C compiler.
func needC(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no C compiler")
	}
}

// B2.13: pointers of C: the pointer's value, and what it points to or why not.
func TestCPointers(t *testing.T) {
	needC(t)
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "oddc")
		d := open(t, file)
		p := variable(t, d, "p")
		if p.Pointer() == 0 {
			t.Error("the C pointer is nil")
		}
		if next := field(t, p, "next"); next.Pointer() != p.Pointer() {
			t.Errorf("p.next is %#x, want p itself, %#x", next.Pointer(), p.Pointer())
		}
		prints(t, file, [][2]string{{"p.x", "3"}, {"p.next.next.y", "4"}, {"*text", "102"}, {"n", "12"}, {"beside", `"beside"`}})
	})
}
