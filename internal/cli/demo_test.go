package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/cli"
)

// runDemo runs the command and gives its status and what it wrote.
func runDemo(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = cli.Run(context.Background(), append([]string{"demo"}, args...), cli.IO{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// The demo really builds, crashes and captures, shows the crashing frame with
// its source line and variables, says how to go on, and cleans up.
func TestDemo(t *testing.T) {
	tmp, dir := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Chdir(dir)
	status, out, errs := runDemo()
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, errs)
	}
	for _, want := range []string{
		"panic: assignment to entry in nil map",
		"main.(*Shop).apply at ",
		"=> ",
		"order.Applied[code] = off",
		"order = *main.Order {ID: 1042, Customer: *main.Customer {Name: \"Wile E. Coyote\"",
		`code = "ROADRUNNER"`,
		"off = 2565",
		"open demo.dump",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	for _, want := range []string{"postmortem: building", "500 Internal Server Error", "dump written: demo.dump"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the progress lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("output:\n%s\nstandard error:\n%s", out, errs)
	}
	if left, err := filepath.Glob(filepath.Join(tmp, "postmortem-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	checkDemo(t, filepath.Join(dir, "demo.dump"))

	if status, _, errs := runDemo("-o", "demo.dump"); status != 1 || !strings.Contains(errs, "demo.dump exists") {
		t.Errorf("over an existing file: status %d, %q", status, errs)
	}
	if status, _, errs := runDemo(); status != 0 {
		t.Errorf("again: status %d, %q", status, errs)
	}
	if _, err := os.Stat("demo-2.dump"); err != nil {
		t.Error(err)
	}
}

// checkDemo looks for what the sample service is known to be doing.
func checkDemo(t *testing.T, path string) {
	d, err := dump.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	waits := map[string]bool{}
	crew := map[string]bool{}
	for g := range d.Goroutines() {
		waits[g.WaitReason()] = true
		for _, l := range g.Labels() {
			crew[l.Key+"="+l.Value] = true
		}
	}
	for _, reason := range []string{"chan receive", "chan send", "select", "sleep", "sync.Mutex.Lock", "sync.WaitGroup.Wait", "sync.Cond.Wait", "IO wait"} {
		if !waits[reason] {
			t.Errorf("no goroutine waits for %q", reason)
		}
	}
	if !crew["crew=picker"] || !crew["crew=packer"] {
		t.Errorf("labels %v, want both workers'", crew)
	}
	sources := 0
	for s := range d.Sources() {
		if strings.HasSuffix(s.Path, "/shop/order.go") || strings.HasSuffix(s.Path, "/shop/workers.go") {
			if text, err := d.Source(s.Path); err != nil || !bytes.Contains(text, []byte("package main")) {
				t.Errorf("source of %s: %v", s.Path, err)
			}
			sources++
		}
	}
	if sources != 2 {
		t.Errorf("%d of 2 source files are in the dump", sources)
	}
}
