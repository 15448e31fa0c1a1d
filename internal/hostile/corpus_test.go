//go:build linux && amd64

// Package hostile holds the acceptance tests on files that are cut, damaged or
// made to do harm: whatever is done with them ends soon, within little memory,
// and with errors that have a class.
package hostile

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gopostmortem/postmortem/internal/sample"
)

// module is the root of the checkout, as seen from this package.
const module = "../.."

// programs are the fixtures whose dumps are damaged here. Together they have
// every kind of record.
var programs = []string{"anytree", "blocked", "closures", "defers", "ifaces", "labels", "maps", "nilderef", "panicchain", "selfref", "thousand"}

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		os.Exit(child(path))
	}
	flag.Parse()
	code := m.Run()
	if workshop != "" {
		_ = os.RemoveAll(workshop)
	}
	os.Exit(code)
}

// workshop is where the programs are built.
var workshop string

// dumps gives the dumps that the fixture programs made of themselves when they
// crashed, by name, and a few that were made by hand.
func dumps(t testing.TB) map[string][]byte {
	t.Helper()
	all, err := makeDumps()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var makeDumps = sync.OnceValues(func() (_ map[string][]byte, err error) {
	if workshop, err = os.MkdirTemp("", "hostile"); err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-o", workshop+string(filepath.Separator))
	for _, p := range programs {
		build.Args = append(build.Args, "./testdata/fixtures/"+p)
	}
	build.Dir = module
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", build, err, text)
	}
	all := map[string][]byte{}
	for _, p := range programs {
		file := filepath.Join(workshop, p+".dump")
		ctx, cancel := context.WithTimeout(context.Background(), hangs)
		text, err := exec.CommandContext(ctx, filepath.Join(workshop, p), "-o", file).CombinedOutput()
		cancel()
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", p, err, text)
		}
		if all[p], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	for name, b := range map[string]*sample.Builder{"sample": sample.Service(), "trap": sample.Trap(), "long": sample.Long()} {
		if all[name], err = b.Bytes(); err != nil {
			return nil, err
		}
	}
	all["service"], err = os.ReadFile(module + "/dump/testdata/service.dump")
	return all, err
})

// vectors gives the test vectors of SPEC.md.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(module + "/testdata/vectors/*_*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(text), "\n\n")
		if all[filepath.Base(name)], err = hex.DecodeString(strings.ReplaceAll(body, "\n", "")); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}
