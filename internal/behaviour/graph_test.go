//go:build linux && amd64

package behaviour

import (
	"os"
	"strings"
	"testing"
)

// B2.8: values that contain themselves make a small dump, in which following
// them leads back to where one began.
func TestCycles(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "cycles", "-depth", "-1", "-source=false")
		if info, err := os.Stat(file); err != nil || info.Size() > 64<<10 {
			t.Errorf("the dump has %d bytes, %v", info.Size(), err)
		}
		d := open(t, file)
		first := variable(t, d, "first")
		if again := field(t, first, "Next", "Next", "Next"); again.Pointer() != first.Pointer() || first.Pointer() == 0 {
			t.Errorf("three steps along the ring lead from %#x to %#x", first.Pointer(), again.Pointer())
		}
		slice := variable(t, d, "slice")
		if again := slice.Index(0).Elem(); again.Pointer() != slice.Pointer() {
			t.Errorf("the slice at %#x holds one at %#x", slice.Pointer(), again.Pointer())
		}
		prints(t, file, [][2]string{
			{"first.Next.Next.Next == first", "true"},
			{"first.Next == first", "false"},
			{"first.Next.Next.Next.Next.ID", "2"},
			{"len(slice[0].([]interface{})[0].([]interface{}))", "1"},
			{`len(tree["self"].(map[string]interface{})["self"].(map[string]interface{}))`, "1"},
			{"*self == self", "true"},
		})
		for _, name := range []string{"first", "slice", "tree", "self", "call"} {
			if out := repl(t, file, there+"print "+name); len(out) > 4<<10 {
				t.Errorf("print %s has %d bytes", name, len(out))
			}
		}
		if out := repl(t, file, there+"print call"); !strings.HasPrefix(out, "main.work.func1\n") {
			t.Errorf("print call: %s", out)
		}
	})
}

// B2.11: a func value shows its symbol, its place and what it captured, by
// value and by reference; it is not called.
func TestClosures(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "closures")
		out := repl(t, file, there+"print add")
		for _, want := range []string{"main.work.func1\n", "closures/main.go:" + itoa(line(t, "closures", "mark: add")) + "\n", "\ttotal = 7\n", "\tstep = 2\n", "\tunit = \"mm\"\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("print add lacks %q:\n%s", want, out)
			}
		}
		prints(t, file, [][2]string{
			{"add.total", "7"},
			{"add.step + 1", "3"},
			{"none", "nil"},
		})
		for name, symbol := range map[string]string{
			"greet": "main.account.Greet-fm", "rename": "main.(*account).Rename-fm", "plain": "strings.ToUpper",
			"boxed": "interface {}(func(int) int) main.work.func1",
		} {
			if out := repl(t, file, there+"print "+name); !strings.HasPrefix(out, symbol+"\n") {
				t.Errorf("print %s: %swant %s", name, out, symbol)
			}
		}
		for _, call := range []string{"print add(2)", "print add.total + add(2)", "print plain(\"x\")", "print boxed.(func(int) int)(2)", "call add(2)", "print main.work(2)", "print strings.ToUpper(\"x\")"} {
			if out := refused(t, file, there+call); !strings.Contains(out, "read-only") {
				t.Errorf("%s: %s", call, out)
			}
		}
	})
}

// B2.12: an interface shows its full dynamic type, of generic and of unnamed
// types, too.
func TestDynamicTypes(t *testing.T) {
	inModes(t, both, func(t *testing.T, m mode) {
		file := crash(t, m, "dynamic", "-depth", "6")
		d := open(t, file)
		list := variable(t, d, "list")
		for i, want := range []string{
			"main.Box[int]", "*main.Box[string]", "main.Box[main.Box[time.Duration]]", "map[string]main.Box[bool]",
			"main.local", "struct { Y int }", "[2]main.id", "net/url.URL", "[]*main.Pair[string,int]", "func(int) error",
		} {
			typ, ok := list.Index(int64(i)).Dynamic()
			if name := strings.TrimSuffix(typ.Name(), "·1"); !ok || name != want { // Go 1.26 numbers local types
				t.Errorf("list[%d] holds a %s, want %s", i, name, want)
			}
		}
		for name, want := range map[string]string{"str": "*main.Pair[string,[]uint8]", "err": "*fmt.wrapError"} {
			if typ, ok := variable(t, d, name).Dynamic(); !ok || typ.Name() != want {
				t.Errorf("%s holds a %s, want %s", name, typ.Name(), want)
			}
		}
		if typ, ok := d.Cause().Value().Dynamic(); !ok || typ.Name() != "main.Box[main.id]" {
			t.Errorf("the cause is a %s", typ.Name())
		}
		prints(t, file, [][2]string{
			{"list[0]", "interface {}(main.Box[int]) {Value: 1}"},
			{"list[1]", `interface {}(*main.Box[string]) *{Value: "two"}`},
			{"list[2].(data).Value.Value", "3"},
			{`list[3].(data)["k"].Value`, "true"},
			{"list[4].(data).X", "4"},
			{"list[5].(data).Y", "5"},
			{"list[6].(data)[1]", "7"},
			{"list[7].(data).Host", `"example.com"`},
			{"list[8].(data)[0].Key", `"p"`},
			{"str.Key", `"key"`},
			{"err.err.(data).errs[1].(data).Path", `"/p"`},
		})
		whatis := repl(t, file, there+"whatis str")
		for _, want := range []string{"fmt.Stringer\n", "Concrete type: *main.Pair[string,[]uint8]\n"} {
			if !strings.Contains(whatis, want) {
				t.Errorf("whatis str lacks %q: %s", want, whatis)
			}
		}
	})
}
