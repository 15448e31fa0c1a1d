//go:build linux && amd64

package behaviour

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commands reads the names of the debugger's commands, and their aliases, from
// its own help.
func commands(t *testing.T, file string) []string {
	t.Helper()
	var names []string
	line := regexp.MustCompile(`(?m)^    (\w+)(?: \(alias: ([^)]*)\))?\s`)
	for _, m := range line.FindAllStringSubmatch(repl(t, file, "help"), -1) {
		names = append(names, m[1])
		for _, alias := range strings.Split(m[2], "|") {
			if alias = strings.TrimSpace(alias); alias != "" {
				names = append(names, alias)
			}
		}
	}
	if len(names) < 20 || !slices.Contains(names, "print") || !slices.Contains(names, "bt") {
		t.Fatalf("help lists %q", names)
	}
	return names
}

// B2.19: no command alters the dump or a value of it, or runs code of the
// program, whatever it is given.
func TestReadOnly(t *testing.T) {
	file := crash(t, debug, "closures")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	values := repl(t, file, "bt -full")
	attempts := []string{
		"add(2)", "add.total = 9", "add.total++", "add.total += 1", "a := 3", "b.Owner = \"x\"", "<-make(chan int)", "func() int { return 1 }()",
		"plain(\"x\")", "greet(\"x\")", "rename(\"x\")", "boxed.(func(int) int)(1)", "main.main()", "os.Exit(3)", "append(nil, 1)", "new(int)",
		"panic(1)", "print(1)", "delete(m, 1)", "close(c)", "copy(a, b)", "clear(m)", "recover()", "go add(1)", "defer add(1)", "strings.ToUpper(\"x\")",
	}
	var lines []string
	for _, name := range commands(t, file) {
		if name == "exit" || name == "quit" || name == "q" {
			continue
		}
		lines = append(lines, name, "goroutine 1 frame 1 "+name)
		for _, a := range attempts {
			lines = append(lines, there+name+" "+a)
		}
	}
	for _, live := range []string{"call add(2)", "set add.total = 9", "continue", "c", "next", "step", "restart", "break main.main", "rewind", "jump 3"} {
		for _, prefix := range []string{"", there, "goroutine 1 ", "frame 1 ", "goroutines -exec "} {
			lines = append(lines, prefix+live)
			if out := complaint(file, prefix+live); !strings.Contains(out, "read-only") {
				t.Errorf("%s: %s", prefix+live, out)
			}
		}
	}
	// One session runs everything; then the values are what they were.
	args := []string{"open"}
	for _, l := range append(lines, "goroutine 1", "bt -full") {
		args = append(args, "-c", l)
	}
	status, out, errs := postmortem(append(args, file)...)
	if status != 1 || !strings.HasSuffix(out, values) {
		t.Errorf("exit status %d; afterwards the values are not\n%s", status, values)
	}
	if strings.Contains(errs, "internal error") || strings.Contains(out+errs, "goroutine 1 [running]") {
		t.Errorf("a command broke down:\n%s", errs)
	}
	for _, a := range attempts {
		out := complaint(file, there+"print "+a)
		if !strings.HasPrefix(out, "postmortem: print: ") {
			t.Errorf("print %s says %q", a, out)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the dump was changed: %v", err)
	}
}

// complaint gives what a command that fails says.
func complaint(file, command string) string {
	_, _, errs := postmortem("open", "-c", command, file)
	return errs
}

// B2.19: what reads dumps has nothing to run programs with.
func TestReaderRunsNothing(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./restore", "./mock")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "github.com/gopostmortem/postmortem/dump") {
		t.Fatalf("the list of packages is wrong: %q", deps)
	}
	for _, never := range []string{"os/exec", "plugin", "net", "net/http"} {
		if slices.Contains(deps, never) {
			t.Errorf("the reader links %s", never)
		}
	}
}
