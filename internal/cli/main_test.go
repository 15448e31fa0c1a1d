package cli_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/sample"
)

var update = flag.Bool("update", false, "rewrite what the tests compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postmortem": func() {
			os.Exit(cli.Run(context.Background(), os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

// TestScripts runs the scripts of testdata, one topic each. svc.dump is
// sample.Service's, svc-cut.dump its first half, svc-flipped.dump has lost its
// values, and so on.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"status": status},
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			for name, b := range map[string]*sample.Builder{"svc": sample.Service(), "stacks": sample.Stacks(), "long": sample.Long()} {
				data, err := b.Bytes()
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, name+".dump"), data, 0o600); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, name+"-cut.dump"), data[:len(data)/2], 0o600); err != nil {
					return err
				}
				bad, err := flipped(data)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, name+"-flipped.dump"), bad, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// TestManual keeps docs/cli.md what the command tables say.
func TestManual(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "cli.md")
	want := cli.Manual()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is stale: run go test ./internal/cli -update", path)
	}
}

// status runs a command and checks its exit status: status N COMMAND ARGS...
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status number command...")
	}
	have := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		have = strconv.Itoa(exit.ExitCode())
	}
	if have != args[0] {
		ts.Fatalf("%s: exit status %s, want %s", strings.Join(args[1:], " "), have, args[0])
	}
}
